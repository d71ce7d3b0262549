"""What a window keeps of its elements, and the function that makes results of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

from hurtig.operators.functions import AggregateFunction, ReduceFunction
from hurtig.operators.user_function import callable_of, check_function
from hurtig.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
)

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

REDUCE, AGGREGATE, ELEMENTS = "reduce", "aggregate", "elements"

CONTENTS_STATE = "window-contents"
"""Name of the state: Flink's."""


class _Missing:
    def __reduce__(self) -> str:
        return "MISSING"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""No contents yet: ``None`` can be a user's value."""

_ATOMIC = frozenset((int, float, str, bytes, bool, complex, type(None)))


class WindowContents:
    """Describes contents: ``kind`` is ``reduce``, ``aggregate`` or ``elements``.

    ``function``         the reduce or aggregate function; ``None`` for elements.
    ``window_function``  a (Process)(All)WindowFunction over the result or the elements;
                         ``None`` emits the result itself.
    ``value_type``       type of what is kept: element, reduced value or accumulator.
    """

    __slots__ = ("function", "kind", "value_type", "window_function")

    def __init__(
        self,
        kind: str,
        function: Any,
        window_function: Any,
        value_type: TypeInformation | None,
    ) -> None:
        self.kind = kind
        self.function = function
        self.window_function = window_function
        self.value_type = value_type

    def descriptor(self, name: str = CONTENTS_STATE) -> StateDescriptor:
        """Descriptor of the state that keeps the contents of a key and window."""
        if self.kind == REDUCE:
            return ReducingStateDescriptor(name, self.function, self.value_type)
        if self.kind == AGGREGATE:
            return AggregatingStateDescriptor(name, self.function, self.value_type)
        return ListStateDescriptor(name, self.value_type)


def reduce_contents(
    function: Any, window_function: Any = None, value_type: TypeInformation | None = None
) -> WindowContents:
    """One value per window. ``TypeError`` for another kind of function."""
    check_function(function, ReduceFunction, "reduce")
    _check_window_function(window_function)
    return WindowContents(REDUCE, function, window_function, value_type)


def aggregate_contents(
    function: AggregateFunction,
    window_function: Any = None,
    accumulator_type: TypeInformation | None = None,
) -> WindowContents:
    """One accumulator per window. ``TypeError`` for another kind of function."""
    if not isinstance(function, AggregateFunction):
        raise TypeError(f"aggregate takes an AggregateFunction, got {function!r}")
    _check_window_function(window_function)
    return WindowContents(AGGREGATE, function, window_function, accumulator_type)


def elements_contents(
    window_function: Any, value_type: TypeInformation | None = None
) -> WindowContents:
    """All elements of a window, for ``apply`` or ``process``."""
    if window_function is None:
        raise TypeError("a window needs a function: pass it to apply() or process()")
    _check_window_function(window_function)
    return WindowContents(ELEMENTS, None, window_function, value_type)


def _check_window_function(function: Any) -> None:
    if function is not None and not (hasattr(function, "apply") or hasattr(function, "process")):
        raise TypeError(
            "window_function should be a WindowFunction or ProcessWindowFunction (after "
            f"window_all an AllWindowFunction or ProcessAllWindowFunction), got {function!r}"
        )


class ContentsLogic:
    """Adds to, merges and finishes contents: four callables, so that loops can bind them.

    ``add(contents, value)``       contents (or ``MISSING``) with a value;
    ``add_more(contents, value)``  the same for contents that are not missing;
    ``merge_two(first, second)``   one for two contents, the earlier window's first;
    ``result(contents)``           what the window function sees: a result, or a list of its own.
    """

    add: Callable[[Any, Any], Any]
    add_more: Callable[[Any, Any], Any]
    merge_two: Callable[[Any, Any], Any]
    result: Callable[[Any], Any]

    def merge(self, parts: list[Any]) -> Any:
        """One for several contents; ``MISSING`` where all are missing."""
        present = [part for part in parts if part is not MISSING]
        return reduce(self.merge_two, present) if present else MISSING


class ReduceLogic(ContentsLogic):
    def __init__(self, function: Any, isolate: bool) -> None:
        combine = callable_of(function, "reduce")
        first = isolated if isolate else _same
        self.add = lambda contents, value: (
            first(value) if contents is MISSING else combine(contents, value)
        )
        self.add_more = self.merge_two = combine
        self.result = _same


class AggregateLogic(ContentsLogic):
    def __init__(self, function: AggregateFunction) -> None:
        create, add = function.create_accumulator, function.add
        self.add = lambda contents, value: add(value, create() if contents is MISSING else contents)
        self.add_more = lambda contents, value: add(value, contents)
        self.merge_two = function.merge
        self.result = function.get_result


class ElementsLogic(ContentsLogic):
    def __init__(self) -> None:
        self.add = lambda contents, value: (
            [value] if contents is MISSING else _appended(contents, value)
        )
        self.add_more = _appended
        self.merge_two = _extended
        self.result = _copied


def _same(value: Any) -> Any:
    return value


def _appended(elements: list[Any], value: Any) -> list[Any]:
    elements.append(value)
    return elements


def _extended(first: list[Any], second: list[Any]) -> list[Any]:
    first.extend(second)
    return first


def _copied(elements: list[Any]) -> list[Any]:
    return elements[:]


def logic_of(contents: WindowContents, overlapping: bool) -> ContentsLogic:
    """The logic for such contents; ``overlapping`` windows never share a mutable element."""
    if contents.kind == REDUCE:
        return ReduceLogic(contents.function, overlapping)
    if contents.kind == AGGREGATE:
        return AggregateLogic(contents.function)
    return ElementsLogic()


def isolated(value: Any) -> Any:
    """``value``, or a copy where it can change.

    The first element of a window is its reduced value. Where windows overlap, a reduce function
    that changes its first argument in place would change the other windows too.
    """
    kind = type(value)
    if kind in _ATOMIC or (kind is tuple and _ATOMIC.issuperset(map(type, value))):
        return value
    return copy.deepcopy(value)
