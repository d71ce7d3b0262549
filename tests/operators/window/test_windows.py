"""Windows as values, and their serializers."""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.datastream.window import (
    CountWindow,
    CountWindowSerializer,
    GlobalWindow,
    GlobalWindowSerializer,
    MergingWindowAssigner,
    TimeWindow,
    TimeWindowSerializer,
)


def test_time_window_is_a_value() -> None:
    window = TimeWindow(0, 10)
    assert window == TimeWindow(0, 10)
    assert window != TimeWindow(0, 11)
    assert window != (0, 10)
    assert hash(window) == hash(TimeWindow(0, 10))
    assert window.max_timestamp() == 9
    assert repr(window) == "TimeWindow(start=0, end=10)"


def test_time_windows_are_ordered_by_start_then_end() -> None:
    assert sorted([TimeWindow(1, 2), TimeWindow(0, 9), TimeWindow(0, 3)]) == [
        TimeWindow(0, 3),
        TimeWindow(0, 9),
        TimeWindow(1, 2),
    ]
    assert TimeWindow(0, 3) <= TimeWindow(0, 3)
    with pytest.raises(TypeError, match="Does not support comparison with non-TimeWindow"):
        _ = TimeWindow(0, 1) < 5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("other", "intersects"),
    [((10, 20), True), ((-5, 0), True), ((3, 4), True), ((11, 20), False), ((-5, -1), False)],
)
def test_touching_windows_intersect(other: tuple[int, int], intersects: bool) -> None:
    window = TimeWindow(0, 10)
    assert window.intersects(TimeWindow(*other)) is intersects
    assert TimeWindow(*other).intersects(window) is intersects


def test_cover() -> None:
    assert TimeWindow(0, 4).cover(TimeWindow(2, 9)) == TimeWindow(0, 9)


@pytest.mark.parametrize(
    ("timestamp", "offset", "size", "start"),
    [(0, 0, 5, 0), (4, 0, 5, 0), (-1, 0, 5, -5), (7, 3, 5, 3), (-7, -2, 5, -7), (2, -2, 5, -2)],
)
def test_window_start(timestamp: int, offset: int, size: int, start: int) -> None:
    assert TimeWindow.get_window_start_with_offset(timestamp, offset, size) == start


class _Merged(MergingWindowAssigner.MergeCallback):
    def __init__(self) -> None:
        self.merged: list[Any] = []

    def merge(self, to_be_merged: Any, merge_result: Any) -> None:
        self.merged.append((sorted(to_be_merged), merge_result))


def test_merge_windows_reports_groups_of_two_and_more() -> None:
    callback = _Merged()
    a, b, c, alone = (TimeWindow(0, 5), TimeWindow(4, 9), TimeWindow(9, 12), TimeWindow(20, 22))
    TimeWindow.merge_windows([c, alone, b, a], callback)
    assert callback.merged == [([a, b, c], TimeWindow(0, 12))]


def test_window_inside_another_does_not_shorten_the_cover() -> None:
    callback = _Merged()
    TimeWindow.merge_windows([TimeWindow(0, 20), TimeWindow(2, 3), TimeWindow(15, 21)], callback)
    assert callback.merged[0][1] == TimeWindow(0, 21)


def test_other_windows() -> None:
    assert GlobalWindow.get() == GlobalWindow()
    assert hash(GlobalWindow.get()) == hash(GlobalWindow())
    assert repr(GlobalWindow()) == "GlobalWindow"
    assert CountWindow(3) == CountWindow(3) != CountWindow(4)
    assert repr(CountWindow(3)) == "CountWindow(id=3)"
    assert CountWindow(0).max_timestamp() == GlobalWindow().max_timestamp() == 2**63 - 1


@pytest.mark.parametrize("window", [TimeWindow(-5, 7), CountWindow(2), GlobalWindow.get()])
def test_pickle(window: Any) -> None:
    again = pickle.loads(pickle.dumps(window))
    assert again == window
    assert type(again) is type(window)


longs = st.integers(-(2**63), 2**63 - 1)


@given(longs, longs)
def test_time_window_serializer(start: int, end: int) -> None:
    stream = BytesIO()
    TimeWindowSerializer().serialize(TimeWindow(start, end), stream)
    assert stream.tell() == 16
    stream.seek(0)
    assert TimeWindowSerializer().deserialize(stream) == TimeWindow(start, end)


def test_other_serializers() -> None:
    stream = BytesIO()
    CountWindowSerializer().serialize(CountWindow(258), stream)
    GlobalWindowSerializer().serialize(GlobalWindow.get(), stream)
    assert stream.getvalue() == b"\0\0\0\0\0\0\1\2\0"
    stream.seek(0)
    assert CountWindowSerializer().deserialize(stream) == CountWindow(258)
    assert GlobalWindowSerializer().deserialize(stream) == GlobalWindow.get()
