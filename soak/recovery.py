"""``python -m soak.recovery [BACKEND ...]``: how long a job with a million keys stands still when a
worker is killed: from SIGKILL until every subtask has processed a record again."""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hurtig.common import Configuration, Types
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.connectors import DiscardingSink
from hurtig.datastream.functions import KeyedProcessFunction, MapFunction
from hurtig.datastream.state import ValueStateDescriptor
from soak.cluster import until

PARALLELISM = 2
TARGET = 3.0
"""Seconds."""


class Keys(MapFunction):
    """From numbers to records: all keys at once, then slowly."""

    def __init__(self, keys: int, folder: str) -> None:
        self._keys = keys
        self._folder = folder

    def open(self, runtime_context: Any) -> None:
        self._mark = f"{self._folder}/filled-{runtime_context.get_index_of_this_subtask()}"
        self._slow = os.path.exists(self._mark)
        self._left = self._keys // PARALLELISM

    def map(self, value: int) -> tuple[str, int]:
        if self._slow:
            time.sleep(0.001)
        else:
            self._left -= 1
            if not self._left:
                open(self._mark, "w").close()
                self._slow = True
        return f"key-{value % self._keys:07}", value


class Sum(KeyedProcessFunction):
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def open(self, runtime_context: Any) -> None:
        self._sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))
        self._subtask = runtime_context.get_index_of_this_subtask()
        self._met = False

    def process_element(self, value: tuple[str, int], ctx: Any) -> Iterator[str]:
        before = self._sum.value()
        self._sum.update((before or 0) + value[1])
        if not self._met:
            self._met = True
            open(f"{self._folder}/beat-{self._subtask}-{time.time():.3f}", "w").close()
        yield from ()


def measure(backend: str, keys: int, kills: int, folder: Path) -> list[float]:
    """Seconds of each recovery."""
    configuration = Configuration()
    for key, value in {
        "execution.target": "processes",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "execution.checkpointing.interval": "500 ms",
        "execution.checkpointing.min-pause": "500 ms",
        "state.backend.type": backend,
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "1000",
        "restart-strategy.fixed-delay.delay": "50 ms",
    }.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(PARALLELISM)
    # Each of the two sources makes one half of the numbers, and meets one half of the keys first.
    numbers = env.from_sequence(0, 1000 * keys + keys - 1)
    record = Types.TUPLE([Types.STRING(), Types.LONG()])
    keyed = numbers.map(Keys(keys, str(folder)), record).key_by(lambda v: v[0], Types.STRING())
    keyed.process(Sum(str(folder)), Types.STRING()).sink_to(DiscardingSink())
    client = env.execute_async("recovery")
    control: Any = client._control
    control.start()

    def completed() -> int:
        return int(control.checkpoint_statistics()["counts"]["completed"])

    def all_again(since: float) -> float:
        first: dict[str, float] = {}
        for path in folder.glob("beat-*"):
            _, subtask, at = path.name.split("-")
            if float(at) > since:
                first[subtask] = min(first.get(subtask, 1e18), float(at))
        return max(first.values()) if len(first) == PARALLELISM else 0.0

    found = []
    try:
        until(lambda: len(list(folder.glob("filled-*"))) == PARALLELISM, "all keys are met", 200)
        for _ in range(kills):
            before = completed()
            until(lambda: completed() >= before + 2, "checkpoints", 120)  # noqa: B023
            began = time.time()
            os.kill(control.task_managers()[1]["pid"], signal.SIGKILL)
            found.append(until(lambda: all_again(began), "records", 120) - began)  # noqa: B023
    finally:
        client.cancel().result()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak.recovery", description=__doc__)
    parser.add_argument("backends", nargs="*", default=["hashmap", "rocksdb"])
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=3)
    options = parser.parse_args()
    missed = False
    for backend in options.backends:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(backend, options.keys, options.kills, Path(folder))
        median = statistics.median(found)
        missed |= median > TARGET
        print(
            f"{backend}, {options.keys} keys: processing again after a median of {median:.2f} s, "
            f"max {max(found):.2f} s of {len(found)} (target {TARGET:g} s)",
            flush=True,
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
