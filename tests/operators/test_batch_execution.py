"""BATCH mode of keyed operators."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.common.errors import UserFunctionError
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP, Watermark
from hurtig.operators.batch_execution import BatchKeyedOperator
from hurtig.operators.batch_gathering import FULL_BATCH
from hurtig.operators.co_process import KeyedCoProcessOperator
from hurtig.operators.filter import FilterOperator
from hurtig.operators.flat_map import FlatMapOperator
from hurtig.operators.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
)
from hurtig.operators.map import MapOperator
from hurtig.operators.output_tag import OutputTag
from hurtig.operators.process import KeyedProcessOperator
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.testing import OperatorHarness


def first(value: Any) -> Any:
    return value[0]


class Trace(KeyedProcessFunction):
    """Counts per key; registers timers of both domains."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count"))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        service = ctx.timer_service()
        service.register_event_time_timer(100)
        service.register_processing_time_timer(10**15)
        yield "el", value, ctx.timestamp(), service.current_watermark(), self.count.value()

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        key, domain = ctx.get_current_key(), ctx.time_domain().name
        yield domain, key, timestamp, ctx.timer_service().current_watermark(), self.count.value()
        if timestamp == 100:
            ctx.timer_service().register_event_time_timer(50)
        if timestamp == 10**15:
            ctx.timer_service().register_processing_time_timer(10**15 + 1)


def test_keys_run_one_after_the_other_in_order_of_time() -> None:
    with OperatorHarness(KeyedProcessOperator(Trace()), first, batch_mode=True) as h:
        assert isinstance(h.operator, BatchKeyedOperator)
        h.process_elements([("a", "x"), ("b", "y"), ("a", "z")], [30, 20, 10])
        h.watermark(25)
        h.idle()
        h.active()
        h.process_elements([("a", "tie")], [10])
        assert h.events == []
        h.end_input()
        assert h.keys(ValueStateDescriptor("count")) == []
        assert h.num_event_time_timers + h.num_processing_time_timers == 0

    def timers(key: str, count: int) -> list[Any]:
        return [
            ("EVENT_TIME", key, 100, MAX_TIMESTAMP, count),
            ("EVENT_TIME", key, 50, MAX_TIMESTAMP, count),
            ("PROCESSING_TIME", key, 10**15, MAX_TIMESTAMP, count),
            ("PROCESSING_TIME", key, 10**15 + 1, MAX_TIMESTAMP, count),
        ]

    assert h.events == [
        ("el", ("a", "z"), 10, MIN_TIMESTAMP, 1),
        ("el", ("a", "tie"), 10, MIN_TIMESTAMP, 2),
        ("el", ("a", "x"), 30, MIN_TIMESTAMP, 3),
        *timers("a", 3),
        ("el", ("b", "y"), 20, MIN_TIMESTAMP, 1),
        *timers("b", 1),
        Watermark(MAX_TIMESTAMP),
    ]
    assert h.records[0][1] == 10
    assert h.records[3][1] == 100


def test_an_input_without_records_ends_with_a_watermark() -> None:
    with OperatorHarness(KeyedProcessOperator(Trace()), first, batch_mode=True) as h:
        h.end_input()
    assert h.events == [Watermark(MAX_TIMESTAMP)]


