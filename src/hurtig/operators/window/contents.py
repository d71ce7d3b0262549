"""What a window keeps of its elements, and the function that makes results of it."""

from __future__ import annotations

import copy
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

    @staticmethod
    def reduce(
        function: Any, window_function: Any = None, value_type: TypeInformation | None = None
    ) -> WindowContents:
        """Keeps one value per window. ``TypeError`` for another kind of function."""
        check_function(function, ReduceFunction, "reduce")
        _check_window_function(window_function)
        return WindowContents(REDUCE, function, window_function, value_type)

    @staticmethod
    def aggregate(
        function: AggregateFunction,
        window_function: Any = None,
        accumulator_type: TypeInformation | None = None,
    ) -> WindowContents:
        """Keeps one accumulator per window. ``TypeError`` for another kind of function."""
        if not isinstance(function, AggregateFunction):
            raise TypeError(f"aggregate takes an AggregateFunction, got {function!r}")
        _check_window_function(window_function)
        return WindowContents(AGGREGATE, function, window_function, accumulator_type)

    @staticmethod
    def elements(
        window_function: Any, value_type: TypeInformation | None = None
    ) -> WindowContents:
        """Keeps all elements of a window for ``apply`` or ``process``."""
        if window_function is None:
            raise TypeError("a window needs a function: pass it to apply() or process()")
        _check_window_function(window_function)
        return WindowContents(ELEMENTS, None, window_function, value_type)

    def descriptor(self, name: str = CONTENTS_STATE) -> StateDescriptor:
        """Descriptor of the state that keeps the contents of a key and window."""
        if self.kind == REDUCE:
            return ReducingStateDescriptor(name, self.function, self.value_type)
        if self.kind == AGGREGATE:
            return AggregatingStateDescriptor(name, self.function, self.value_type)
        return ListStateDescriptor(name, self.value_type)


def _check_window_function(function: Any) -> None:
    if function is not None and not (hasattr(function, "apply") or hasattr(function, "process")):
        raise TypeError(
            "window_function should be a WindowFunction or ProcessWindowFunction (after "
            f"window_all an AllWindowFunction or ProcessAllWindowFunction), got {function!r}"
        )


class ContentsLogic:
    """Adds to, merges and finishes contents. One of the three subclasses."""

    def add(self, contents: Any, value: Any) -> Any:
        """``contents`` (or ``MISSING``) with ``value``."""
        raise NotImplementedError

    def merge(self, parts: list[Any]) -> Any:
        """One for several contents; ``MISSING`` where all are missing."""
        present = [part for part in parts if part is not MISSING]
        if not present:
            return MISSING
        merged = present[0]
        for part in present[1:]:
            merged = self.merge_two(merged, part)
        return merged

    def merge_two(self, first: Any, second: Any) -> Any:
        """One for two contents, the earlier window's first."""
        raise NotImplementedError

    def result(self, contents: Any) -> Any:
        """What the window function sees: a result, or a list of elements of its own."""
        raise NotImplementedError


class ReduceLogic(ContentsLogic):
    def __init__(self, function: Any, isolate: bool) -> None:
        self.reduce = self.merge_two = callable_of(function, "reduce")
        self.isolate = isolate

    def add(self, contents: Any, value: Any) -> Any:
        if contents is MISSING:
            return isolated(value) if self.isolate else value
        return self.reduce(contents, value)

    def result(self, contents: Any) -> Any:
        return contents


class AggregateLogic(ContentsLogic):
    def __init__(self, function: AggregateFunction) -> None:
        self.create = function.create_accumulator
        self.add_value = function.add
        self.merge_two = function.merge  # type: ignore[method-assign]
        self.result = function.get_result  # type: ignore[method-assign]

    def add(self, contents: Any, value: Any) -> Any:
        return self.add_value(value, self.create() if contents is MISSING else contents)


class ElementsLogic(ContentsLogic):
    def add(self, contents: Any, value: Any) -> Any:
        if contents is MISSING:
            return [value]
        contents.append(value)
        return contents

    def merge_two(self, first: Any, second: Any) -> Any:
        first.extend(second)
        return first

    def result(self, contents: Any) -> Any:
        return contents[:]


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
