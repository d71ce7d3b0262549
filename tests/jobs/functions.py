"""Functions of random programs; records are ``(key, n)``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.jobs.sources import Bag, Record

from hurtig.datastream import (
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    ProcessJoinFunction,
)
from hurtig.datastream.functions import (
    CoGroupFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)
from hurtig.datastream.state import ListStateDescriptor, MapStateDescriptor

MODULUS = 97


class SplitByParity(ProcessFunction):
    def __init__(self, tag: OutputTag) -> None:
        self._tag = tag

    def process_element(self, value: Record, ctx: Any) -> Any:
        if value[1] % 2:
            yield self._tag, value
        else:
            yield value


class SumUntil(KeyedProcessFunction):
    """Keeps all records of a key; a timer each ``size`` ms sums those before it."""

    def __init__(self, size: int) -> None:
        self._size = size

    def open(self, runtime_context: Any) -> None:
        self.records = runtime_context.get_list_state(ListStateDescriptor("records"))

    def process_element(self, value: Record, ctx: Any) -> Any:
        timestamp = ctx.timestamp()
        self.records.add((timestamp, value[1]))
        ctx.timer_service().register_event_time_timer(window_end(timestamp, self._size))
        return ()

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        total = sum(n for t, n in self.records.get() if t < timestamp)
        yield ctx.get_current_key(), total % MODULUS


class AtTheVeryEnd(KeyedProcessFunction):
    """One timer at the largest time of all."""

    def open(self, runtime_context: Any) -> None:
        self.records = runtime_context.get_list_state(ListStateDescriptor("numbers"))

    def process_element(self, value: Record, ctx: Any) -> Any:
        self.records.add(value[1])
        ctx.timer_service().register_event_time_timer((1 << 63) - 1)
        return ()

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        numbers = list(self.records.get())
        yield ctx.get_current_key(), (sum(numbers) + 31 * len(numbers)) % MODULUS


class SumWindow(ProcessWindowFunction):
    def process(self, key: int, context: Any, elements: Iterable[Record]) -> Any:
        yield key, sum(n for _, n in elements) % MODULUS


class SumAll(ProcessAllWindowFunction):
    def process(self, context: Any, elements: Iterable[Record]) -> Any:
        yield 0, sum(k + n for k, n in elements) % MODULUS


class Joined(ProcessJoinFunction):
    def process_element(self, left: Record, right: Record, ctx: Any) -> Any:
        yield left[0], (left[1] * 31 + right[1]) % MODULUS


class Grouped(CoGroupFunction):
    def co_group(self, first: Iterable[Record], second: Iterable[Record]) -> Any:
        a, b = list(first), list(second)
        yield (a or b)[0][0], (sum(n for _, n in a) * 31 + sum(n for _, n in b)) % MODULUS


class CoMapped(CoMapFunction):
    def map1(self, value: Record) -> Record:
        return value[0], (value[1] + 1) % MODULUS

    def map2(self, value: Record) -> Record:
        return value[0] + 1, value[1]


class CoFlatMapped(CoFlatMapFunction):
    def flat_map1(self, value: Record) -> Any:
        for _ in range(value[1] % 3):
            yield value

    def flat_map2(self, value: Record) -> Any:
        if value[1] % 2:
            yield value


class PassBeside(BroadcastProcessFunction):
    """Passes its records; those of the broadcast side come out once from each subtask."""

    def process_element(self, value: Record, ctx: Any) -> Any:
        yield value

    def process_broadcast_element(self, value: Record, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(value[0], value[1])
        yield value[0], (value[1] + 5) % MODULUS


RULES = MapStateDescriptor("rules")


def key_of(record: Record) -> int:
    return record[0]


def modulo(key: int, partitions: int) -> int:
    return key % partitions


def window_end(timestamp: int, size: int) -> int:
    return timestamp - timestamp % size + size


def times(value: Record) -> Any:
    for i in range(value[1] % 3):
        yield value[0], (value[1] + i) % MODULUS


def same(record: Record) -> Record:
    return record


def add(a: Record, b: Record) -> Record:
    return a[0], a[1] + b[1]


def by_key(bag: Bag) -> dict[int, list[tuple[int, int]]]:
    """Numbers and times of each key."""
    keys: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (key, n), t in bag:
        keys[key].append((n, t))
    return keys
