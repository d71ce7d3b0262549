"""STREAMING, BATCH and AUTOMATIC: the same final results."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common import Duration, Time, Types, WatermarkStrategy
from hurtig.common.configuration import Configuration
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.datastream import (
    KeyedProcessFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from hurtig.datastream.state import ValueStateDescriptor
from hurtig.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from hurtig.testing import collect


class Last(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value[-1]


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield key, context.window().end, sorted(v[1] for v in elements)


class Gaps(KeyedProcessFunction):
    """Tells the last record of each pause of more than 10 ms."""

    def open(self, runtime_context: Any) -> None:
        self.due = runtime_context.get_state(ValueStateDescriptor("due", Types.LONG()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        timers = ctx.timer_service()
        if self.due.value() is not None:
            timers.delete_event_time_timer(self.due.value())
        due = max(ctx.timestamp() + 10, self.due.value() or 0)
        timers.register_event_time_timer(due)
        self.due.update(due)
        return []

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        self.due.clear()
        yield ctx.get_current_key(), timestamp


def key(v: Any) -> Any:
    return v[0]


def ms(n: int) -> Time:
    return Time.milliseconds(n)


def tumbling(stream: Any, size: int) -> Any:
    return stream.window(TumblingEventTimeWindows.of(ms(size)))


def twice(stream: Any) -> Any:
    small = tumbling(stream.key_by(key), 10).process(Elements())
    large = tumbling(small.key_by(lambda v: v[1]), 20)
    return large.reduce(lambda a, b: ("", a[1], sorted(a[2] + b[2])))


def sliding(stream: Any) -> Any:
    return stream.key_by(key).window(SlidingEventTimeWindows.of(ms(10), ms(4)))


def session(stream: Any) -> Any:
    return stream.key_by(key).window(EventTimeSessionWindows.with_gap(ms(5)))


PIPELINES: dict[str, Any] = {
    "stateless": lambda s: s.map(lambda v: v[1]).filter(lambda n: n % 2),
    "tumbling": lambda s: tumbling(s.key_by(key), 10).process(Elements()),
    "sliding": lambda s: sliding(s).process(Elements()),
    "session": lambda s: session(s).process(Elements()),
    "timers": lambda s: s.key_by(key).process(Gaps()),
    "two keyed operators": twice,
    "union": lambda s: tumbling(s.union(s).key_by(key), 10).process(Elements()),
}

records = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 99), st.integers(0, 60)), max_size=30
)


def run(name: str, data: list[Any], mode: str, parallelism: int) -> list[Any]:
    configuration = Configuration.from_dict({"execution.runtime-mode": mode})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    # Nothing is late: BATCH mode knows no late records.
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(100))
    stream = env.from_collection(data).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(Last())
    )
    return sorted(collect(PIPELINES[name](stream)))


@pytest.mark.parametrize("name", PIPELINES)
@settings(max_examples=12, deadline=None)
@given(data=records, parallelism=st.integers(1, 3))
def test_the_same_results(name: str, data: list[Any], parallelism: int) -> None:
    if name == "timers":  # a timer depends on what comes between: in order of time
        data = sorted(data, key=lambda v: v[-1])
        parallelism = 1
    streaming = run(name, data, "STREAMING", parallelism)
    assert run(name, data, "BATCH", parallelism) == streaming
    assert run(name, data, "AUTOMATIC", parallelism) == streaming


def test_batch_reduce_gives_the_last_result_of_each_key(env_in):
    data = [("a", 1), ("b", 2), ("a", 3)]

    def reduced(mode):
        stream = env_in(mode).from_collection(data).key_by(key)
        return collect(stream.reduce(lambda a, b: (a[0], a[1] + b[1])))

    assert reduced("STREAMING") == [("a", 1), ("b", 2), ("a", 4)]
    assert sorted(reduced("BATCH")) == [("a", 4), ("b", 2)]


def test_batch_orders_the_records_of_a_key_by_time(env_in, timed):
    class Order(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield value[1]

    data = [("a", "third", 30), ("a", "first", 10), ("a", "second", 20)]
    stream = timed(env_in("BATCH"), data, bound=100).key_by(key).process(Order())
    assert collect(stream) == ["first", "second", "third"]
