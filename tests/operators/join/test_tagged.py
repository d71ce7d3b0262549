"""Window join and co-group by tagged records."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.time import Time
from hurtig.operators.functions import CoGroupFunction, JoinFunction, KeySelector, MapFunction
from hurtig.operators.join.tagged import (
    Tag,
    TaggedKeySelector,
    co_group_function,
    join_function,
    untag_windows,
)
from hurtig.operators.window.assigner import MergingWindowAssigner
from hurtig.operators.window.session import EventTimeSessionWindows
from hurtig.operators.window.tumbling import TumblingEventTimeWindows
from hurtig.operators.window.windows import TimeWindow

WINDOW = [(0, 1), (1, "a"), (0, 2), (1, "b")]


class Join(JoinFunction):
    opened: Any = None
    closed = False

    def open(self, runtime_context: Any) -> None:
        self.opened = runtime_context

    def close(self) -> None:
        self.closed = True

    def join(self, first: Any, second: Any) -> Any:
        return first, second


class Group(CoGroupFunction):
    def co_group(self, first: Any, second: Any) -> Any:
        yield len(first), len(second)


def test_join_makes_all_pairs() -> None:
    pairs = [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert list(join_function(Join()).apply("k", None, WINDOW)) == pairs  # type: ignore[arg-type]
    plain = join_function(lambda first, second: f"{first}{second}")
    assert list(plain.apply("k", None, WINDOW)) == ["1a", "1b", "2a", "2b"]  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [0, 1])
def test_join_without_records_on_one_side_makes_nothing(side: int) -> None:
    records = [(side, 1), (side, 2)]
    assert list(join_function(Join()).apply("k", None, records)) == []  # type: ignore[arg-type]


def test_co_group_sees_both_sides_also_empty_ones() -> None:
    adapter = co_group_function(Group())
    assert list(adapter.apply("k", None, WINDOW)) == [(2, 2)]  # type: ignore[arg-type]
    assert list(adapter.apply("k", None, [(1, "a")])) == [(0, 1)]  # type: ignore[arg-type]
    plain = co_group_function(lambda first, second: [first, second])
    assert list(plain.apply("k", None, WINDOW)) == [[1, 2], ["a", "b"]]  # type: ignore[arg-type]
    assert co_group_function(lambda first, second: None).apply("k", None, WINDOW) is None


def test_open_and_close_reach_the_function() -> None:
    join = Join()
    adapter = join_function(join)
    adapter.open("context")  # type: ignore[arg-type]
    adapter.close()
    assert (join.opened, join.closed) == ("context", True)
    adapter = join_function(lambda first, second: first)
    adapter.open("context")  # type: ignore[arg-type]
    adapter.close()


def test_other_functions_are_refused() -> None:
    with pytest.raises(TypeError, match="JoinFunction"):
        join_function(Group())
    with pytest.raises(TypeError, match="CoGroupFunction"):
        co_group_function(7)


def test_tags_and_keys() -> None:
    class Second(KeySelector):
        def get_key(self, value: Any) -> Any:
            return value[1]

    selector = TaggedKeySelector(lambda value: value[0], Second())
    tagged = [Tag(0).map(("x", "y")), Tag(1).map(("x", "y"))]
    assert tagged == [(0, ("x", "y")), (1, ("x", "y"))]
    assert [selector.get_key(value) for value in tagged] == ["x", "y"]
    assert isinstance(Tag(0), MapFunction)


def test_assigners_that_read_records_see_them_without_tag() -> None:
    fixed = TumblingEventTimeWindows.of(Time.milliseconds(10))
    assert untag_windows(fixed) is fixed

    dynamic = EventTimeSessionWindows.with_dynamic_gap(lambda value: value["gap"])
    untagged = untag_windows(dynamic)
    windows = untagged.assign_windows((1, {"gap": 5}), 100, None)  # type: ignore[arg-type]
    assert list(windows) == [TimeWindow(100, 105)]
    assert isinstance(untagged, MergingWindowAssigner)
    assert untagged.is_event_time()
    assert type(untagged.get_default_trigger(None)) is type(dynamic.get_default_trigger(None))

    class Own(TumblingEventTimeWindows):
        def assign_windows(self, element: Any, timestamp: int, context: Any) -> Any:
            return [element]

    own = untag_windows(Own(10, 0))
    assert not isinstance(own, MergingWindowAssigner)
    assert own.assign_windows((0, "record"), 1, None) == ["record"]  # type: ignore[arg-type]
