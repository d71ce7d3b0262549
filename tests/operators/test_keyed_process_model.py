"""KeyedProcessOperator against a naive model of state and timers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP
from hurtig.operators.functions import KeyedProcessFunction
from hurtig.operators.process import KeyedProcessOperator
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.testing import OperatorHarness


def first(value: Any) -> Any:
    return value[0]


class Model:
    """A naive KeyedProcess: per key a count and a set of timers."""

    def __init__(self) -> None:
        self.counts: Counter[Any] = Counter()
        self.timers: set[tuple[int, Any]] = set()
        self.watermark = MIN_TIMESTAMP
        self.results: list[Any] = []

    def record(self, key: Any, timestamp: int, delay: int, delete: bool) -> None:
        self.counts[key] += 1
        self.results.append(("el", key, self.counts[key], timestamp))
        if delete:
            self.timers.discard((timestamp + delay, key))
        else:
            self.timers.add((timestamp + delay, key))

    def advance(self, watermark: int) -> None:
        if watermark <= self.watermark:
            return  # a timer in the past waits for the next advance
        self.watermark = watermark
        while due := sorted((t for t in self.timers if t[0] <= self.watermark), key=lambda t: t[0]):
            time, key = due[0]
            self.timers.discard((time, key))
            self.results.append(("timer", key, self.counts[key], time))
            if self.counts[key] % 3 == 0:
                self.timers.add((time + 5, key))
            self.counts[key] += 1


class CountAndTime(KeyedProcessFunction):
    """What :class:`Model` does, on state and timers."""

    def __init__(self) -> None:
        self.calls = 0

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count"))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.calls += 1
        _key, timestamp, delay, delete = value
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield "el", ctx.get_current_key(), count, ctx.timestamp()
        service = ctx.timer_service()
        if delete:
            service.delete_event_time_timer(timestamp + delay)
        else:
            service.register_event_time_timer(timestamp + delay)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        count = self.count.value()
        yield "timer", ctx.get_current_key(), count, ctx.timestamp()
        if count % 3 == 0:
            ctx.timer_service().register_event_time_timer(timestamp + 5)
        self.count.update(count + 1)


RECORD = st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.integers(-10, 30), st.booleans())
STEPS = st.lists(
    st.one_of(st.lists(RECORD, min_size=1, max_size=6), st.integers(0, 90)), max_size=20
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_state_and_timers_agree_with_the_model(steps: list[Any]) -> None:
    function, model = CountAndTime(), Model()
    records = 0
    with OperatorHarness(KeyedProcessOperator(function), first, copy=False) as h:
        for step in [*steps, MAX_TIMESTAMP]:
            if isinstance(step, int):
                h.watermark(step)
                model.advance(step)
                continue
            records += len(step)
            h.process_elements(step, [record[1] for record in step])
            for record in step:
                model.record(*record)
    # Timers of one time fire in any order of keys.
    assert Counter(h.output) == Counter(model.results)
    for key in "abc":
        mine = [r for r in h.output if r[1] == key]
        assert mine == [r for r in model.results if r[1] == key]
    assert function.calls == records
