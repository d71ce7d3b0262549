"""Operators of connected streams."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.errors import UserFunctionError
from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, MIN_TIMESTAMP, Watermark
from hurtig.operators.co_process import (
    CoFlatMapOperator,
    CoMapOperator,
    CoProcessOperator,
    KeyedCoProcessOperator,
)
from hurtig.operators.functions import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
    MapFunction,
)
from hurtig.operators.output_tag import OutputTag
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.testing import OperatorHarness


def first(value: Any) -> Any:
    return value[0]


class Map(CoMapFunction):
    def map1(self, value: Any) -> Any:
        return "one", value

    def map2(self, value: Any) -> Any:
        return value


class KeyedMap(CoMapFunction):
    def open(self, runtime_context: Any) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum"))

    def map1(self, value: Any) -> Any:
        self.sum.update((self.sum.value() or 0) + value[1])
        return value[0], self.sum.value()

    def map2(self, value: Any) -> Any:
        return "read", value[0], self.sum.value()


class Repeat(CoFlatMapFunction):
    def flat_map1(self, value: Any) -> Any:
        yield from range(value)

    def flat_map2(self, value: Any) -> Any:
        return None


class Times(CoProcessFunction):
    def process_element1(self, value: Any, ctx: Any) -> Any:
        yield "e1", value, ctx.timestamp(), ctx.timer_service().current_watermark()

    def process_element2(self, value: Any, ctx: Any) -> Any:
        if value == "timer":
            ctx.timer_service().register_event_time_timer(1)
        yield OutputTag("second"), value


class Totals(KeyedCoProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum"))
        self.calls = 0

    def _add(self, amount: int, ctx: Any) -> None:
        self.calls += 1
        self.sum.update((self.sum.value() or 0) + amount)
        ctx.timer_service().register_event_time_timer(10**9)

    def process_element1(self, value: Any, ctx: Any) -> Any:
        self._add(value[1], ctx)

    def process_element2(self, value: Any, ctx: Any) -> Any:
        self._add(100 * value[1], ctx)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), self.sum.value(), timestamp


def test_co_map_has_a_method_for_each_input_and_none_is_no_result() -> None:
    with OperatorHarness(CoMapOperator(Map())) as h:
        h.process_elements([1, 2], [10, 20], 0)
        h.process_elements(["a", None, "b"], [30, 40, 50], 1)
    assert h.records == [(("one", 1), 10), (("one", 2), 20), ("a", 30), ("b", 50)]


def test_co_map_shares_keyed_state() -> None:
    operator = CoMapOperator(KeyedMap())
    operator.keyed = True  # as the API does
    with OperatorHarness(operator, first, key_selector2=first) as h:
        h.process_elements([("a", 1), ("b", 2), ("a", 3)], input_index=0)
        h.process_elements([("a",), ("c",)], input_index=1)
    assert h.output == [("a", 1), ("b", 2), ("a", 4), ("read", "a", 4), ("read", "c", None)]


def test_co_flat_map_takes_generators_and_none() -> None:
    with OperatorHarness(CoFlatMapOperator(Repeat())) as h:
        h.process_elements([1, 3], input_index=0)
        h.process_elements(["a"], input_index=1)
    assert h.output == [0, 0, 1, 2]


def test_co_process_sees_the_lower_of_two_watermarks() -> None:
    with OperatorHarness(CoProcessOperator(Times())) as h:
        h.process_elements(["a"], [5], 0)
        h.watermark1(50)
        h.process_elements(["b"], [60], 0)
        h.watermark2(30)
        h.process_elements(["c"], [70], 0)
        h.process_elements(["x"], [80], 1)
        with pytest.raises(UserFunctionError, match="Register timers is only supported"):
            h.process_elements(["timer"], input_index=1)
    assert h.output == [
        ("e1", "a", 5, MIN_TIMESTAMP),
        ("e1", "b", 60, MIN_TIMESTAMP),
        ("e1", "c", 70, 30),
    ]
    assert h.side_records("second") == [("x", 80)]
    assert h.watermarks == [30]


def test_an_idle_input_does_not_hold_the_watermark() -> None:
    with OperatorHarness(CoProcessOperator(Times())) as h:
        h.watermark1(50)
        h.idle(1)
        assert h.events == [Watermark(50)]
        h.idle(0)
        assert h.events[-1] is IDLE
        h.active(1)
        assert h.events[-1] is ACTIVE


class WithTimer(CoProcessFunction):
    """The unkeyed function class on keyed streams: state and timers work."""

    def process_element1(self, value: Any, ctx: Any) -> Any:
        ctx.timer_service().register_event_time_timer(value[1])

    def process_element2(self, value: Any, ctx: Any) -> Any:
        yield value

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield "timer", timestamp


def test_co_process_function_on_keyed_streams() -> None:
    operator = CoProcessOperator(WithTimer())
    operator.keyed = True
    with OperatorHarness(operator, first, key_selector2=first) as h:
        h.process_elements([("a", 3)], input_index=0)
        h.process_elements([("a", 4)], input_index=1)
        h.end_input()
    assert h.output == [("a", 4), ("timer", 3)]


@pytest.mark.parametrize(
    ("operator", "function"),
    [
        (CoMapOperator, lambda v: v),
        (CoMapOperator, Repeat()),
        (CoFlatMapOperator, Map()),
        (CoProcessOperator, Map()),
        (KeyedCoProcessOperator, MapFunction),
    ],
)
def test_other_functions_are_refused(operator: Any, function: Any) -> None:
    with pytest.raises(TypeError):
        operator(function)


BATCHES = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=5),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(BATCHES)
def test_both_inputs_share_state_and_timers(batches: list[Any]) -> None:
    function = Totals()
    totals: Counter[str] = Counter()
    operator = KeyedCoProcessOperator(function)
    with OperatorHarness(operator, first, key_selector2=first, copy=False) as h:
        for index, records in batches:
            h.process_elements(records, input_index=index)
            for key, amount in records:
                totals[key] += (100 if index else 1) * amount
        h.watermark(10**9 - 1)
        assert h.output == []
        h.end_input()
    assert sorted(h.records) == [((k, v, 10**9), 10**9) for k, v in sorted(totals.items())]
    assert function.calls == sum(len(records) for _, records in batches)
    assert h.watermarks == [10**9 - 1, MAX_TIMESTAMP]
