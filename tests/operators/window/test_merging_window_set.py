"""Which windows merge when an element's window is added."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hurtig.datastream.window import EventTimeSessionWindows, MergingWindowAssigner, TimeWindow
from hurtig.operators.window.merging_window_set import Merge, add_window

SESSIONS = EventTimeSessionWindows(10)


def windows(*bounds: tuple[int, int]) -> list[TimeWindow]:
    return [TimeWindow(*b) for b in bounds]


def test_first_window() -> None:
    assert add_window(SESSIONS, [], TimeWindow(0, 10)) == (TimeWindow(0, 10), [])


def test_inside_an_open_window_is_no_merge() -> None:
    known = windows((0, 20), (50, 60))
    assert add_window(SESSIONS, known, TimeWindow(5, 15)) == (TimeWindow(0, 20), [])
    assert add_window(SESSIONS, known, TimeWindow(50, 60)) == (TimeWindow(50, 60), [])


def test_growing_an_open_window() -> None:
    got = add_window(SESSIONS, windows((0, 20), (50, 60)), TimeWindow(15, 25))
    assert got == (TimeWindow(0, 25), [Merge(TimeWindow(0, 25), windows((0, 20)))])


def test_parts_come_earliest_first() -> None:
    known = windows((30, 40), (0, 10), (100, 110))
    got = add_window(SESSIONS, known, TimeWindow(5, 35))
    assert got == (TimeWindow(0, 40), [Merge(TimeWindow(0, 40), windows((0, 10), (30, 40)))])


def test_cover_that_is_one_of_the_parts() -> None:
    known = windows((0, 50), (10, 20))  # an assigner may keep such windows apart for a while
    got = add_window(SESSIONS, known, TimeWindow(12, 14))
    assert got == (TimeWindow(0, 50), [Merge(TimeWindow(0, 50), windows((0, 50), (10, 20)))])


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=20))
def test_windows_stay_apart(spans: list[tuple[int, int]]) -> None:
    known: list[TimeWindow] = []
    for start, length in spans:
        new = TimeWindow(start, start + length)
        target, merges = add_window(SESSIONS, known, new)
        for result, parts in merges:
            assert all(part in known for part in parts)
            known = [w for w in known if w not in parts] + [result]
        if target not in known:
            known.append(target)
        assert target.start <= new.start < new.end <= target.end
        assert not [(a, b) for a in known for b in known if a is not b and a.intersects(b)]


class ByLetter(MergingWindowAssigner):
    """Windows need not be times: these merge where they begin with the same letter."""

    def assign_windows(self, element: Any, timestamp: int, context: Any) -> Any:
        raise NotImplementedError

    get_default_trigger = get_window_serializer = is_event_time = None  # type: ignore[assignment]

    def merge_windows(self, windows: Any, callback: Any) -> None:
        windows = list(windows)
        for letter in {w[0] for w in windows}:
            group = [w for w in windows if w[0] == letter]
            if len(group) > 1:
                callback.merge(group, letter + str(len(group)))


def test_other_windows_merge_in_the_order_in_which_they_were_opened() -> None:
    got = add_window(ByLetter(), ["b1", "a9", "a2"], "a3")
    assert got == ("a3", [Merge("a3", ["a9", "a2"])])
