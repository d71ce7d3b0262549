"""Iterables inside a serialized program: by value, or by reference within one process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from hurtig.common.errors import ProgramError

__all__ = ["dump_thing", "load_thing"]

_numbers = count(1)
_owners: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""The sources of this process whose things cannot be copied."""


def dump_thing(owner: Any, thing: Any) -> Callable[[], Any]:
    """What gives ``thing`` (``owner.thing``) again after serialization.

    A function or a collection is copied. An iterator, or an iterable that does not pickle, is
    found again only in this process and for as long as ``owner`` lives.
    """
    if isinstance(thing, Iterator | AsyncIterator):
        return _Reference(owner)
    if callable(thing) or type(thing).__module__ == "builtins":
        return _Value(thing)
    import cloudpickle

    try:
        cloudpickle.dumps(thing)
    except Exception:
        return _Reference(owner)
    return _Value(thing)


def load_thing(dumped: Callable[[], Any]) -> Any:
    """The thing of :func:`dump_thing`."""
    return dumped()


class _Value:
    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __call__(self) -> Any:
        return self._thing


class _Reference:
    def __init__(self, owner: Any) -> None:
        self._name = owner.describe()
        self._key = f"{_process}-{next(_numbers)}"
        _owners[self._key] = owner

    def __call__(self) -> Any:
        owner = _owners.get(self._key)
        if owner is None:
            raise ProgramError(
                f"{self._name} is an iterator of the program's own process and cannot be sent to "
                "another\n"
                "  fix       give the function that makes it: from_iterable(numbers) in place of "
                "from_iterable(numbers())"
            )
        return owner.thing


def _token() -> str:
    import os

    return os.urandom(8).hex()


_process = _token()
