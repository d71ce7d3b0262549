"""A keyed job with a million keys, with or without checkpoints; or the state of one alone.

``python -m benchmarks.programs.checkpoints job BACKEND INTERVAL_MS WARM_UP RECORDS`` prints records
per CPU second once ``WARM_UP`` records have met most keys, and how many checkpoints there were
meanwhile; an interval of 0 takes none.

``python -m benchmarks.programs.checkpoints state BACKEND KEYS`` prints the milliseconds of a
snapshot (with the bytes that are written), of a second one, and of a restore.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import names
from hurtig.common import Configuration, Types
from hurtig.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from hurtig.datastream.connectors import DiscardingSink
from hurtig.datastream.state import ValueStateDescriptor

KEYS = 1_000_000
MARK_EVERY = 1 << 16

_marks: list[tuple[int, float, int]] = []
"""Index, CPU time of the process, number of the latest checkpoint."""


class Records:
    """From an index to a record: every key once in the warm-up, then in no order."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names: list[str] = []

    def __call__(self, index: int) -> tuple[str, int]:
        if not index % MARK_EVERY:
            self._mark(index)
        return self._names[(index * 2654435761 >> 12) % KEYS], index % 1000

    def _mark(self, index: int) -> None:
        if not self._names:
            self._names = list(names(KEYS))
        numbers = [int(f.name[4:]) for f in Path(self._folder).glob("*/chk-*")]
        _marks.append((index, time.process_time(), max(numbers, default=0)))


class Sum(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element(self, value: tuple[str, int], ctx: Any) -> Any:
        total = (self.sum.value() or 0) + value[1]
        self.sum.update(total)
        if not total % 1009:
            yield value


def job(backend: str, interval_ms: int, warm_up: int, count: int) -> dict[str, float]:
    """Records per CPU second, and checkpoints."""
    with tempfile.TemporaryDirectory() as folder:
        config = Configuration()
        config.set_string("state.backend.type", backend)
        config.set_string("execution.checkpointing.dir", folder)
        if interval_ms:
            config.set_string("execution.checkpointing.interval", f"{interval_ms} ms")
        env = StreamExecutionEnvironment.get_execution_environment(config)
        env.set_parallelism(1)
        record = Types.TUPLE([Types.STRING(), Types.LONG()])
        stream = env.from_sequence(0, warm_up + count).map(Records(folder), record)
        keyed = stream.key_by(lambda v: v[0], Types.STRING())
        keyed.process(Sum(), record).sink_to(DiscardingSink())
        env.execute("checkpoints")
    first = next(mark for mark in _marks if mark[0] >= warm_up)
    last = _marks[-1]
    return {
        "rate": (last[0] - first[0]) / (last[1] - first[1]),
        "checkpoints": last[2] - first[2],
        "seconds": last[1] - first[1],
    }


def state(backend_name: str, keys: int) -> dict[str, float]:
    """Milliseconds."""
    import gc

    from hurtig.state.backends.registry import create_keyed_backend
    from hurtig.state.snapshot import KeyedStateSnapshot

    settings = {"state.backend.type": backend_name}
    descriptor = ValueStateDescriptor("sum", Types.LONG())
    backend = create_keyed_backend(settings, 128, lambda: 0)
    value: Any = backend.state(descriptor)
    for number, name in enumerate(names(keys)):
        backend.current_key = name
        value.update(number)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    said: dict[str, float] = {}
    for what in ("first checkpoint", "checkpoint"):
        start = time.perf_counter()
        snapshot = backend.snapshot(1)
        if isinstance(snapshot, KeyedStateSnapshot):
            data = snapshot.to_bytes()
        said[what] = (time.perf_counter() - start) * 1000
        value.update(1)
    start = time.perf_counter()
    restored = create_keyed_backend(settings, 128, lambda: 0)
    if isinstance(snapshot, KeyedStateSnapshot):
        snapshot = KeyedStateSnapshot.from_bytes(data)
    restored.restore([snapshot], range(128))
    count = len(restored.keys(descriptor)) if backend_name == "hashmap" else keys
    said["restore"] = (time.perf_counter() - start) * 1000
    if count != keys:
        raise AssertionError(f"{count} of {keys} keys came back")
    restored.current_key = name
    again: Any = restored.state(descriptor)
    if again.value() != 1:
        raise AssertionError("the last key came back with another value")
    backend.close()
    restored.close()
    return said


def main(arguments: list[str]) -> None:
    os.environ.setdefault("PYTHONHASHSEED", "0")
    if arguments[0] == "job":
        said = job(arguments[1], *map(int, arguments[2:]))
    else:
        said = state(arguments[1], int(arguments[2]))
    print(json.dumps(said))


if __name__ == "__main__":
    # Functions of a main module are copied into the job, with the list that they fill.
    from benchmarks.programs import checkpoints

    checkpoints.main(sys.argv[1:])
