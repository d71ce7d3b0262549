"""What a type looks like in MessagePack, and the way there and back.

Most types are written as they are. Rows become ``[kind, field ...]``, instants
``[seconds, nanos]``, integers beyond 64 bits and pickled values binary, maps with other keys than
strings and integers a list of pairs.
"""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

from hurtig.common import typeinfo as t
from hurtig.common.coercion.containers import is_bytes, is_untyped, unwrapped
from hurtig.common.coercion.scalars import INT_BITS
from hurtig.common.time import Instant
from hurtig.common.types import RowKind, new_row

Conversion = Callable[[Any], Any]

_KINDS = tuple(RowKind)
_MIN, _MAX = -(1 << 63), (1 << 63) - 1


class Wire(NamedTuple):
    """``python`` is the type to decode as; a conversion is None where the value stays as it is."""

    python: Any
    encode: Conversion | None = None
    decode: Conversion | None = None


def wire_of(type_info: t.TypeInformation) -> Wire:
    """The wire form of a type's values other than None."""
    type_info = unwrapped(type_info)
    if is_untyped(type_info):
        return Wire(bytes, _pickle, pickle.loads)
    if isinstance(type_info, t.BasicTypeInfo):
        return _basic(type_info._basic_type)
    if isinstance(type_info, t.TupleTypeInfo):
        return _tuple([wire_of(f) for f in type_info.get_field_types()])
    if isinstance(type_info, t.RowTypeInfo):
        return _row(type_info._field_names, [wire_of(f) for f in type_info.get_field_types()])
    if isinstance(type_info, t.MapTypeInfo):
        return _map(type_info)
    if is_bytes(type_info):
        return Wire(bytes)
    plain = _temporal(type_info)
    if plain is not None:
        return Wire(plain)
    return _list(wire_of(type_info._element_type))  # type: ignore[attr-defined]


def _pickle(value: Any) -> bytes:
    return pickle.dumps(value, 5)


def _basic(basic: t.BasicType) -> Wire:
    if basic in INT_BITS:
        return Wire(int)
    if basic is t.BasicType.BIG_INT:
        return Wire(int | bytes, _encode_big, _decode_big)
    if basic is t.BasicType.INSTANT:
        return Wire(tuple[int, int], _encode_instant, _decode_instant)
    if basic is t.BasicType.BIG_DEC:
        from decimal import Decimal

        return Wire(Decimal)
    if basic is t.BasicType.BOOLEAN:
        return Wire(bool)
    return Wire(str if basic in (t.BasicType.STRING, t.BasicType.CHAR) else float)


def _temporal(type_info: t.TypeInformation) -> type[Any] | None:
    if isinstance(type_info, t.DateTypeInfo):
        return datetime.date
    if isinstance(type_info, t.TimeTypeInfo):
        return datetime.time
    if isinstance(type_info, t.TimestampTypeInfo):
        return datetime.datetime
    if isinstance(type_info, t.LocalTimeTypeInfo):
        kinds = t.LocalTimeTypeInfo.TimeType
        return {
            kinds.LOCAL_DATE: datetime.date,
            kinds.LOCAL_TIME: datetime.time,
            kinds.LOCAL_DATE_TIME: datetime.datetime,
        }[type_info._time_type]
    return None


def _encode_big(value: int) -> int | bytes:
    if _MIN <= value <= _MAX:
        return value
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _decode_big(value: int | bytes) -> int:
    return value if isinstance(value, int) else int.from_bytes(value, "big", signed=True)


def _encode_instant(value: Instant) -> tuple[int, int]:
    return value.seconds, value.nanos


def _decode_instant(value: tuple[int, int]) -> Instant:
    return Instant(*value)


def _same(value: Any) -> Any:
    return value


def nullable(convert: Conversion | None) -> Conversion | None:
    """The conversion, with None left as it is."""
    if convert is None:
        return None
    if convert in (_pickle, pickle.loads):
        return convert  # None is pickled as any other value
    return lambda value: None if value is None else convert(value)


def _all(conversions: list[Conversion | None]) -> list[Conversion] | None:
    """One conversion a field, None where no field has one."""
    if not any(conversions):
        return None
    return [nullable(convert) or _same for convert in conversions]


def _tuple(fields: list[Wire]) -> Wire:
    # Built by subscription: the fields are known only now.
    python = tuple.__class_getitem__(tuple(f.python | None for f in fields))
    encoders = _all([f.encode for f in fields])
    decoders = _all([f.decode for f in fields])
    return Wire(python, _by_field(encoders, tuple), _by_field(decoders, tuple))


def _by_field(conversions: list[Conversion] | None, make: Conversion) -> Conversion | None:
    if conversions is None:
        return None
    return lambda values: make(
        [convert(value) for convert, value in zip(conversions, values, strict=True)]
    )


def _row(names: tuple[str, ...], fields: list[Wire]) -> Wire:
    python = tuple.__class_getitem__((int, *(f.python | None for f in fields)))
    to_wire = _by_field(_all([f.encode for f in fields]), list)
    from_wire = _by_field(_all([f.decode for f in fields]), list)

    def encode(row: Any) -> Any:
        values = row._values
        return (row._row_kind.value, *(values if to_wire is None else to_wire(values)))

    def decode(values: Any) -> Any:
        kind, *fields = values
        return new_row(names, fields if from_wire is None else from_wire(fields), _KINDS[kind])

    return Wire(python, encode, decode)


def _list(element: Wire) -> Wire:
    def each(convert: Conversion | None) -> Conversion | None:
        convert = nullable(convert)
        return None if convert is None else lambda values: [convert(value) for value in values]

    return Wire(list[element.python | None], each(element.encode), each(element.decode))  # type: ignore[name-defined]


def _map(type_info: t.MapTypeInfo) -> Wire:
    key_type = unwrapped(type_info._key_type_info)
    key, value = wire_of(key_type), wire_of(type_info._value_type_info)
    plain_key = isinstance(key_type, t.BasicTypeInfo) and (
        key_type._basic_type in INT_BITS or key_type._basic_type is t.BasicType.STRING
    )
    to_value, from_value = nullable(value.encode), nullable(value.decode)
    value_type: Any = value.python | None
    if plain_key:
        return Wire(
            dict[key.python, value_type],  # type: ignore[name-defined]
            None if to_value is None else _by_value(to_value),
            None if from_value is None else _by_value(from_value),
        )
    to_key, from_key = key.encode or _same, key.decode or _same
    to_value, from_value = to_value or _same, from_value or _same

    def encode(entries: Any) -> Any:
        return [(to_key(k), to_value(v)) for k, v in entries.items()]

    def decode(pairs: Any) -> Any:
        return {from_key(k): from_value(v) for k, v in pairs}

    return Wire(list[tuple[key.python, value_type]], encode, decode)  # type: ignore[name-defined]


def _by_value(convert: Conversion) -> Conversion:
    return lambda entries: {key: convert(value) for key, value in entries.items()}
