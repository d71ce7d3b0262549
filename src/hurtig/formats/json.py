"""JSON messages and rows (``pyflink.datastream.formats.json``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError, shorten
from hurtig.common.serialization import (
    DeserializationSchema,
    MalformedRecordError,
    SerializationSchema,
)
from hurtig.formats.field_types import FieldType, Kind, row_type
from hurtig.formats.json_convert import from_json, row_to_json
from hurtig.formats.json_fast import strict_row_decoder

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]

_ERRORS = (ValueError, TypeError, ArithmeticError)  # msgspec's errors are ValueErrors


class JsonRowDeserializationSchema(DeserializationSchema):
    """Reads one JSON object into a :class:`~hurtig.common.Row` of the declared type.

    Missing fields are ``None`` unless ``fail_on_missing_field``; with ``ignore_parse_errors`` a
    field that does not fit is ``None`` and a message that is no JSON object is left out.
    Made by :meth:`builder`.
    """

    def __init__(
        self,
        field_type: FieldType,
        fail_on_missing_field: bool = False,
        ignore_parse_errors: bool = False,
    ) -> None:
        super().__init__()
        self._field_type = field_type
        self._fail_on_missing_field = fail_on_missing_field
        self._ignore_parse_errors = ignore_parse_errors
        self._prepare()

    @staticmethod
    def builder() -> Builder:
        """A builder of the schema."""
        return JsonRowDeserializationSchema.Builder()

    def _prepare(self) -> None:
        import msgspec

        self._convert = from_json(
            self._field_type, self._fail_on_missing_field, self._ignore_parse_errors
        )
        exact = _has_decimal(self._field_type)
        decoder: Any = (
            msgspec.json.Decoder(float_hook=_decimal) if exact else msgspec.json.Decoder()
        )
        self._decode = decoder.decode
        self._fast = strict_row_decoder(self._field_type, self._fail_on_missing_field)
        self._too_strict = msgspec.MsgspecError

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (
            self._field_type,
            self._fail_on_missing_field,
            self._ignore_parse_errors,
        )

    def deserialize(self, message: bytes) -> Any:
        """The row of ``message``."""
        if self._fast is not None:
            try:
                return self._fast(message)
            except self._too_strict:
                pass
        try:
            return self._convert(self._decode(message))
        except _ERRORS as e:
            if self._ignore_parse_errors:
                return None
            raise MalformedRecordError(f"cannot read JSON {shorten(message)}: {e}") from None

    def get_produced_type(self) -> TypeInformation:
        """The declared row type."""
        return self._field_type.type_info()

    class Builder:
        """Builder of :class:`JsonRowDeserializationSchema`."""

        def __init__(self) -> None:
            self._type: FieldType | None = None
            self._fail_on_missing_field = False
            self._ignore_parse_errors = False

        def type_info(self, type_info: Any) -> JsonRowDeserializationSchema.Builder:
            """The row type of the messages."""
            self._type = row_type(type_info, "JsonRowDeserializationSchema")
            return self

        def json_schema(self, json_schema: str) -> JsonRowDeserializationSchema.Builder:
            """The row type of the messages as the text of a JSON Schema."""
            from hurtig.formats.json_schema import json_schema_type

            if json_schema is None:
                raise TypeError("json_schema must not be None")
            self._type = json_schema_type(json_schema)
            return self

        def fail_on_missing_field(self) -> JsonRowDeserializationSchema.Builder:
            """A message without one of the fields is an error."""
            self._fail_on_missing_field = True
            return self

        def ignore_parse_errors(self) -> JsonRowDeserializationSchema.Builder:
            """What cannot be read becomes ``None`` or is left out."""
            self._ignore_parse_errors = True
            return self

        def build(self) -> JsonRowDeserializationSchema:
            """The schema; ProgramError where type or options do not go together."""
            if self._type is None:
                raise ProgramError(
                    "JsonRowDeserializationSchema needs type_info(...) or json_schema(...)"
                )
            if self._fail_on_missing_field and self._ignore_parse_errors:
                raise ProgramError(
                    "JSON format doesn't support failOnMissingField and ignoreParseErrors "
                    "together: a missing field would be both an error and ignored"
                )
            return JsonRowDeserializationSchema(
                self._type, self._fail_on_missing_field, self._ignore_parse_errors
            )


class JsonRowSerializationSchema(SerializationSchema):
    """Writes a row (or tuple, dict, object) as one JSON object. Made by :meth:`builder`."""

    def __init__(self, field_type: FieldType) -> None:
        super().__init__()
        import msgspec

        self._field_type = field_type
        self._convert = row_to_json(field_type)
        self._encode = msgspec.json.Encoder(decimal_format="number").encode

    @staticmethod
    def builder() -> Builder:
        """A builder of the schema."""
        return JsonRowSerializationSchema.Builder()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._field_type,)

    def serialize(self, value: Any) -> bytes:
        """The JSON object of ``value``, its fields in the order of the type."""
        try:
            return self._encode(self._convert(value))
        except MalformedRecordError:
            raise
        except (*_ERRORS, AttributeError) as e:
            raise MalformedRecordError(f"cannot write {shorten(value)} as JSON: {e}") from None

    def serialize_batch(self, values: Sequence[Any]) -> list[bytes]:
        """The JSON object of each value."""
        convert, encode = self._convert, self._encode
        try:
            return [encode(convert(value)) for value in values]
        except (*_ERRORS, AttributeError):
            return [self.serialize(value) for value in values]

    class Builder:
        """Builder of :class:`JsonRowSerializationSchema`."""

        def __init__(self) -> None:
            self._type: FieldType | None = None

        def with_type_info(self, type_info: Any) -> JsonRowSerializationSchema.Builder:
            """The row type of the records."""
            self._type = row_type(type_info, "JsonRowSerializationSchema")
            return self

        def build(self) -> JsonRowSerializationSchema:
            """The schema; ProgramError without a type."""
            if self._type is None:
                raise ProgramError("JsonRowSerializationSchema needs with_type_info(...)")
            return JsonRowSerializationSchema(self._type)


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _has_decimal(field: FieldType) -> bool:
    if field.kind is Kind.DECIMAL:
        return True
    parts = [*field.fields, *([field.element] if field.element else [])]
    return any(map(_has_decimal, parts))
