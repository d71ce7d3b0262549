"""How state keeps values: immutable ones as they are, all others as a copy of their own."""

from __future__ import annotations

import datetime
import pickle
from decimal import Decimal
from enum import Enum
from typing import Any

from hurtig.common.errors import HurtigError, shorten

IMMUTABLE: frozenset[type] = frozenset(
    {
        int,
        str,
        float,
        bool,
        bytes,
        complex,
        type(None),
        Decimal,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
    }
)
"""Types whose objects are stored as they are."""


class StateValueError(HurtigError):
    """A value cannot be stored in, or written from, a state."""


class Packed(bytes):
    """The pickled copy of a mutable value."""

    __slots__ = ()


class Copied:
    """The deep copy of a value that pickle cannot handle."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


ENCODED: frozenset[type] = frozenset({Packed, Copied})

_loads = pickle.loads


def pack(value: Any) -> Any:
    """The form in which a value is stored; later changes to ``value`` do not reach it."""
    cls = value.__class__
    if cls in IMMUTABLE:
        return value
    if cls is tuple and _immutable_items(value):
        return value
    if isinstance(value, Enum):
        return value
    try:
        return Packed(pickle.dumps(value, 5))
    except Exception:
        return Copied(_deep_copy(value))


def unpack(stored: Any) -> Any:
    """The value behind a stored form, a fresh copy where it is mutable."""
    cls = stored.__class__
    if cls is Packed:
        return _loads(stored)
    if cls is Copied:
        return _deep_copy(stored.value)
    return stored


def _immutable_items(values: tuple[Any, ...]) -> bool:
    if IMMUTABLE.issuperset(map(type, values)):
        return True
    return all(
        v.__class__ in IMMUTABLE or (v.__class__ is tuple and _immutable_items(v)) for v in values
    )


def _deep_copy(value: Any) -> Any:
    from copy import deepcopy

    try:
        return deepcopy(value)
    except Exception as e:
        raise StateValueError(
            f"{shorten(value)} of type {type(value).__name__} can neither be pickled nor copied "
            f"({e}), so it cannot be kept in state: store plain data and build the object in open()"
        ) from e
