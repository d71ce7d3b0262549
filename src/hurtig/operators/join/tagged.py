"""Window join and co-group over the union of two streams, in which each record has a side.

The API builds ``left.map(Tag(0)).union(right.map(Tag(1))).key_by(TaggedKeySelector(...))``, windows
it, and applies one of the adapters. A tagged record is a tuple ``(side, value)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hurtig.operators.functions import (
    CoGroupFunction,
    JoinFunction,
    KeySelector,
    MapFunction,
    RuntimeContext,
    WindowFunction,
)
from hurtig.operators.functions.function import Function
from hurtig.operators.user_function import callable_of, check_function
from hurtig.operators.window.assigner import MergingWindowAssigner, WindowAssigner

if TYPE_CHECKING:
    from collections.abc import Collection

    from hurtig.common.serializer import TypeSerializer
    from hurtig.operators.window.trigger import Trigger

Tagged = tuple[int, Any]

FIRST, SECOND = 0, 1


class Tag(MapFunction):
    """Marks the records of one side: 0 for the first stream, 1 for the second."""

    def __init__(self, side: int) -> None:
        self.side = side

    def map(self, value: Any) -> Tagged:
        return self.side, value


class TaggedKeySelector(KeySelector):
    """Applies the key selector of the record's side: a KeySelector or a callable."""

    def __init__(self, first: Any, second: Any) -> None:
        self._selectors = (callable_of(first, "get_key"), callable_of(second, "get_key"))

    def get_key(self, value: Tagged) -> Any:
        return self._selectors[value[0]](value[1])


class _JoinAdapter(WindowFunction):
    """Gives the contents of a window to a function as two lists."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def open(self, runtime_context: RuntimeContext) -> None:
        if isinstance(self.function, Function):
            self.function.open(runtime_context)

    def close(self) -> None:
        if isinstance(self.function, Function):
            self.function.close()


class _InnerJoin(_JoinAdapter):
    """All pairs of a key and window; nothing where one side is empty."""

    def apply(self, key: Any, window: Any, inputs: Iterable[Tagged]) -> Iterator[Any]:
        join = callable_of(self.function, "join")
        first, second = _sides(inputs)
        for left in first:
            for right in second:
                yield join(left, right)


class _CoGroup(_JoinAdapter):
    """Both sides of a key and window at once; one of them may be empty."""

    def apply(self, key: Any, window: Any, inputs: Iterable[Tagged]) -> Iterable[Any] | None:
        results: Iterable[Any] | None = callable_of(self.function, "co_group")(*_sides(inputs))
        return results


def join_function(function: Any) -> WindowFunction:
    """A window function for a :class:`JoinFunction` or a callable of two records."""
    check_function(function, JoinFunction, "join")
    return _InnerJoin(function)


def co_group_function(function: Any) -> WindowFunction:
    """A window function for a :class:`CoGroupFunction` or a callable of two lists."""
    check_function(function, CoGroupFunction, "co_group")
    return _CoGroup(function)


def _sides(inputs: Iterable[Tagged]) -> tuple[list[Any], list[Any]]:
    sides: tuple[list[Any], list[Any]] = ([], [])
    for side, value in inputs:
        sides[side].append(value)
    return sides


class _UntaggedAssigner(WindowAssigner):
    """Shows the user's assigner records without their tag."""

    def __init__(self, assigner: Any) -> None:
        self._assigner = assigner

    def assign_windows(
        self, element: Tagged, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[Any]:
        windows: Collection[Any] = self._assigner.assign_windows(element[1], timestamp, context)
        return windows

    def get_default_trigger(self, env: Any) -> Trigger:
        trigger: Trigger = self._assigner.get_default_trigger(env)
        return trigger

    def get_window_serializer(self) -> TypeSerializer[Any]:
        serializer: TypeSerializer[Any] = self._assigner.get_window_serializer()
        return serializer

    def is_event_time(self) -> bool:
        return bool(self._assigner.is_event_time())


class _UntaggedMergingAssigner(_UntaggedAssigner, MergingWindowAssigner):
    def merge_windows(
        self, windows: Iterable[Any], callback: MergingWindowAssigner.MergeCallback
    ) -> None:
        self._assigner.merge_windows(windows, callback)


def untag_windows(assigner: WindowAssigner) -> WindowAssigner:
    """An assigner for tagged records: ``assigner`` itself where it does not read records."""
    reads = hasattr(assigner, "_session_window_time_gap_extractor")
    if not reads and type(assigner).__module__.startswith("hurtig."):
        return assigner
    if isinstance(assigner, MergingWindowAssigner):
        return _UntaggedMergingAssigner(assigner)
    return _UntaggedAssigner(assigner)
