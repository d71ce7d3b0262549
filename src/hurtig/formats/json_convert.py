"""Converters between parsed JSON and field values, with Flink's conversions."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hurtig.common.rendering import render_double
from hurtig.common.serialization import MalformedRecordError
from hurtig.common.time import Instant
from hurtig.common.types import new_row
from hurtig.formats import time_text
from hurtig.formats.field_types import INTEGER_BITS, FieldType, Kind
from hurtig.formats.row_access import field_getter

Convert = Callable[[Any], Any]

_MISSING = object()


def from_json(field: FieldType, fail_on_missing: bool, null_on_error: bool) -> Convert:
    """A function from a parsed JSON value to the field's value; ``None`` stays ``None``.

    It raises ValueError, TypeError or ArithmeticError for what does not fit, or with
    ``null_on_error`` gives ``None`` for that field.
    """
    convert = _from_json(field, fail_on_missing, null_on_error)

    def checked(value: Any) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except (ValueError, TypeError, ArithmeticError):
            return None

    def nullable(value: Any) -> Any:
        return None if value is None else convert(value)

    return checked if null_on_error else nullable


def _from_json(field: FieldType, fail_on_missing: bool, null_on_error: bool) -> Convert:
    kind = field.kind
    bits = INTEGER_BITS.get(kind)
    if bits is not None:
        return _integer(kind.value, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    if field.is_row:
        return _row(field, fail_on_missing, null_on_error)
    if kind is Kind.ARRAY:
        return _array(from_json(field.element_type(), fail_on_missing, null_on_error))
    if kind is Kind.MAP:
        return _map(field, from_json(field.element_type(), fail_on_missing, null_on_error))
    return _SCALARS[kind]


def _integer(name: str, low: int, high: int) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is not int:
            if isinstance(value, float | Decimal) and low <= value <= high:
                value = int(value)
            else:
                value = int(_text(value).strip())
        if low <= value <= high:
            return value
        raise ValueError(f"{value} is out of the range of {name}")

    return convert


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return render_double(value)
    if isinstance(value, dict | list):
        from msgspec.json import encode

        return encode(value).decode()
    return str(value)


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else _text(value).strip().lower() == "true"


def _double(value: Any) -> float:
    if type(value) is float:
        return value
    if isinstance(value, bool | dict | list):
        raise ValueError(f"{_text(value)} is no number")
    return float(value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool | dict | list):
        raise ValueError(f"{_text(value)} is no number")
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _scalar_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{_text(value)} is no text")
    return value


def _instant(value: Any) -> Instant:
    import calendar

    parsed = time_text.rfc_timestamp(_scalar_text(value))
    return Instant(calendar.timegm(parsed.timetuple()), parsed.microsecond * 1000)


_SCALARS: dict[Kind, Convert] = {
    Kind.STRING: _text,
    Kind.BOOLEAN: _boolean,
    Kind.BIG_INT: lambda v: v if type(v) is int else int(_text(v).strip()),
    Kind.FLOAT: _double,
    Kind.DOUBLE: _double,
    Kind.DECIMAL: _decimal,
    Kind.BYTES: lambda v: b64decode(_scalar_text(v), validate=True),
    Kind.DATE: lambda v: time_text.sql_date(_scalar_text(v)),
    Kind.TIME: lambda v: time_text.rfc_time(_scalar_text(v)),
    Kind.TIMESTAMP: lambda v: time_text.rfc_timestamp(_scalar_text(v)),
    Kind.INSTANT: _instant,
}


def _array(element: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is not list:
            raise ValueError(f"{_text(value)} is no array")
        return [element(item) for item in value]

    return convert


def _map(field: FieldType, element: Convert) -> Convert:
    key = from_json(field.key, False, False) if field.key is not None else str

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            raise ValueError(f"{_text(value)} is no object")
        return {key(k): element(v) for k, v in value.items()}

    return convert


def _row(field: FieldType, fail_on_missing: bool, null_on_error: bool) -> Convert:
    names = field.names
    parts = [
        (name, from_json(f, fail_on_missing, null_on_error))
        for name, f in zip(names, field.fields, strict=True)
    ]
    as_tuple = field.kind is Kind.TUPLE

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            if as_tuple and type(value) is list:
                value = dict(zip(names, value, strict=False))
            else:
                raise ValueError(f"{_text(value)} is no object")
        get = value.get
        values = []
        for name, part in parts:
            raw = get(name, _MISSING)
            if raw is _MISSING:
                if fail_on_missing:
                    raise ValueError(f"there is no field {name!r}")
                raw = None
            try:
                values.append(part(raw))
            except (ValueError, TypeError, ArithmeticError) as e:
                if isinstance(e, MalformedRecordError):
                    raise
                raise MalformedRecordError(f"field {name!r}: {e}") from None
        return tuple(values) if as_tuple else new_row(names, values)

    return convert


def to_json(field: FieldType) -> Convert | None:
    """A function from a field's value to what the JSON encoder takes; ``None`` for identity."""
    kind = field.kind
    if field.is_row:
        return row_to_json(field)
    if kind is Kind.ARRAY:
        element = to_json(field.element_type())
        return _sequence_to_json(element) if element else None
    if kind is Kind.MAP:
        value = to_json(field.element_type())
        return _map_to_json(value) if value else None
    return _TO_JSON.get(kind)


def row_to_json(field: FieldType) -> Convert:
    """A function from a record to the dict that is its JSON object."""
    names = field.names
    get = field_getter(names)
    parts = [(i, part) for i, f in enumerate(field.fields) if (part := to_json(f)) is not None]
    if not parts:
        return lambda record: None if record is None else dict(zip(names, get(record), strict=True))

    def convert(record: Any) -> Any:
        if record is None:
            return None
        values = list(get(record))
        for i, part in parts:
            if values[i] is not None:
                values[i] = part(values[i])
        return dict(zip(names, values, strict=True))

    return convert


def _sequence_to_json(element: Convert) -> Convert:
    return lambda value: [None if v is None else element(v) for v in value]


def _map_to_json(element: Convert) -> Convert:
    return lambda value: {k: None if v is None else element(v) for k, v in value.items()}


def _instant_to_json(value: Any) -> str:
    if not isinstance(value, Instant):
        return time_text.render_rfc_timestamp(value)
    import datetime

    epoch = datetime.datetime(1970, 1, 1)
    micros = value.seconds * 1_000_000 + value.nanos // 1000
    return time_text.render_rfc_timestamp(epoch + datetime.timedelta(microseconds=micros))


_TO_JSON: dict[Kind, Convert] = {
    Kind.FLOAT: float,
    Kind.DOUBLE: float,
    Kind.BYTES: lambda v: b64encode(bytes(v)).decode(),
    Kind.TIME: lambda v: f"{v.replace(tzinfo=None).isoformat(timespec='seconds')}Z",
    Kind.TIMESTAMP: time_text.render_rfc_timestamp,
    Kind.INSTANT: _instant_to_json,
}