def test_without_timestamps_the_order_of_arrival_holds() -> None:
    class Echo(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value
            yield OutputTag("side"), value

    with OperatorHarness(KeyedProcessOperator(Echo()), first, batch_mode=True) as h:
        h.process_elements([("a", 3), ("b", 2)])
        h.process_elements([("a", 1)])
        h.end_input()
    assert h.records == [(("a", 3), None), (("a", 1), None), (("b", 2), None)]
    assert h.side_records("side") == h.records


def test_results_of_many_keys_leave_in_full_batches() -> None:
    class Echo(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value

    with OperatorHarness(KeyedProcessOperator(Echo()), lambda v: v, batch_mode=True) as h:
        h.process_elements(range(FULL_BATCH + 10))
        h.end_input()
    assert h.batch_sizes() == [FULL_BATCH, 10]


def test_an_error_shows_after_what_was_made_before_it() -> None:
    class Fail(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value
            if value == ("b", 1):
                raise ValueError("one")

    with OperatorHarness(KeyedProcessOperator(Fail()), first, batch_mode=True) as h:
        h.process_elements([("a", 1), ("b", 1), ("c", 1)])
        with pytest.raises(UserFunctionError, match="ValueError: one"):
            h.end_input()
    assert h.output == [("a", 1), ("b", 1)]

    operator = KeyedProcessOperator(Fail())
    with OperatorHarness(operator, first, batch_mode=True, error_policy="dead-letter") as h:
        h.process_elements([("a", 1), ("b", 1), ("c", 1)])
        h.end_input()
    assert h.output == [("a", 1), ("b", 1), ("c", 1)]
    assert [letter.record for letter, _ in h.side_records(DEAD_LETTER_TAG)] == [("b", 1)]


def test_two_inputs_are_merged_by_time() -> None:
    class Both(KeyedCoProcessFunction):
        def process_element1(self, value: Any, ctx: Any) -> Any:
            yield 1, value

        def process_element2(self, value: Any, ctx: Any) -> Any:
            yield 2, value

    operator = KeyedCoProcessOperator(Both())
    with OperatorHarness(operator, first, key_selector2=first, batch_mode=True) as h:
        h.process_elements([("a", 5), ("b", 1), ("a", 7)], [5, 1, 7], 1)
        h.process_elements([("a", 5), ("a", 1), ("a", 9)], [5, 1, 9], 0)
        h.end_input()
    assert h.output == [
        (1, ("a", 1)),
        (1, ("a", 5)),
        (2, ("a", 5)),
        (2, ("a", 7)),
        (1, ("a", 9)),
        (2, ("b", 1)),
    ]
    assert h.watermarks == [MAX_TIMESTAMP]


class Counting:
    """State shared by the simple functions below."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count"))

    def next(self) -> int:
        self.count.update((self.count.value() or 0) + 1)
        return int(self.count.value())


class NumberMap(Counting, MapFunction):
    def map(self, value: Any) -> Any:
        return value, self.next()


class NumberFlatMap(Counting, FlatMapFunction):
    def flat_map(self, value: Any) -> Any:
        return [value] * self.next()


class FirstOnly(Counting, FilterFunction):
    def filter(self, value: Any) -> bool:
        return self.next() == 1


A, B = ("a", 1), ("b", 2)


@pytest.mark.parametrize(
    ("operator", "results"),
    [
        (MapOperator(NumberMap()), [(A, 1), (("a", 3), 2), (B, 1)]),
        (FlatMapOperator(NumberFlatMap()), [A, ("a", 3), ("a", 3), B]),
        (FilterOperator(FirstOnly()), [A, B]),
    ],
)
def test_simple_functions_with_state_are_sorted_too(operator: Any, results: list[Any]) -> None:
    operator.keyed = True
    with OperatorHarness(operator, first, batch_mode=True) as h:
        h.process_elements([("a", 3), A, B], [3, 1, 2])
        h.end_input()
    assert h.output == results


def test_simple_functions_without_state_stay_in_their_chain() -> None:
    operator = MapOperator(lambda value: value)
    operator.keyed = True
    assert operator.for_batch() is operator


RECORDS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.integers(1, 7))
def test_every_record_is_handled_once_in_order(records: list[Any], size: int) -> None:
    with OperatorHarness(KeyedProcessOperator(Trace()), first, batch_mode=True) as h:
        for start in range(0, len(records), size):
            piece = records[start : start + size]
            h.process_elements(piece, [time for _, time in piece])
        h.end_input()
    expected = []
    for key in dict.fromkeys(key for key, _ in records):
        of_key = sorted([time for k, time in records if k == key])
        expected += [
            ("el", (key, time), time, MIN_TIMESTAMP, n) for n, time in enumerate(of_key, 1)
        ]
    assert [value for value in h.output if value[0] == "el"] == expected
    fired = Counter(value[1] for value in h.output if value[0] != "el")
    assert fired == {key: 4 for key, _ in records}
