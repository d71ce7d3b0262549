"""Turns what users pass (a function object, a lambda, any callable) into callables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramTypeError
from hurtig.operators.functions import Function

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator


def check_function(function: Any, kind: type[Function], what: str) -> None:
    """Raise ``TypeError`` unless ``function`` is a ``kind`` or any callable that can serve."""
    if isinstance(function, type) and issubclass(function, Function):
        raise ProgramTypeError(
            f"{what} was given the class {function.__name__}, not an object of it: write "
            f"{function.__name__}(...)"
        )
    if isinstance(function, Function) and not isinstance(function, kind):
        raise ProgramTypeError(
            f"The input must be a {kind.__name__} or a callable function: {what} was given a "
            f"{type(function).__name__}, which is another kind of function"
        )
    if not isinstance(function, kind) and not callable(function):
        raise ProgramTypeError(
            f"The input must be a {kind.__name__} or a callable function: {what} was given "
            f"{function!r}"
        )
    _check_result(function, what)


_CO_GENERATOR, _CO_ASYNC = 0x20, 0x80 | 0x200
_METHODS = {"map": "map", "filter": "filter", "reduce": "reduce", "key_by": "get_key"}


def _check_result(function: Any, what: str) -> None:
    """Refuse generators and coroutines where they would be taken for the result itself."""
    called = callable_of(function, _METHODS.get(what, what))
    flags = getattr(getattr(called, "__code__", None), "co_flags", 0)
    name = getattr(called, "__qualname__", called)
    if flags & _CO_ASYNC:
        raise ProgramTypeError(
            f"{what} was given {name}, which is asynchronous: what it returns is never awaited. "
            "Use AsyncDataStream with an AsyncFunction"
        )
    if what in _METHODS and flags & _CO_GENERATOR:
        instead = ": use flat_map for any number of results" if what == "map" else ""
        raise ProgramTypeError(
            f"{what} was given {name}, which yields: its result would be the generator object"
            f"{instead}"
        )


def callable_of(function: Any, method: str) -> Callable[..., Any]:
    """The function itself, or the bound ``method`` of a function object."""
    bound: Callable[..., Any] = getattr(function, method, None) or function
    return bound if isinstance(function, Function) else function


def is_rich(function: Any) -> bool:
    """Whether the function overrides ``open`` and so may use state and metrics."""
    return isinstance(function, Function) and type(function).open is not Function.open


def open_function(operator: StreamOperator, function: Any) -> None:
    """Call ``open`` of a function object; an exception names the operator."""
    if isinstance(function, Function):
        try:
            function.open(operator.context.runtime_context)
        except Exception as e:
            raise operator.user_error(e, None, has_record=False) from e


def close_function(operator: StreamOperator, function: Any) -> None:
    """Call ``close`` of a function object; an exception names the operator."""
    if isinstance(function, Function):
        try:
            function.close()
        except Exception as e:
            raise operator.user_error(e, None, has_record=False) from e
