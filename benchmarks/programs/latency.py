"""One event at a time through an idle pipeline: source, map, keyed process function, sink.

``python -m benchmarks.programs.latency EVENTS PARALLELISM`` prints the latencies in milliseconds,
from the moment the source's iterator gives an event to the moment the sink has it. Parallelism 0 is
the floor: a bare queue between two threads.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

from benchmarks.data import SEED
from hurtig.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from hurtig.datastream.state import ValueStateDescriptor

PAUSE_SECONDS = 0.003, 0.012
WARM_UP = 50

_latencies: list[int] = []


class Count(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", None))

    def process_element(self, value: tuple[int, int], ctx: Any) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        yield value


def arrived(value: tuple[int, int]) -> None:
    _latencies.append(time.perf_counter_ns() - value[1])


def events(count: int) -> Iterator[tuple[int, int]]:
    """Numbers with the time at which they are given, after irregular pauses."""
    pauses = random.Random(SEED)
    for number in range(count + WARM_UP):
        time.sleep(pauses.uniform(*PAUSE_SECONDS))
        yield number, time.perf_counter_ns()


def through_job(count: int, parallelism: int) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    stream = env.from_iterable(partial(events, count)).map(lambda event: (event[0] % 7, event[1]))
    stream.key_by(lambda event: event[0]).process(Count()).add_sink(arrived)
    env.execute("latency")


def through_queue(count: int) -> None:
    queue: SimpleQueue[tuple[int, int]] = SimpleQueue()
    thread = threading.Thread(target=lambda: deque(map(queue.put, events(count)), 0))
    thread.start()
    for _ in range(count + WARM_UP):
        arrived(queue.get())
    thread.join()


def main(arguments: list[str]) -> None:
    count, parallelism = int(arguments[0]), int(arguments[1])
    if parallelism:
        through_job(count, parallelism)
    else:
        through_queue(count)
    latencies = sorted(nanos / 1e6 for nanos in _latencies[WARM_UP:])
    if len(latencies) != count:
        raise AssertionError(f"{len(latencies)} of {count} events arrived")
    points = {f"p{p}": latencies[min(count - 1, count * p // 100)] for p in (50, 99)}
    print(json.dumps({**points, "max": latencies[-1]}))


if __name__ == "__main__":
    # Functions of a main module are copied into the job, with the list that they fill.
    from benchmarks.programs import latency

    latency.main(sys.argv[1:])
