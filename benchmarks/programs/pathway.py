"""The workloads as Pathway programs; runs in an environment with pathway.

Pathway reads a CSV file in static mode, its fastest input by far, and gives each key's final
value; it calls the same functions, through ``apply`` and custom reducers. Its monitoring is off.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.pop("PATHWAY_MONITORING_SERVER", None)
os.environ.setdefault("PATHWAY_THREADS", "1")

import pathway as pw
from pathway.internals.parse_graph import G

from benchmarks import functions as f

Triple = tuple[str, int, int]
TOTAL = f.Total()


class RecordSchema(pw.Schema):
    key: str
    value: int
    time: int


class Reduced(pw.BaseCustomAccumulator):
    """``add``, the reduce function, over a group."""

    def __init__(self, record: Triple) -> None:
        self.record = record

    @classmethod
    def from_row(cls, row: Any) -> Reduced:
        return cls(tuple(row))

    def update(self, other: Reduced) -> None:
        self.record = f.add(self.record, other.record)

    def compute_result(self) -> int:
        return self.record[1]


class Total(pw.BaseCustomAccumulator):
    """The aggregate function over a window of a group."""

    def __init__(self, total: tuple[str, int]) -> None:
        self.total = total

    @classmethod
    def from_row(cls, row: Any) -> Total:
        return cls(TOTAL.add(tuple(row), TOTAL.create_accumulator()))

    def update(self, other: Total) -> None:
        self.total = TOTAL.merge(self.total, other.total)

    def compute_result(self) -> int:
        return TOTAL.get_result(self.total)[1]


def run(workload: str, records: Path, keys: int, collected: list[Any] | None) -> None:
    G.clear()
    table = pw.io.csv.read(str(records), schema=RecordSchema, mode="static")
    result = WORKLOADS[workload](table, keys)
    if collected is None:
        pw.io.null.write(result)
    else:
        pw.io.subscribe(
            result, lambda key, row, time, is_addition: collected.append(tuple(row.values()))
        )
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
    records.unlink()


def prepare(workload: str, records: list[Triple]) -> Path:
    """The records as a CSV file."""
    handle, name = tempfile.mkstemp(suffix=".csv")
    with open(handle, "w") as file:
        file.write("key,value,time\n")
        file.writelines(f"{key},{value},{time}\n" for key, value, time in records)
    return Path(name)


def _packed(table: Any) -> Any:
    return pw.make_tuple(table.key, table.value, table.time)


def map_filter_map(table: Any, keys: int) -> Any:
    scaled = table.select(v=pw.apply_with_type(f.scale, Triple, _packed(table)))
    kept = scaled.filter(pw.apply_with_type(f.keep, bool, scaled.v))
    return kept.select(v=pw.apply_with_type(f.shift, Triple, kept.v))


def keyed_reduce(table: Any, keys: int) -> Any:
    reducer = pw.reducers.udf_reducer(Reduced)
    return table.groupby(table.key).reduce(
        table.key, total=reducer(table.key, table.value, table.time)
    )


def tumbling_window(table: Any, keys: int) -> Any:
    reducer = pw.reducers.udf_reducer(Total)
    windows = table.windowby(
        table.time, window=pw.temporal.tumbling(duration=f.window_ms(keys)), instance=table.key
    )
    return windows.reduce(
        key=pw.this._pw_instance, total=reducer(pw.this.key, pw.this.value, pw.this.time)
    )


WORKLOADS = {
    "map_filter_map": map_filter_map,
    "keyed_reduce": keyed_reduce,
    "tumbling_window": tumbling_window,
}
