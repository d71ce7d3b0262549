"""The canonical form of keys: two keys are one key only if their types agree too.

In a Python dict ``1 == 1.0 == True``. Flink's keys compare by their serialized bytes, so these are
three keys. A canonical key is the user's own object wherever nothing else can equal it, and a
:class:`TypedKey` otherwise. The form of a key depends on that key alone, never on keys seen before:
so it holds across subtasks and restores.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from numbers import Number
from typing import Any, cast

from hurtig.common.errors import ProgramError, shorten

RAW_TYPES: frozenset[type] = frozenset(
    {
        int,
        str,
        bytes,
        type(None),
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
    }
)
"""Types whose objects are canonical as they are: no object of another raw type equals them."""


class UnhashableKeyError(ProgramError, TypeError):
    """A key selector returned something that cannot be a key, such as a list."""

    def __init__(self, key: object, part: object) -> None:
        kind = type(part).__name__
        inside = "" if part is key else f", which holds a {kind},"
        fix = {
            "list": "return tuple(...) instead of the list",
            "dict": "return tuple(sorted(d.items())) or the fields that identify the record",
            "set": "return frozenset(...) instead of the set",
            "bytearray": "return bytes(...) instead of the bytearray",
            "ndarray": "return tuple(array.tolist()) instead of the array",
        }.get(kind, f"give {kind} a __hash__ that agrees with its __eq__, or return a tuple")
        super().__init__(
            f"the key {shorten(key)}{inside} of type {type(key).__name__} cannot be hashed, "
            f"so it cannot be a key: in the key selector, {fix}."
        )


class TypedKey(tuple[Any, ...]):
    """A key tagged with its kind. A tuple, so that hash and equality run in C.

    ``(marker, kind, payload)``; the marker keeps it apart from every tuple of the user.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return typed, (self[1], *self[2:])

    def __repr__(self) -> str:
        return repr(unwrap_key(self))


def typed(kind: str, *payload: Any) -> TypedKey:
    """Build a :class:`TypedKey`; also what its pickled form calls."""
    return TypedKey((TypedKey, kind, *payload))


FLOAT, BOOL, NAN = "float", "bool", "nan"
TUPLE, SET, FIELDS, OBJECT = "tuple", "set", "fields", "object"

TRUE_KEY = typed(BOOL, True)
FALSE_KEY = typed(BOOL, False)
NAN_KEY = typed(NAN, "nan")


def unwrap_key(key: Any) -> Any:
    """The user's key behind a canonical one."""
    return key if type(key) is not TypedKey else _unwrap(key)


def _unwrap(key: TypedKey) -> Any:
    kind, payload = key[1], key[2]
    if kind == TUPLE:
        return tuple(map(unwrap_key, payload))
    if kind == SET:
        return frozenset(map(unwrap_key, payload))
    if kind == OBJECT:
        return key[3]
    if kind == FIELDS:
        return key[4].value
    return float(payload) if kind == NAN else payload


def canonical_bool(key: bool) -> TypedKey:
    return TRUE_KEY if key else FALSE_KEY


def canonical_float(key: float) -> Any:
    # Only a whole number equals an int or a bool; NaN equals nothing, not even itself.
    if key % 1 and key == key:
        return key
    if key != key:
        return NAN_KEY
    return typed(FLOAT, key)


def canonical_tuple(key: tuple[Any, ...]) -> Any:
    if RAW_TYPES.issuperset(map(type, key)):
        return key
    try:
        parts = tuple(map(canonical_key, key))
    except UnhashableKeyError as e:
        raise UnhashableKeyError(key, _offender(key)) from e
    return typed(TUPLE, parts) if any(map(_differs, parts, key)) else key


def canonical_set(key: frozenset[Any]) -> Any:
    if RAW_TYPES.issuperset(map(type, key)):
        return key
    parts = frozenset(map(canonical_key, key))
    return typed(SET, parts) if TypedKey in map(type, parts) else key


def _differs(canonical: Any, key: Any) -> bool:
    return canonical is not key


def _offender(key: Any) -> Any:
    """The innermost part of ``key`` that cannot be hashed."""
    if isinstance(key, tuple):
        for part in key:
            try:
                hash(part)
            except TypeError:
                return _offender(part)
    return key


def _tag_type(key: Any) -> Any:
    """For objects that may equal one of another type: subclasses, numbers, numpy's scalars."""
    _require_hash(key)
    if key != key:  # NaN of Decimal or numpy
        return typed(FIELDS, repr(key), type(key), _Held(key))
    return typed(OBJECT, type(key), key)


def _subclass_of_tuple(key: tuple[Any, ...]) -> TypedKey:
    _require_hash(key)
    return typed(FIELDS, canonical_tuple(tuple(key)), type(key), _Held(key))


def _own_class(key: Any) -> Any:
    _require_hash(key)
    return key


def _by_fields(
    fields: Callable[[Any], tuple[Any, ...]], rest: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """For classes that compare field by field, as a tuple does, but only with their own kind."""

    def canonical(key: Any) -> Any:
        _require_hash(key)
        parts = fields(key)
        form = canonical_tuple(parts)
        return key if form is parts else typed(FIELDS, form, rest(key), _Held(key))

    return canonical


class _Held:
    """Carries a user's object in a key without taking part in its comparison."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _Held, (self.value,)


def _require_hash(key: Any) -> None:
    try:
        hash(key)
    except TypeError as e:
        raise UnhashableKeyError(key, _offender(key)) from e


def compared_fields(cls: type) -> tuple[str, ...] | None:
    """Names of the fields that a dataclass compares, ``None`` for any other class."""
    found = getattr(cls, "__dataclass_fields__", None)
    if found is None or not cast(Any, cls).__dataclass_params__.eq:
        return None
    return tuple(name for name, field in found.items() if field.compare)


def _pick(cls: type) -> Callable[[Any], Any]:
    """How keys of a class, met for the first time, are made canonical."""
    if issubclass(cls, Enum):
        return _tag_type if issubclass(cls, (int, str, float, bytes, tuple)) else _own_class
    if cls.__module__.partition(".")[0] == "numpy" or issubclass(
        cls, (str, bytes, frozenset, Number, datetime.date, datetime.time)
    ):
        return _tag_type
    if issubclass(cls, tuple):  # a named tuple is not the plain tuple
        return _subclass_of_tuple
    names = compared_fields(cls)
    if names is not None:
        return _by_fields(lambda key: tuple([getattr(key, name) for name in names]), type)
    if is_row(cls):
        return _by_fields(tuple, lambda row: (type(row), row.get_row_kind(), row._names))
    return _own_class


def is_row(cls: type) -> bool:
    from hurtig.common.types import Row

    return issubclass(cls, Row)


_CANONICAL: dict[type, Callable[[Any], Any]] = {
    bool: canonical_bool,
    float: canonical_float,
    tuple: canonical_tuple,
    frozenset: canonical_set,
    Decimal: _tag_type,
    TypedKey: lambda key: key,
    **dict.fromkeys(RAW_TYPES, lambda key: key),
}


def canonical_key(key: Any) -> Any:
    """The canonical form of one key. Raises :class:`UnhashableKeyError`."""
    cls = type(key)
    canonical = _CANONICAL.get(cls)
    if canonical is None:
        canonical = _CANONICAL[cls] = _pick(cls)
    return canonical(key)
