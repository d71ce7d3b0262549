"""The workloads as Bytewax dataflows; runs in an environment with bytewax.

Where there is a choice it is the faster one: large input batches, unordered windows, and
timestamps that were made ``datetime`` objects before the clock started.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import TestingSource, run_main

from benchmarks import functions as f
from benchmarks.data import DISORDER_MS

BATCH = 4096
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Discard(StatelessSinkPartition):
    def write_batch(self, items: list[Any]) -> None:
        pass


class DiscardingSink(DynamicSink):
    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Discard:
        return _Discard()


class _Collect(StatelessSinkPartition):
    def __init__(self, collected: list[Any]) -> None:
        self._collected = collected

    def write_batch(self, items: list[Any]) -> None:
        self._collected.extend(items)


class CollectingSink(DynamicSink):
    def __init__(self, collected: list[Any]) -> None:
        self._collected = collected

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Collect:
        return _Collect(self._collected)


def prepare(workload: str, records: list[Any]) -> list[Any]:
    """Bytewax wants event time as ``datetime``."""
    if workload != "tumbling_window":
        return records
    return [(key, value, EPOCH + timedelta(milliseconds=time)) for key, value, time in records]


def run(workload: str, records: list[Any], keys: int, collected: list[Any] | None) -> None:
    flow = Dataflow(workload)
    stream = op.input("records", flow, TestingSource(records, batch_size=BATCH))
    result = WORKLOADS[workload](stream, keys)
    if collected is None:
        op.output("out", result, DiscardingSink())
    else:
        op.output("out", op.map("bare", result, RESULTS[workload]), CollectingSink(collected))
    run_main(flow)


def map_filter_map(stream: Any, keys: int) -> Any:
    scaled = op.map("scale", stream, f.scale)
    return op.map("shift", op.filter("keep", scaled, f.keep), f.shift)


def _reduce(total: Any, v: Any) -> tuple[Any, Any]:
    total = v if total is None else f.add(total, v)
    return total, total


def keyed_reduce(stream: Any, keys: int) -> Any:
    return op.stateful_map("reduce", op.key_on("key", stream, f.key_of), _reduce)


def tumbling_window(stream: Any, keys: int) -> Any:
    clock = win.EventClock(f.time_of, timedelta(milliseconds=DISORDER_MS))
    windower = win.TumblingWindower(
        length=timedelta(milliseconds=f.window_ms(keys)), align_to=EPOCH
    )
    keyed = op.key_on("key", stream, f.key_of)
    total = f.Total()
    add = total.add
    windows = win.fold_window(
        "window",
        keyed,
        clock,
        windower,
        total.create_accumulator,
        lambda accumulator, v: add(v, accumulator),
        total.merge,
        ordered=False,
    )
    return windows.down


def keyed_process(stream: Any, keys: int) -> Any:
    keyed = op.key_on("key", stream, f.key_of)
    return op.stateful_flat_map("count", keyed, lambda count, v: f.count_and_tell(v, count))


WORKLOADS = {
    "map_filter_map": map_filter_map,
    "keyed_reduce": keyed_reduce,
    "tumbling_window": tumbling_window,
    "keyed_process": keyed_process,
}

RESULTS = {
    "map_filter_map": lambda item: item,
    "keyed_reduce": lambda item: item[1],
    "tumbling_window": lambda item: item[1][1],
    "keyed_process": lambda item: item[1],
}
"""What the other engines give, without Bytewax's keys and window ids."""
