"""What depends on the order of records: that of each key, and which records are late."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.jobs.programs import Builder
from tests.jobs.sources import ByRecordTimestamp, Record, SplitSource
from tests.jobs.test_random_jobs import Limits, limits, settings_of_jobs

from hurtig.common.time import Time
from hurtig.common.watermark_generators import WatermarkGenerator
from hurtig.common.watermark_strategy import WatermarkStrategy
from hurtig.datastream import (
    DataStream,
    KeyedProcessFunction,
    OutputTag,
    StreamExecutionEnvironment,
)
from hurtig.datastream.functions import ProcessWindowFunction
from hurtig.datastream.state import ValueStateDescriptor
from hurtig.datastream.window import TumblingEventTimeWindows

SIZE = 10


class EveryRecord(WatermarkGenerator):
    """The watermark follows each record, ``bound`` behind the largest timestamp."""

    def __init__(self, bound: int = 5) -> None:
        self._bound = bound
        self._largest = -(1 << 62)

    def on_event(self, event: Any, timestamp: int, output: Any) -> None:
        self._largest = max(self._largest, timestamp)
        output.emit_watermark(self._largest - self._bound)

    def on_periodic_emit(self, output: Any) -> None:
        pass


class Numbered(KeyedProcessFunction):
    """Appends how many records of its key came before, and the watermark."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count"))

    def process_element(self, value: Any, ctx: Any) -> Any:
        count = self.count.value() or 0
        self.count.update(count + 1)
        yield (*value, count)


class Contents(ProcessWindowFunction):
    def process(self, key: int, context: Any, elements: Any) -> Any:
        yield key, context.window().end, [n for _, n in elements]


def environment(configuration: dict[str, str]) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    for key, value in configuration.items():
        env._configuration.set_string(key, value)
    return env


def source(env: StreamExecutionEnvironment, records: list[tuple[Record, int]]) -> DataStream:
    strategy = WatermarkStrategy.for_generator(EveryRecord).with_timestamp_assigner(
        ByRecordTimestamp()
    )
    return env.from_source(SplitSource([records], False), strategy, "Numbers")


records = st.lists(
    st.tuples(st.tuples(st.integers(0, 3), st.integers(0, 96)), st.integers(0, 60)), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(records, settings_of_jobs, limits, st.integers(0, 1000), st.integers(1, 4))
def test_records_of_a_key_keep_their_order(
    records: list[tuple[Record, int]],
    configuration: dict[str, str],
    sizes: Limits,
    seed: int,
    parallelism: int,
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        sizes.apply(monkeypatch)
        builder = Builder(seed, parallelism)
        env = environment(configuration)
        stream = builder.place(source(env, records).key_by(lambda r: r[0]).process(Numbered()))
        for _ in range(3):
            stream = builder.place(stream.key_by(lambda r: r[0]).process(Numbered()))
        seen: dict[int, list[Any]] = defaultdict(list)
        for result in stream.execute_and_collect():
            seen[result[0]].append(result[1:])
    wanted: dict[int, list[Any]] = defaultdict(list)
    for (key, n), _ in records:
        wanted[key].append((n, *[len(wanted[key])] * 4))
    assert seen == wanted


def windows_one_by_one(
    records: list[tuple[Record, int]], lateness: int
) -> tuple[list[Any], list[Record]]:
    """Firings in their order, and late records."""
    open_windows: dict[tuple[int, int], list[int]] = {}
    fired: list[Any] = []
    late: list[Record] = []
    watermark, pending = -(1 << 62), set()

    def advance(to: int) -> None:
        nonlocal watermark
        watermark = max(watermark, to)
        for end, _, key in sorted((w[1], i, w[0]) for i, w in enumerate(open_windows)):
            if (key, end) in pending and end - 1 <= watermark:
                pending.discard((key, end))
                fired.append((key, end, list(open_windows[key, end])))
            if end - 1 + lateness <= watermark:
                del open_windows[key, end]

    for (key, n), time in records:
        end = time - time % SIZE + SIZE
        if end - 1 + lateness <= watermark:
            late.append((key, n))
        else:
            open_windows.setdefault((key, end), []).append(n)
            if end - 1 <= watermark:
                fired.append((key, end, list(open_windows[key, end])))
            else:
                pending.add((key, end))
        advance(time - 5)
    advance(1 << 62)
    return fired, late


@settings(max_examples=80, deadline=None)
@given(records, st.sampled_from([0, 7]), settings_of_jobs, limits, st.integers(0, 1000))
def test_lateness_does_not_depend_on_batches(
    records: list[tuple[Record, int]],
    lateness: int,
    configuration: dict[str, str],
    sizes: Limits,
    seed: int,
) -> None:
    tag = OutputTag("late")
    with pytest.MonkeyPatch.context() as monkeypatch:
        sizes.apply(monkeypatch)
        builder = Builder(seed, 1)
        env = environment(configuration)
        stream = builder.place(source(env, records).map(lambda r: r))
        window = TumblingEventTimeWindows.of(Time.milliseconds(SIZE))
        windowed = stream.key_by(lambda r: r[0]).window(window)
        windowed.allowed_lateness(lateness).side_output_late_data(tag)
        result = builder.place(windowed.process(Contents()))
        late = result.get_side_output(tag).map(lambda r: ("late", r))
        both = list(result.map(lambda r: ("fired", r)).union(late).execute_and_collect())
    fired, is_late = windows_one_by_one(records, lateness)
    assert [r for kind, r in both if kind == "late"] == is_late
    assert sorted(r for kind, r in both if kind == "fired") == sorted(fired)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 99), max_size=30), limits, st.integers(0, 1000), st.integers(1, 4))
def test_no_reader_sees_what_another_changes(
    numbers: list[int], sizes: Limits, seed: int, parallelism: int
) -> None:
    def change(value: list[int]) -> list[int]:
        value.append(-1)
        return value

    with pytest.MonkeyPatch.context() as monkeypatch:
        sizes.apply(monkeypatch)
        builder = Builder(seed, parallelism)
        env = environment({})
        stream = env.from_collection([[n] for n in numbers]).map(lambda v: v)
        one = builder.place(builder.route_lists(stream).map(change))
        two = builder.place(builder.route_lists(stream).map(change))
        everywhere = stream.broadcast().map(change).set_parallelism(3)
        results = list(one.union(two, everywhere).execute_and_collect())
    assert sorted(results) == sorted([n, -1] for n in numbers for _ in range(5))
