"""Session windows: construction, gaps, merging contents."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness
from window_models import Collect

from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.common.time import Duration, Time
from hurtig.datastream.window import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
    SessionWindows,
    SessionWindowTimeGapExtractor,
)
from hurtig.operators.functions import AggregateFunction, ProcessWindowFunction
from hurtig.operators.window.assigner import MissingTimestampError
from hurtig.operators.window.contents import (
    aggregate_contents,
    elements_contents,
    reduce_contents,
)
from hurtig.operators.window.factory import create_window_operator, general_window_operator
from hurtig.state.descriptors import ValueStateDescriptor

BOTH = [create_window_operator, general_window_operator]


def test_construction() -> None:
    assert (
        repr(EventTimeSessionWindows.with_gap(Time.seconds(1))) == "EventTimeSessionWindows(1000)"
    )
    assert repr(ProcessingTimeSessionWindows.with_gap(Duration.of_millis(7))) == (
        "ProcessingTimeSessionWindows(7)"
    )
    assert type(SessionWindows.with_gap(5)) is EventTimeSessionWindows


@pytest.mark.parametrize("kind", [EventTimeSessionWindows, ProcessingTimeSessionWindows])
@pytest.mark.parametrize("gap", [0, -1])
def test_invalid_gap(kind: Any, gap: int) -> None:
    with pytest.raises(ProgramError, match=f"^{kind.__name__} parameters must satisfy 0 < size"):
        kind.with_gap(Time(gap))


class SecondField(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> int:
        return element[1]


def test_dynamic_construction() -> None:
    extractor = SecondField()
    assert type(EventTimeSessionWindows.with_dynamic_gap(extractor)) is (
        DynamicEventTimeSessionWindows
    )
    assert type(ProcessingTimeSessionWindows.with_dynamic_gap(extractor)) is (
        DynamicProcessingTimeSessionWindows
    )
    with pytest.raises(TypeError, match="takes a SessionWindowTimeGapExtractor or a callable"):
        DynamicEventTimeSessionWindows.with_dynamic_gap(5)  # type: ignore[arg-type]


def run(make: Any, contents: Any, *records: tuple[Any, int], gap: int = 100) -> list[Any]:
    assigner = EventTimeSessionWindows(gap)
    harness = Harness(make(assigner, None, None, 0, None, contents))
    harness.send(*((value, time, "a") for value, time in records)).watermark(10_000)
    assert harness.is_empty()
    return harness.output


@pytest.mark.parametrize("make", BOTH)
def test_sessions_one_gap_apart_merge(make: Any) -> None:
    got = run(make, elements_contents(Collect()), (1, 0), (2, 100), (3, 201), (4, 302))
    assert got == [("a", 0, 200, [1, 2]), ("a", 201, 301, [3]), ("a", 302, 402, [4])]


@pytest.mark.parametrize("make", BOTH)
def test_one_element_joins_three_sessions(make: Any) -> None:
    # The windows touch: [0,100), [200,300) and an element in [100,200].
    got = run(make, elements_contents(Collect()), (1, 200), (2, 0), (3, 100))
    assert got == [("a", 0, 300, [2, 1, 3])]


class Marked(AggregateFunction):
    def create_accumulator(self) -> list[Any]:
        return []

    def add(self, value: Any, accumulator: list[Any]) -> list[Any]:
        return [*accumulator, value]

    def get_result(self, accumulator: list[Any]) -> list[Any]:
        return accumulator

    def merge(self, acc_a: list[Any], acc_b: list[Any]) -> list[Any]:
        return [*acc_a, "m", *acc_b]


@pytest.mark.parametrize("make", BOTH)
def test_accumulators_merge_earlier_session_first(make: Any) -> None:
    got = run(make, aggregate_contents(Marked()), (0, 0), (150, 150), (80, 80), (500, 500))
    assert got == [[0, "m", 150, 80], [500]]


@pytest.mark.parametrize("make", BOTH)
def test_reduced_values_merge(make: Any) -> None:
    got = run(make, reduce_contents(lambda a, b: f"({a}{b})"), ("x", 150), ("y", 0), ("z", 80))
    assert got == ["((yx)z)"]


@pytest.mark.parametrize("make", BOTH)
def test_late_element_that_touches_an_open_session_is_not_late(make: Any) -> None:
    assigner = EventTimeSessionWindows(10)
    harness = Harness(make(assigner, None, None, 0, "late", elements_contents(Collect())))
    harness.send((1, 20, "a")).watermark(22).send((2, 12, "a"), (3, 5, "b"), (4, 1, "a"))
    harness.watermark(100)
    assert harness.output == [("a", 12, 30, [1, 2])]
    assert harness.side_output("late") == [3, 4]


@pytest.mark.parametrize("make", BOTH)
def test_no_per_window_state(make: Any) -> None:
    class UsesState(ProcessWindowFunction):
        def process(self, key: Any, context: Any, elements: Any) -> Any:
            context.window_state().get_state(ValueStateDescriptor("s"))
            return []

    with pytest.raises(UserFunctionError, match="Per-window state is not allowed when using"):
        run(make, elements_contents(UsesState()), (1, 1))


@pytest.mark.parametrize("make", BOTH)
def test_records_without_timestamps(make: Any) -> None:
    with pytest.raises(MissingTimestampError, match="no timestamp marker"):
        run(make, elements_contents(Collect()), (1, 3), (2, -(2**63)))


@pytest.mark.parametrize("extractor", [SecondField(), lambda element: Time(element[1])])
def test_dynamic_gap(extractor: Any) -> None:
    assigner = DynamicEventTimeSessionWindows(extractor)
    operator = create_window_operator(assigner, None, None, 0, None, elements_contents(Collect()))
    harness = Harness(operator)
    harness.send((("x", 5), 0, "a"), (("y", 50), 10, "a"), (("z", 1), 60, "a")).watermark(1000)
    assert harness.output == [
        ("a", 0, 5, [("x", 5)]),
        ("a", 10, 61, [("y", 50), ("z", 1)]),
    ]


def test_dynamic_gap_must_be_positive() -> None:
    assigner = DynamicEventTimeSessionWindows(SecondField())
    contents = elements_contents(Collect())
    harness = Harness(create_window_operator(assigner, None, None, 0, None, contents))
    with pytest.raises(UserFunctionError, match="Dynamic session time gap must satisfy 0 < gap"):
        harness.send((("x", 0), 0, "a"))


@pytest.mark.parametrize(
    "assigner",
    [ProcessingTimeSessionWindows(10), DynamicProcessingTimeSessionWindows(lambda element: 10)],
)
def test_processing_time(assigner: Any) -> None:
    contents = elements_contents(Collect())
    harness = Harness(create_window_operator(assigner, None, None, 0, None, contents), 0)
    harness.send((1, None, "a")).set_processing_time(7).send((2, None, "a")).set_processing_time(16)
    assert harness.records == [(("a", 0, 17, [1, 2]), 16)]
    harness.send((3, None, "a")).set_processing_time(100)
    assert harness.output[1:] == [("a", 16, 26, [3])]
    assert harness.is_empty()
