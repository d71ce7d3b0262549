"""Functions for the harness tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hurtig.common import Types
from hurtig.common.accumulators import IntCounter
from hurtig.datastream import (
    AggregateFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    OutputTag,
    ProcessWindowFunction,
)
from hurtig.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)

COUNT = ValueStateDescriptor("count", Types.INT())
SEEN = ListStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY())
RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())
ODD = OutputTag("odd")


def first(value: Any) -> Any:
    return value[0]


class CountWithTimer(KeyedProcessFunction):
    """Counts the records of a key; a timer 10 ms behind each tells the count and starts over."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(COUNT)

    def process_element(self, value: Any, ctx: Any) -> Iterable[Any]:
        n = (self.count.value() or 0) + 1
        self.count.update(n)
        timers = ctx.timer_service()
        timers.register_event_time_timer(max(ctx.timestamp(), timers.current_watermark()) + 10)
        if n % 2:
            yield ODD, (ctx.get_current_key(), n)
        yield value, n

    def on_timer(self, timestamp: int, ctx: Any) -> Iterable[Any]:
        yield "timer", ctx.get_current_key(), timestamp, self.count.value()
        self.count.clear()


class Alarm(KeyedProcessFunction):
    """A processing-time timer 100 ms behind the first record of a key."""

    def open(self, runtime_context: Any) -> None:
        self.seen = runtime_context.get_list_state(SEEN)

    def process_element(self, value: Any, ctx: Any) -> None:
        if not list(self.seen.get()):
            now = ctx.timer_service().current_processing_time()
            ctx.timer_service().register_processing_time_timer(now + 100)
        self.seen.add(value)

    def on_timer(self, timestamp: int, ctx: Any) -> Iterable[Any]:
        yield ctx.get_current_key(), timestamp, list(self.seen.get())
        self.seen.clear()


class Totals(KeyedCoProcessFunction):
    """The left side adds up in reducing state, the right side asks."""

    def open(self, runtime_context: Any) -> None:
        descriptor = ReducingStateDescriptor("total", lambda a, b: a + b, Types.INT())
        self.total = runtime_context.get_reducing_state(descriptor)

    def process_element1(self, value: Any, ctx: Any) -> None:
        self.total.add(value[1])

    def process_element2(self, value: Any, ctx: Any) -> Iterable[Any]:
        yield value[0], self.total.get()


class Rules(KeyedBroadcastProcessFunction):
    """Passes on what exceeds the rule of its key."""

    def process_element(self, value: Any, ctx: Any) -> Iterable[Any]:
        limit = ctx.get_broadcast_state(RULES).get(value[0])
        if limit is not None and value[1] > limit:
            yield value

    def process_broadcast_element(self, value: Any, ctx: Any) -> None:
        ctx.get_broadcast_state(RULES).put(*value)


class Accounts(MapFunction):
    """Registers an accumulator, a counter, and says where it runs."""

    def open(self, runtime_context: Any) -> None:
        self.records = runtime_context.get_metrics_group().counter("records")
        self.context = runtime_context
        self.sum = IntCounter()
        runtime_context.add_accumulator("sum", self.sum)

    def map(self, value: Any) -> Any:
        self.records.inc()
        self.sum.add(1)
        context = self.context
        return (
            value,
            context.get_index_of_this_subtask(),
            context.get_attempt_number(),
            context.get_job_parameter("mode", "none"),
        )


class Collect(ProcessWindowFunction):
    """Key, bounds and elements of a window; counts the firings of a key in global state."""

    def process(self, key: Any, context: Any, elements: Iterable[Any]) -> Iterable[Any]:
        fired = context.global_state().get_state(ValueStateDescriptor("fired", Types.INT()))
        fired.update((fired.value() or 0) + 1)
        window = context.window()
        yield key, window.max_timestamp(), list(elements), fired.value()


class Sum(AggregateFunction):
    """Sum of the second field, with the number of records."""

    def create_accumulator(self) -> Any:
        return (0, 0)

    def add(self, value: Any, accumulator: Any) -> Any:
        return accumulator[0] + value[1], accumulator[1] + 1

    def get_result(self, accumulator: Any) -> Any:
        return accumulator

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]
