"""Converters of single values to any type; containers convert what they hold."""

from __future__ import annotations

from typing import Any

from hurtig.common import typeinfo as t
from hurtig.common.coercion.errors import Mismatch
from hurtig.common.coercion.scalars import Converter, scalar_converter, wrong
from hurtig.common.errors import shorten
from hurtig.common.types import Row, new_row

_NOT_NULL = frozenset(
    (
        t.BasicType.BYTE,
        t.BasicType.SHORT,
        t.BasicType.INT,
        t.BasicType.LONG,
        t.BasicType.FLOAT,
        t.BasicType.DOUBLE,
        t.BasicType.BOOLEAN,
    )
)


def none_at_top(type_info: t.TypeInformation) -> bool:
    """Whether a record of the type may be None: all but numbers and booleans."""
    return not (isinstance(type_info, t.BasicTypeInfo) and type_info._basic_type in _NOT_NULL)


def none_in_tuple(type_info: t.TypeInformation) -> bool:
    """Whether a tuple field of the type may be None: Flink allows it for instants only."""
    return isinstance(type_info, t.InstantTypeInfo) or is_untyped(type_info)


def is_untyped(type_info: t.TypeInformation) -> bool:
    """Whether any value fits: pickled values, and types that hurtig knows nothing about."""
    return not isinstance(
        type_info,
        t.BasicTypeInfo
        | t.DateTypeInfo
        | t.TimeTypeInfo
        | t.TimestampTypeInfo
        | t.LocalTimeTypeInfo
        | t.TupleTypeInfo
        | t.RowTypeInfo
        | t.ListTypeInfo
        | t.MapTypeInfo
        | t.PrimitiveArrayTypeInfo
        | t.BasicArrayTypeInfo
        | t.ObjectArrayTypeInfo,
    )


def unwrapped(type_info: t.TypeInformation) -> t.TypeInformation:
    """The type inside ExternalTypeInfo."""
    while isinstance(type_info, t.ExternalTypeInfo):
        type_info = type_info._type_info
    return type_info


def is_bytes(type_info: t.TypeInformation) -> bool:
    """Whether the values are ``bytes``: a primitive array of BYTE."""
    return isinstance(type_info, t.PrimitiveArrayTypeInfo) and (
        type_info._element_type == t.BasicTypeInfo.BYTE_TYPE_INFO()
    )


def converter(type_info: t.TypeInformation, none_ok: bool) -> Converter:
    """A function of one value that gives it in its declared type or raises Mismatch."""
    type_info = unwrapped(type_info)
    if is_untyped(type_info):
        return _any
    convert = scalar_converter(type_info) or _container(type_info)
    return _nullable(convert) if none_ok else convert


def _container(type_info: t.TypeInformation) -> Converter:
    if isinstance(type_info, t.TupleTypeInfo):
        return _tuple_converter(type_info)
    if isinstance(type_info, t.RowTypeInfo):
        return _row_converter(type_info)
    if isinstance(type_info, t.MapTypeInfo):
        return _map_converter(type_info)
    if is_bytes(type_info):
        return _to_bytes
    assert isinstance(
        type_info,
        t.ListTypeInfo | t.PrimitiveArrayTypeInfo | t.BasicArrayTypeInfo | t.ObjectArrayTypeInfo,
    )
    none_ok = not isinstance(type_info, t.PrimitiveArrayTypeInfo)
    return _list_converter(converter(type_info._element_type, none_ok))


def _any(value: Any) -> Any:
    return value


def _nullable(convert: Converter) -> Converter:
    return lambda value: None if value is None else convert(value)


def _fields(converters: list[Converter], names: list[str], values: Any) -> list[Any]:
    out: list[Any] = []
    try:
        for convert, value in zip(converters, values, strict=True):
            out.append(convert(value))
    except Mismatch as e:
        raise e.inside(names[len(out)]) from None
    return out


def _arity(kind: str, wanted: int, value: Any) -> Mismatch:
    got = len(value)
    return Mismatch(
        f"{shorten(value)} has {got} field{'' if got == 1 else 's'}, "
        f"the declared {kind} has {wanted}",
        f"Return exactly {wanted}, or declare one type for each field",
    )


def _tuple_converter(type_info: t.TupleTypeInfo) -> Converter:
    types = type_info.get_field_types()
    converters = [converter(f, none_in_tuple(f)) for f in types]
    names = [f"field {i}" for i in range(len(types))]
    count = len(types)

    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, tuple | list):
            hint = "Return tuple(row), or declare Types.ROW" if isinstance(value, Row) else ""
            raise wrong(value, "a tuple (TUPLE)", hint)
        if len(value) != count:
            raise _arity("TUPLE", count, value)
        return tuple(_fields(converters, names, value))

    return convert


def _row_converter(type_info: t.RowTypeInfo) -> Converter:
    names = type_info._field_names
    types = type_info.get_field_types()
    converters = [converter(f, none_ok=True) for f in types]
    places = [f"field {name!r}" for name in names]
    count = len(types)

    def convert(value: Any) -> Row:
        if isinstance(value, Row):
            values = _row_values(value, names)
            kind = value._row_kind
            return new_row(names, _fields(converters, places, values), kind)
        if isinstance(value, dict):
            if count and not any(name in value for name in names):
                raise wrong(value, f"a dict with the fields {', '.join(names)} (ROW)")
            values = [value.get(name) for name in names]
        elif isinstance(value, tuple | list):
            values = list(value)
        else:
            raise wrong(value, "a Row (ROW)", "Return Row(...), a tuple or a dict of the fields")
        if len(values) != count:
            raise _arity("ROW", count, value)
        return new_row(names, _fields(converters, places, values))

    return convert


def _row_values(row: Row, names: tuple[str, ...]) -> list[Any]:
    """The row's values in the order of ``names``: by name, or by position where none fits."""
    own = row._names
    values = row._values
    if own is not None and own != names and not set(own).isdisjoint(names):
        missing = [name for name in names if name not in own]
        if missing:
            raise Mismatch(
                f"{row!r} has no field {', '.join(map(repr, missing))}",
                f"Name the fields {', '.join(names)}, or declare the names that the row has",
            )
        return [values[own.index(name)] for name in names]
    if len(values) != len(names):
        raise _arity("ROW", len(names), row)
    return values


def _list_converter(element: Converter) -> Converter:
    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            # Arrays of numpy and the standard library know how to become lists.
            if not hasattr(value, "tolist") or isinstance(value, memoryview):
                raise wrong(value, "a list", "Return list(value)")
            value = value.tolist()
        out: list[Any] = []
        try:
            for item in value:
                out.append(element(item))
        except Mismatch as e:
            raise e.inside(f"element {len(out)}") from None
        return out

    return convert


def _map_converter(type_info: t.MapTypeInfo) -> Converter:
    to_key = converter(type_info._key_type_info, none_ok=False)
    to_value = converter(type_info._value_type_info, none_ok=True)

    def convert(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise wrong(value, "a dict (MAP)")
        out = {}
        for key, item in value.items():
            try:
                new_key = to_key(key)
            except Mismatch as e:
                raise e.inside(f"key {shorten(key)}") from None
            try:
                out[new_key] = to_value(item)
            except Mismatch as e:
                raise e.inside(f"value of key {shorten(key)}") from None
        return out

    return convert


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, list | tuple):
        try:
            if all(-128 <= item <= 255 for item in value):
                return bytes([item & 255 for item in value])
        except TypeError:
            pass
    raise wrong(value, "bytes (PRIMITIVE_ARRAY of BYTE)")
