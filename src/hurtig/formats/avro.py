"""Avro messages and rows (``pyflink.datastream.formats.avro``)."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from hurtig.common.errors import ProgramError, shorten
from hurtig.common.serialization import (
    DeserializationSchema,
    MalformedRecordError,
    SerializationSchema,
)
from hurtig.common.time import Instant
from hurtig.common.types import Row, new_row
from hurtig.formats.avro_schema import AvroSchema, fastavro, parse, record_fields

__all__ = ["AvroRowDeserializationSchema", "AvroRowSerializationSchema"]

_READ_ERRORS = (ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError)


def _schema_of(record_class: object, avro_schema_string: str | None, user: str) -> AvroSchema:
    if avro_schema_string is not None:
        return AvroSchema.parse_string(avro_schema_string)
    if record_class is not None:
        raise ProgramError(
            f"{user}(record_class=...) names a Java class, which hurtig cannot load: "
            "give avro_schema_string instead"
        )
    raise ProgramError(f"{user} needs avro_schema_string")


class AvroRowDeserializationSchema(DeserializationSchema):
    """Reads one Avro record (binary, without header) into a :class:`~hurtig.common.Row`."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None):
        super().__init__()
        self._schema = _schema_of(record_class, avro_schema_string, type(self).__name__)
        self._parsed = parse(self._schema.schema)
        self._convert = row_converter(self._schema.schema, type(self).__name__)
        self._read = fastavro().schemaless_reader

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None, str(self._schema))

    def deserialize(self, message: bytes) -> Any:
        """The row of ``message``; ``None`` for no bytes."""
        if not message:
            return None
        try:
            return self._convert(self._read(BytesIO(message), self._parsed, None))
        except _READ_ERRORS as e:
            raise MalformedRecordError(
                f"cannot read Avro {shorten(message)}: {type(e).__name__}: {e}"
            ) from None


class AvroRowSerializationSchema(SerializationSchema):
    """Writes a row (or tuple, dict) as one Avro record in binary, without header."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None):
        super().__init__()
        self._schema = _schema_of(record_class, avro_schema_string, type(self).__name__)
        self._parsed = parse(self._schema.schema)
        self._convert = record_converter(self._schema.schema, type(self).__name__)
        self._write = fastavro().schemaless_writer

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None, str(self._schema))

    def serialize(self, value: Any) -> bytes:
        """The record of ``value``."""
        out = BytesIO()
        try:
            self._write(out, self._parsed, self._convert(value))
        except MalformedRecordError:
            raise
        except (*_READ_ERRORS, AttributeError) as e:
            raise MalformedRecordError(
                f"cannot write {shorten(value)} as Avro: {type(e).__name__}: {e}"
            ) from None
        return out.getvalue()


Convert = Callable[[Any], Any]


def row_converter(schema: Any, user: str, named: dict[str, Convert] | None = None) -> Convert:
    """A function from a record as dict to a Row, records within it to rows as well.

    ``named`` holds the converters of the records that are declared so far.
    """
    fields = record_fields(schema, user)
    named = {} if named is None else named
    names = tuple(name for name, _ in fields)
    parts: list[tuple[str, Convert | None]] = []

    def convert(record: Any) -> Any:
        return new_row(
            names,
            [part(record[name]) if part else record[name] for name, part in parts],
        )

    named[schema["name"]] = convert
    parts += [(name, _nested(type_, named)) for name, type_ in fields]
    if any(part for _, part in parts):
        return convert
    return lambda record: new_row(names, list(record.values()))


def _nested(type_: Any, named: dict[str, Convert]) -> Convert | None:
    """A converter for a type with records in it; ``None`` where there are none."""
    if isinstance(type_, str):
        return named.get(type_)
    if isinstance(type_, list):
        options = [part for t in type_ if (part := _nested(t, named)) is not None]
        if len(options) != 1:
            return None
        one = options[0]
        return lambda value: one(value) if isinstance(value, dict | list) else value
    if type_["type"] == "record":
        return row_converter(type_, "", named)
    if type_["type"] == "array":
        element = _nested(type_["items"], named)
        return None if element is None else lambda value: [element(v) for v in value]
    if type_["type"] == "map":
        entry = _nested(type_["values"], named)
        return None if entry is None else lambda value: {k: entry(v) for k, v in value.items()}
    return None


def record_converter(schema: Any, user: str) -> Callable[[Any], Any]:
    """A function from a row, tuple or dict to a record as dict."""
    from hurtig.formats.row_access import field_getter

    names = tuple(name for name, _ in record_fields(schema, user))
    get = field_getter(names)

    def convert(value: Any) -> Any:
        if type(value) is dict:
            return value
        return {name: plain(v) for name, v in zip(names, get(value), strict=True)}

    return convert


def plain(value: Any) -> Any:
    """``value`` with rows as dicts and instants as datetimes in UTC."""
    if isinstance(value, Row):
        if value._names is None:
            raise MalformedRecordError(
                f"the row {value!r} within a record needs field names: Row(name=...)"
            )
        return {k: plain(v) for k, v in value.as_dict().items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, Instant):
        return _datetime_of(value)
    return value


def _datetime_of(instant: Instant) -> Any:
    from datetime import UTC, datetime, timedelta

    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            seconds=instant.seconds, microseconds=instant.nanos // 1000
        )
    except OverflowError:
        raise MalformedRecordError(f"{instant!r} is not within the years 1 to 9999") from None
