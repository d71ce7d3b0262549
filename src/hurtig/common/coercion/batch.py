"""Coercion of a whole batch: check first, convert by column, and only then value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hurtig.common import typeinfo as t
from hurtig.common.coercion.conform import batch_check
from hurtig.common.coercion.containers import (
    converter,
    is_untyped,
    none_at_top,
    none_in_tuple,
    unwrapped,
)
from hurtig.common.coercion.errors import Mismatch, TypeCoercionError, TypeOverflowError
from hurtig.common.coercion.float32 import round_all
from hurtig.common.coercion.scalars import INT_BITS, bounds
from hurtig.common.types import Row, new_row

BatchCoercion = Callable[[list[Any]], list[Any]]

_NUMBERS = frozenset((int, float, bool))


def coercer(type_info: t.TypeInformation | None, what: str = "record") -> BatchCoercion | None:
    """A function that brings a batch of values to the declared type; None where there is none.

    It returns the very list it was given when all values fit, else a converted copy: int to float,
    float to int (truncated), bool to int and back, tuple and dict to Row, and names on rows. What
    cannot be converted raises :class:`TypeCoercionError` naming the first such value; ``what`` is
    how the message calls it. None passes except in numbers, booleans and fields of tuples.
    """
    if type_info is None or is_untyped(unwrapped(type_info)):
        return None
    none_ok = none_at_top(unwrapped(type_info))
    convert_batch = _batch(type_info, none_ok)
    convert_one = converter(type_info, none_ok)

    def coerce(values: list[Any]) -> list[Any]:
        try:
            return convert_batch(values)
        except (Mismatch, ValueError, TypeError, OverflowError):
            return _one_by_one(values, convert_one, type_info, what)

    return coerce


def check_collection(
    values: Iterable[Any], type_info: t.TypeInformation | None, what: str = "element"
) -> list[Any]:
    """The elements of a collection in their declared type; the error names the element."""
    elements = values if isinstance(values, list) else list(values)
    coerce = coercer(type_info, what)
    return elements if coerce is None else coerce(elements)


def _one_by_one(
    values: list[Any], convert: Callable[[Any], Any], type_info: t.TypeInformation, what: str
) -> list[Any]:
    out: list[Any] = []
    try:
        for value in values:
            out.append(convert(value))
    except Mismatch as e:
        error = TypeOverflowError if e.overflow else TypeCoercionError
        index = len(out)
        raise error(
            index, values[index], type_info, ", ".join(e.path), e.reason, e.hint, what
        ) from None
    return out


def _batch(type_info: t.TypeInformation, none_ok: bool) -> BatchCoercion:
    """The coercion of a list; may raise anything, then the caller looks for the culprit."""
    type_info = unwrapped(type_info)
    if is_untyped(type_info):
        return _unchanged
    convert_one = converter(type_info, none_ok)
    if isinstance(type_info, t.BasicTypeInfo) and type_info._basic_type is t.BasicType.FLOAT:
        return _float_batch(convert_one)
    fits = batch_check(type_info, none_ok)
    convert = _column_conversion(type_info)

    def coerce(values: list[Any]) -> list[Any]:
        if fits(values):
            return values
        if convert is not None:
            converted = convert(values)
            if converted is not None:
                return converted
        return [convert_one(value) for value in values]

    return coerce


def _unchanged(values: list[Any]) -> list[Any]:
    return values


def _column_conversion(
    type_info: t.TypeInformation,
) -> Callable[[list[Any]], list[Any] | None] | None:
    """A bulk conversion that returns None where the batch is not uniform enough for it."""
    if isinstance(type_info, t.BasicTypeInfo):
        basic = type_info._basic_type
        if basic is t.BasicType.DOUBLE:
            return lambda values: list(map(float, values)) if _numbers(values) else None
        if basic in INT_BITS:
            return _int_conversion(*bounds(INT_BITS[basic]))
    if isinstance(type_info, t.TupleTypeInfo) and type_info.get_field_types():
        return _tuple_conversion(type_info)
    if isinstance(type_info, t.RowTypeInfo) and type_info.get_field_types():
        return _row_conversion(type_info)
    return None


def _numbers(values: list[Any]) -> bool:
    return _NUMBERS.issuperset(map(type, values))


def _int_conversion(low: int, high: int) -> Callable[[list[Any]], list[Any] | None]:
    def convert(values: list[Any]) -> list[Any] | None:
        if not _numbers(values):
            return None
        numbers = list(map(int, values))
        return numbers if min(numbers) >= low and max(numbers) <= high else None

    return convert


def _float_batch(convert_one: Callable[[Any], Any]) -> BatchCoercion:
    def coerce(values: list[Any]) -> list[Any]:
        if not _numbers(values):
            return [convert_one(value) for value in values]
        rounded = round_all(values)
        unchanged = rounded == values and {float}.issuperset(map(type, values))
        return values if unchanged else rounded

    return coerce


def _tuple_conversion(type_info: t.TupleTypeInfo) -> Callable[[list[Any]], list[Any] | None]:
    types = type_info.get_field_types()
    columns = [_batch(f, none_in_tuple(f)) for f in types]

    def convert(values: list[Any]) -> list[Any] | None:
        if set(map(type, values)) != {tuple} or set(map(len, values)) != {len(types)}:
            return None
        data = zip(*values, strict=True)
        coerced = (coerce(list(c)) for coerce, c in zip(columns, data, strict=True))
        return list(zip(*coerced, strict=True))

    return convert


def _row_conversion(type_info: t.RowTypeInfo) -> Callable[[list[Any]], list[Any] | None]:
    types = type_info.get_field_types()
    names = type_info._field_names
    columns = [_batch(f, True) for f in types]

    def convert(values: list[Any]) -> list[Any] | None:
        if set(map(type, values)) != {Row} or not {row._names for row in values} <= {None, names}:
            return None
        fields = [row._values for row in values]
        if set(map(len, fields)) != {len(types)}:
            return None
        data = zip(*fields, strict=True)
        coerced = (coerce(list(c)) for coerce, c in zip(columns, data, strict=True))
        return [
            new_row(names, list(record), row._row_kind)
            for record, row in zip(zip(*coerced, strict=True), values, strict=True)
        ]

    return convert
