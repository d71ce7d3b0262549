"""Evictors: what they remove, before and after the window function."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_harness import Harness

from hurtig.common.time import Duration, Time
from hurtig.datastream.window import (
    CountEvictor,
    CountTrigger,
    DeltaEvictor,
    EventTimeSessionWindows,
    Evictor,
    GlobalWindows,
    TimeEvictor,
    TimestampedValue,
    TumblingEventTimeWindows,
)
from hurtig.operators.functions import ProcessWindowFunction
from hurtig.operators.window.contents import elements_contents, reduce_contents
from hurtig.operators.window.factory import create_window_operator


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield list(elements)


def evicted(evictor: Any, elements: list[tuple[Any, int]], after: bool = False) -> list[Any]:
    left = [TimestampedValue(*element) for element in elements]
    call = evictor.evict_after if after else evictor.evict_before
    call(left, len(left), None, None)
    return [element.value for element in left]


def numbers(*times: int) -> list[tuple[int, int]]:
    return [(n, time) for n, time in enumerate(times)]


def test_count_evictor_keeps_the_last() -> None:
    assert evicted(CountEvictor.of(2), numbers(1, 2, 3)) == [1, 2]
    assert evicted(CountEvictor.of(3), numbers(1, 2, 3)) == [0, 1, 2]
    assert evicted(CountEvictor.of(0), numbers(1, 2)) == []


@pytest.mark.parametrize("length", [Time(10), Duration.of_millis(10), 10])
def test_time_evictor_keeps_the_latest(length: Any) -> None:
    assert evicted(TimeEvictor.of(length), numbers(15, 25, 16, 14)) == [1, 2]


def test_time_evictor_without_timestamps() -> None:
    none = -(2**63)
    assert evicted(TimeEvictor.of(10), numbers(none, none)) == [0, 1]
    assert not TimestampedValue(1, none).has_timestamp()


def test_delta_evictor_compares_with_the_last() -> None:
    elements = [(1, 0), (7, 0), (5, 0), (10, 0)]
    assert evicted(DeltaEvictor.of(5, lambda old, new: new - old), elements) == [7, 10]
    assert evicted(DeltaEvictor.of(5, lambda old, new: new - old), []) == []


@pytest.mark.parametrize(
    "evictor",
    [
        CountEvictor.of(1, True),
        TimeEvictor.of(1, True),
        DeltaEvictor.of(1, lambda a, b: b - a, True),
    ],
)
def test_after_instead_of_before(evictor: Any) -> None:
    elements = [(1, 1), (5, 5)]
    assert evicted(evictor, elements) == [1, 5]
    assert evicted(evictor, elements, after=True) == [5]


def harness(evictor: Any, contents: Any, assigner: Any = None, trigger: Any = None) -> Harness:
    assigner = assigner or GlobalWindows()
    trigger = trigger or CountTrigger.of(2)
    return Harness(create_window_operator(assigner, trigger, evictor, 0, None, contents))


def test_count_window_with_overlap() -> None:
    """Every 2 elements, the last 3."""
    run = harness(CountEvictor.of(3), elements_contents(Elements()))
    run.send(*((n, None, "a") for n in range(6)))
    assert run.output == [[0, 1], [1, 2, 3], [3, 4, 5]]


def test_evict_after() -> None:
    run = harness(CountEvictor.of(1, True), elements_contents(Elements()))
    run.send(*((n, None, "a") for n in range(4)))
    assert run.output == [[0, 1], [1, 2, 3]]


def test_incremental_functions_see_what_is_left() -> None:
    run = harness(CountEvictor.of(2), reduce_contents(lambda a, b: a + b))
    run.send(*((n, None, "a") for n in (1, 10, 100, 1000)))
    assert run.output == [11, 1100]


def test_nothing_left_emits_nothing() -> None:
    run = harness(CountEvictor.of(0), reduce_contents(lambda a, b: a + b))
    run.send(*((n, None, "a") for n in range(4)))
    assert run.output == []


def test_event_time_and_restart() -> None:
    contents = elements_contents(Elements())
    operator = create_window_operator(
        TumblingEventTimeWindows(10), None, TimeEvictor.of(3), 0, None, contents
    )
    run = Harness(operator).send((1, 1, "a"), (5, 5, "a")).restart()
    run.send((7, 7, "a")).watermark(9)
    assert run.output == [[5, 7]]
    assert run.is_empty()


def test_sessions() -> None:
    run = harness(
        CountEvictor.of(2),
        elements_contents(Elements()),
        EventTimeSessionWindows(10),
        CountTrigger.of(3),
    )
    run.send((1, 0, "a"), (2, 18, "a"), (3, 9, "a")).watermark(100)
    assert run.output == [[2, 3]]
    assert run.is_empty()


class Own(Evictor):
    """Removes what the window function has seen except the largest."""

    def evict_before(self, elements: Any, size: int, window: Any, evictor_context: Any) -> None:
        assert size == len(elements)
        assert evictor_context.get_current_watermark() == 3
        assert evictor_context.get_current_processing_time() == 0

    def evict_after(self, elements: Any, size: int, window: Any, evictor_context: Any) -> None:
        elements[:] = [max(elements)]


def test_own_evictor() -> None:
    run = harness(Own(), elements_contents(Elements())).watermark(3)
    run.send(*((n, None, "a") for n in (5, 1, 2, 3)))
    assert run.output == [[5, 1], [5, 2, 3]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 4), st.integers(0, 5))
def test_against_model(values: list[int], every: int, keep: int) -> None:
    run = harness(
        CountEvictor.of(keep), elements_contents(Elements()), trigger=CountTrigger.of(every)
    )
    kept: list[int] = []
    expected = []
    for number, value in enumerate(values, 1):
        run.send((value, None, "k"))
        kept.append(value)
        if number % every == 0:
            kept = kept[max(0, len(kept) - keep) :]
            if kept:
                expected.append(kept[:])
    assert run.output == expected
