"""Fast paths, general operator and naive models agree on random streams."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_harness import Harness
from window_models import (
    RESTART,
    Append,
    Collect,
    First,
    SessionsModel,
    WindowsModel,
    concatenate,
    run,
    streams,
)

from hurtig.operators.window.contents import (
    aggregate_contents,
    elements_contents,
    reduce_contents,
)
from hurtig.operators.window.factory import create_window_operator, general_window_operator
from hurtig.operators.window.session import EventTimeSessionWindows
from hurtig.operators.window.sliding import SlidingEventTimeWindows
from hurtig.operators.window.tumbling import TumblingEventTimeWindows
from hurtig.operators.window.window_operator import WindowOperator

CONTENTS = [
    lambda: elements_contents(Collect()),
    lambda: aggregate_contents(Append(), First()),
    lambda: reduce_contents(concatenate, First()),
]


def anything() -> Any:
    """Half of the streams without a restart: only those have an order to compare."""
    return st.one_of(streams(restarts=False), streams())


def check(assigner: Any, model: Any, stream: list[Any], lateness: int, general_only: bool) -> None:
    """All ways to run the window give the model's results, in its order."""
    ways = [
        (make, contents)
        for make in (create_window_operator, general_window_operator)
        for contents in CONTENTS
    ]

    def wrap(way: int, value: Any) -> Any:
        # The reduce function joins lists; the other contents take any value.
        return [value] if ways[way][1] is CONTENTS[2] else value

    harnesses = [
        Harness(make(assigner, None, None, lateness, "late", contents())) for make, contents in ways
    ]
    run(stream, model, harnesses, wrap)
    for way, harness in enumerate(harnesses):
        is_general = isinstance(harness.operator, WindowOperator)
        assert is_general == (ways[way][0] is general_window_operator or general_only)
        results = harness.records
        assert all(time == end - 1 for (_, _, end, _), time in results)
        fired = [value for value, _ in results]
        if RESTART in stream:  # keys come back in the order of their key groups
            assert sorted(fired) == sorted(model.fired)
        else:
            assert fired == model.fired
        late = harness.side_output("late")
        assert [v[0] if isinstance(v, list) else v for v in late] == model.late
        assert harness.is_empty()


@settings(max_examples=150, deadline=None)
@given(anything(), st.integers(1, 20), st.integers(-19, 19), st.sampled_from([0, 0, 5, 40]))
def test_tumbling(stream: list[Any], size: int, offset: int, lateness: int) -> None:
    offset %= size

    def assign(time: int) -> list[tuple[int, int]]:
        return [
            (s, s + size)
            for s in range(-80, 600)
            if (s - offset) % size == 0 and s <= time < s + size
        ]

    model = WindowsModel(assign, lateness)
    check(TumblingEventTimeWindows(size, offset), model, stream, lateness, False)


@settings(max_examples=150, deadline=None)
@given(
    anything(),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(-19, 19),
    st.sampled_from([0, 0, 5, 40]),
)
def test_sliding(stream: list[Any], size: int, slide: int, offset: int, lateness: int) -> None:
    offset %= slide

    def assign(time: int) -> list[tuple[int, int]]:
        starts = [s for s in range(-80, 600) if (s - offset) % slide == 0 and s <= time < s + size]
        return [(s, s + size) for s in reversed(starts)]

    model = WindowsModel(assign, lateness)
    check(SlidingEventTimeWindows(size, slide, offset), model, stream, lateness, False)


@settings(max_examples=150, deadline=None)
@given(anything(), st.integers(1, 20), st.sampled_from([0, 0, 5, 40]))
def test_sessions(stream: list[Any], gap: int, lateness: int) -> None:
    model = SessionsModel(gap, lateness)
    check(EventTimeSessionWindows(gap), model, stream, lateness, lateness > 0)


@pytest.mark.parametrize("contents", CONTENTS)
def test_one_batch_equals_many(contents: Any) -> None:
    """The window in hand is looked up anew where a record falls out of it."""
    times = [5, 15, 7, 25, 16, 3, 29, 5]
    for assigner in (
        TumblingEventTimeWindows(10),
        SlidingEventTimeWindows(10, 3),
        EventTimeSessionWindows(4),
    ):
        records = [([i], t, "k") for i, t in enumerate(times)]
        one = Harness(create_window_operator(assigner, None, None, 0, None, contents()))
        many = Harness(create_window_operator(assigner, None, None, 0, None, contents()))
        one.send(*records).watermark(100)
        for record in records:
            many.send(record)
        many.watermark(100)
        assert one.records == many.records != []
