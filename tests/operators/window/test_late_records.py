"""Late records: dropped and counted, warned about once, or sent to the side output."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness
from window_models import Collect

from hurtig.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator, general_window_operator

BOTH = [create_window_operator, general_window_operator]
ASSIGNERS = [
    (TumblingEventTimeWindows(10), 10),
    (SlidingEventTimeWindows(10, 5), 15),
    (EventTimeSessionWindows(10), 17),
]


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(("assigner", "end"), ASSIGNERS)
@pytest.mark.parametrize("lateness", [0, 50])
def test_dropped_records_are_counted_and_named_once(
    make: Any, assigner: Any, end: int, lateness: int
) -> None:
    contents = elements_contents(Collect())
    run = Harness(make(assigner, None, None, lateness, None, contents))
    run.watermark(86_400_000).send(("late", 7, "a"), ("in time", 86_400_001, "a"))
    run.send(("later", 8, "a"))
    assert run.late_dropped == 2
    assert run.side_outputs == {}
    (warning,) = run.warnings
    assert "timestamp 7 ms (1970-01-01 00:00:00.007 UTC)" in warning
    assert f"its window ended at {end} ms" in warning
    assert ("50 ms of allowed lateness" in warning) == (lateness > 0)
    assert "the watermark is at 86400000 ms (1970-01-02 00:00:00.000 UTC)" in warning
    assert "Record: 'late'" in warning
    for hint in "for_bounded_out_of_orderness", "allowed_lateness", "side_output_late_data":
        assert hint in warning


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(("assigner", "end"), ASSIGNERS)
def test_side_output_keeps_order_and_timestamps(make: Any, assigner: Any, end: int) -> None:
    contents = elements_contents(Collect())
    run = Harness(make(assigner, None, None, 0, "too-late", contents))
    run.watermark(100).send((1, 7, "a"), (2, 105, "a"), (3, 5, "b"))
    assert run.side_records("too-late") == [(1, 7), (3, 5)]
    assert run.batch_sizes("too-late") == [2]
    assert run.late_dropped == 0
    assert run.warnings == []


@pytest.mark.parametrize("make", BOTH)
def test_at_the_end_of_input(make: Any) -> None:
    contents = elements_contents(Collect())
    run = Harness(make(TumblingEventTimeWindows(10), None, None, 0, None, contents))
    run.watermark(2**63 - 1).send((1, 7, "a"))
    assert "the watermark is at the end of its input" in run.warnings[0]


@pytest.mark.parametrize("make", BOTH)
def test_gap_without_a_window(make: Any) -> None:
    contents = elements_contents(Collect())
    run = Harness(make(SlidingEventTimeWindows(2, 10), None, None, 0, None, contents))
    run.watermark(50).send((1, 7, "a"))
    assert "no window is open for it" in run.warnings[0]


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    ("assigner", "first"), list(zip((a for a, _ in ASSIGNERS), (9, 9, 16), strict=True))
)
def test_waiting_for_names_the_time_of_the_next_result(
    make: Any, assigner: Any, first: int
) -> None:
    contents = elements_contents(Collect())
    run = Harness(make(assigner, None, None, 0, None, contents))
    assert run.operator.waiting_for() is None
    run.send((1, 27, "a"), (2, 7, "b"))
    assert run.operator.waiting_for() == first
    run.watermark(2**63 - 1)
    assert run.operator.waiting_for() is None
