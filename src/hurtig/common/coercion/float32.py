"""32-bit floats. Functions see them widened to 64 bits, as Java and Python widen them; what leaves
the job shows them by their shortest decimal form, as Java shows them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from hurtig.common import typeinfo as t
from hurtig.common.types import Row, new_row

_DIGITS = tuple(f"%.{digits}g".__mod__ for digits in (7, 8, 9))

BatchChange = Callable[[list[Any]], list[Any]]


def round_all(values: list[float]) -> list[float]:
    """Each float rounded to 32 bits: 0.1 becomes 0.10000000149011612, 1e39 infinity."""
    rounded: list[float] = array("f", values).tolist()
    return rounded


def round_one(value: float) -> float:
    """One float rounded to 32 bits."""
    return round_all([value])[0]


def shortest_all(rounded: list[float]) -> list[float]:
    """The 64-bit floats nearest to the shortest decimals that name the given 32-bit ones:
    0.10000000149011612 becomes 0.1."""
    # Seven digits name nearly every 32-bit float, nine name all of them.
    shown = list(map(float, map(_DIGITS[0], rounded)))
    for more in _DIGITS[1:]:
        back = array("f", shown).tolist()
        if back == rounded:
            break
        longer = map(float, map(more, rounded))
        shown = [
            short if b == r else long
            for short, b, r, long in zip(shown, back, rounded, longer, strict=True)
        ]
    return shown


def shortest_one(value: float) -> float:
    """:func:`shortest_all` of one."""
    return shortest_all([value])[0]


def shortest_floats(type_info: t.TypeInformation | None) -> BatchChange | None:
    """A function that gives every FLOAT in a batch of this type its shortest form; None where the
    type has none. The values are not changed in place."""
    if isinstance(type_info, t.ExternalTypeInfo):
        return shortest_floats(type_info._type_info)
    if isinstance(type_info, t.BasicTypeInfo):
        return _nullable_floats if type_info._basic_type is t.BasicType.FLOAT else None
    if isinstance(type_info, t.TupleTypeInfo | t.RowTypeInfo):
        return _fields(list(map(shortest_floats, type_info.get_field_types())))
    if isinstance(type_info, t.MapTypeInfo):
        return _map(
            shortest_floats(type_info._key_type_info), shortest_floats(type_info._value_type_info)
        )
    if isinstance(type_info, t.ListTypeInfo):
        return _lists(shortest_floats(type_info.elem_type))
    if isinstance(
        type_info, t.PrimitiveArrayTypeInfo | t.BasicArrayTypeInfo | t.ObjectArrayTypeInfo
    ):
        return _lists(shortest_floats(type_info._element_type))
    return None


def _nullable_floats(values: list[Any]) -> list[Any]:
    if None not in values:
        return shortest_all(values)
    return [None if value is None else shortest_one(value) for value in values]


def _fields(fields: list[BatchChange | None]) -> BatchChange | None:
    changes = [(place, change) for place, change in enumerate(fields) if change is not None]
    if not changes:
        return None

    def change(values: list[Any]) -> list[Any]:
        changed: list[Any] = []
        for value in values:
            if value is None:
                changed.append(None)
                continue
            parts = list(value)
            for place, change_field in changes:
                parts[place] = change_field([parts[place]])[0]
            if isinstance(value, Row):
                changed.append(new_row(value._names, parts, value._row_kind))
            else:
                changed.append(tuple(parts))
        return changed

    return change


def _map(keys: BatchChange | None, items: BatchChange | None) -> BatchChange | None:
    if keys is None and items is None:
        return None
    change_keys, change_items = keys or list, items or list

    def change(values: list[Any]) -> list[Any]:
        return [
            value
            if value is None
            else dict(
                zip(change_keys(list(value)), change_items(list(value.values())), strict=True)
            )
            for value in values
        ]

    return change


def _lists(elements: BatchChange | None) -> BatchChange | None:
    if elements is None:
        return None
    return lambda values: [value if value is None else elements(value) for value in values]
