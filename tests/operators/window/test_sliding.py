"""Sliding windows: construction, assignment, contents that overlapping windows share."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness
from window_models import Collect

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time
from hurtig.datastream.window import SlidingEventTimeWindows, SlidingProcessingTimeWindows
from hurtig.operators.window.assigner import MissingTimestampError
from hurtig.operators.window.contents import elements_contents, reduce_contents
from hurtig.operators.window.factory import create_window_operator, general_window_operator

BOTH = [create_window_operator, general_window_operator]


@pytest.mark.parametrize("kind", [SlidingEventTimeWindows, SlidingProcessingTimeWindows])
def test_lengths(kind: Any) -> None:
    assert (
        repr(kind.of(Time.seconds(2), Duration.of_seconds(1))) == f"{kind.__name__}(2000, 1000, 0)"
    )
    assert repr(kind.of(5, 3, 1)) == f"{kind.__name__}(5, 3, 1)"


@pytest.mark.parametrize("kind", [SlidingEventTimeWindows, SlidingProcessingTimeWindows])
@pytest.mark.parametrize(
    ("size", "slide", "offset"), [(0, 5, 0), (-1, 5, 0), (10, 0, 0), (10, 5, 5), (10, 5, -5)]
)
def test_invalid(kind: Any, size: int, slide: int, offset: int) -> None:
    text = f"^{kind.__name__} parameters must satisfy abs\\(offset\\) < slide and size > 0"
    with pytest.raises(ProgramError, match=text):
        kind.of(Time(size), Time(slide), Time(offset))


def test_assignment_latest_window_first() -> None:
    windows = SlidingEventTimeWindows(10, 4, 1).assign_windows("x", 7, None)  # type: ignore[arg-type]
    assert [(w.start, w.end) for w in windows] == [(5, 15), (1, 11)]


def test_gap_between_windows() -> None:
    assigner = SlidingEventTimeWindows(5, 10)
    assert list(assigner.assign_windows("x", 7, None)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("make", BOTH)
def test_elements_in_a_gap_are_late_only_by_their_timestamp(make: Any) -> None:
    contents = elements_contents(Collect())
    harness = Harness(make(SlidingEventTimeWindows(5, 10), None, None, 0, "late", contents))
    harness.watermark(3).send((1, 7, "a"), (2, 8, "a")).watermark(8).send((3, 7, "a"))
    harness.watermark(100)
    assert harness.output == []
    assert harness.side_output("late") == [3]


@pytest.mark.parametrize("make", BOTH)
def test_late_only_if_all_windows_are(make: Any) -> None:
    contents = elements_contents(Collect())
    harness = Harness(make(SlidingEventTimeWindows(10, 5), None, None, 0, "late", contents))
    harness.watermark(9).send((1, 7, "a"), (2, 3, "a")).watermark(100)
    assert harness.output == [("a", 5, 15, [1])]
    assert harness.side_output("late") == [2]


@pytest.mark.parametrize("make", BOTH)
def test_reduce_in_place_stays_in_its_window(make: Any) -> None:
    def add(total: dict[str, int], value: dict[str, int]) -> dict[str, int]:
        total["n"] += value["n"]
        return total

    contents = reduce_contents(add)
    harness = Harness(make(SlidingEventTimeWindows(10, 5), None, None, 0, None, contents))
    first = {"n": 1}
    harness.send((first, 7, "a"), ({"n": 10}, 8, "a"), ({"n": 100}, 12, "a")).watermark(100)
    assert harness.output == [{"n": 11}, {"n": 111}, {"n": 100}]
    assert first == {"n": 1}


@pytest.mark.parametrize("make", BOTH)
def test_records_without_timestamps(make: Any) -> None:
    contents = elements_contents(Collect())
    harness = Harness(make(SlidingEventTimeWindows(10, 5), None, None, 0, None, contents))
    with pytest.raises(MissingTimestampError, match="no timestamp marker"):
        harness.send((1, 3, "a"), (2, -(2**63), "a"))


def test_processing_time() -> None:
    contents = elements_contents(Collect())
    operator = create_window_operator(
        SlidingProcessingTimeWindows(10, 5), None, None, 0, None, contents
    )
    harness = Harness(operator, 7).send((1, None, "a")).set_processing_time(12).send((2, None, "a"))
    harness.set_processing_time(30)
    assert harness.records == [
        (("a", 0, 10, [1]), 9),
        (("a", 5, 15, [1, 2]), 14),
        (("a", 10, 20, [2]), 19),
    ]
    assert harness.is_empty()
