"""Converters between CSV text and field values, with Flink's conversions."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError
from hurtig.common.rendering import render_double
from hurtig.common.types import new_row
from hurtig.formats import time_text
from hurtig.formats.field_types import INTEGER_BITS, FieldType, Kind
from hurtig.formats.row_access import field_getter

FromText = Callable[[str], Any]
ToText = Callable[[Any], str]


class CsvOptions(NamedTuple):
    """How CSV text is written."""

    field_delimiter: str = ","
    line_delimiter: str = "\n"
    array_element_delimiter: str = ";"
    quote_character: str | None = '"'
    escape_character: str | None = None
    null_literal: str | None = None
    allow_comments: bool = False
    ignore_parse_errors: bool = False


def check_char(name: str, value: str) -> str:
    """``value`` if it is one character; else ProgramError."""
    if not isinstance(value, str) or len(value) != 1:
        raise ProgramError(f"{name} must be one character, got {value!r}")
    return value


def from_text(field: FieldType, options: CsvOptions, separator: str | None = None) -> FromText:
    """A function from the text of a field to its value; errors are ValueErrors."""
    kind = field.kind
    bits = INTEGER_BITS.get(kind)
    if bits is not None:
        return _integer(kind.value, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    separator = separator or options.array_element_delimiter
    if kind is Kind.ARRAY:
        element = nullable(from_text(field.element_type(), options), options)
        return lambda text: [element(part) for part in text.split(separator)] if text else []
    if field.is_row:
        return _nested_row(field, options, separator)
    convert = _FROM_TEXT.get(kind)
    if convert is None:
        raise ProgramError(f"a CSV field cannot hold a {kind.value}; use a string column")
    return convert


def nullable(convert: FromText, options: CsvOptions) -> FromText:
    """``convert``, with the null literal as ``None`` and ignored errors as ``None``."""
    null = options.null_literal
    if options.ignore_parse_errors:

        def ignoring(text: str) -> Any:
            if text == null:
                return None
            try:
                return convert(text)
            except (ValueError, ArithmeticError):
                return None

        return ignoring
    if null is None or convert is str:
        return convert if null is None else lambda text: None if text == null else text
    return lambda text: None if text == null else convert(text)


def _integer(name: str, low: int, high: int) -> FromText:
    def convert(text: str) -> int:
        if "_" in text:
            raise ValueError(f"{text!r} is no {name}")
        value = int(text)
        if low <= value <= high:
            return value
        raise ValueError(f"{value} is out of the range of {name}")

    return convert


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except ArithmeticError:
        raise ValueError(f"{text!r} is no decimal number") from None


_FROM_TEXT: dict[Kind, FromText] = {
    Kind.STRING: str,
    Kind.BOOLEAN: lambda text: text.strip().lower() == "true",
    Kind.BIG_INT: int,
    Kind.FLOAT: float,
    Kind.DOUBLE: float,
    Kind.DECIMAL: _decimal,
    Kind.BYTES: lambda text: b64decode(text, validate=True),
    Kind.DATE: time_text.sql_date,
    Kind.TIME: time_text.sql_time,
    Kind.TIMESTAMP: time_text.sql_timestamp,
}


def _nested_row(field: FieldType, options: CsvOptions, separator: str) -> FromText:
    names = field.names
    parts = [nullable(from_text(f, options), options) for f in field.fields]

    def convert(text: str) -> Any:
        texts = text.split(separator)
        if len(texts) != len(parts):
            raise ValueError(
                f"Row length mismatch. {len(parts)} fields expected but was {len(texts)}."
            )
        values = [part(t) for part, t in zip(parts, texts, strict=True)]
        return new_row(names, values) if field.kind is Kind.ROW else tuple(values)

    return convert


def to_text(field: FieldType, options: CsvOptions, separator: str | None = None) -> ToText:
    """A function from a value that is not ``None`` to its text, unquoted."""
    kind = field.kind
    separator = separator or options.array_element_delimiter
    null = options.null_literal or ""
    if kind is Kind.ARRAY:
        element = to_text(field.element_type(), options)
        return lambda value: separator.join([null if v is None else element(v) for v in value])
    if field.is_row:
        get = field_getter(field.names)
        parts = [to_text(f, options) for f in field.fields]
        return lambda value: separator.join(
            [null if v is None else p(v) for p, v in zip(parts, get(value), strict=True)]
        )
    if kind in INTEGER_BITS or kind is Kind.BIG_INT:
        return lambda value: str(int(value))
    convert = _TO_TEXT.get(kind)
    if convert is None:
        raise ProgramError(f"a CSV field cannot hold a {kind.value}; use a string column")
    return convert


_TO_TEXT: dict[Kind, ToText] = {
    Kind.STRING: str,
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.FLOAT: lambda value: render_double(float(value)),
    Kind.DOUBLE: lambda value: render_double(float(value)),
    Kind.DECIMAL: str,
    Kind.BYTES: lambda value: b64encode(bytes(value)).decode(),
    Kind.DATE: lambda value: str(value.isoformat()),
    Kind.TIME: lambda value: str(value.isoformat()),
    Kind.TIMESTAMP: time_text.render_sql_timestamp,
}

_UNQUOTED = {
    *INTEGER_BITS,
    Kind.BIG_INT,
    Kind.FLOAT,
    Kind.DOUBLE,
    Kind.DECIMAL,
    Kind.BOOLEAN,
}


def line_writer(
    field: FieldType, options: CsvOptions, separators: Sequence[str | None] | None = None
) -> Callable[[Any], str]:
    """A function from a record to its CSV text, the line delimiter included."""
    get = field_getter(field.names)
    quote = _quoter(options)
    null = options.null_literal or ""
    columns = []
    for i, f in enumerate(field.fields):
        render = to_text(f, options, separators[i] if separators else None)
        columns.append((render, None if f.kind in _UNQUOTED else quote))
    delimiter, end = options.field_delimiter, options.line_delimiter

    def write(record: Any) -> str:
        texts = []
        for value, (render, quoted) in zip(get(record), columns, strict=True):
            if value is None:
                texts.append(null)
            else:
                text = render(value)
                texts.append(text if quoted is None else quoted(text))
        return delimiter.join(texts) + end

    return write


def _quoter(options: CsvOptions) -> Callable[[str], str] | None:
    """Quotes a text where Flink does: longer than 24 characters, or a character up to the
    greater of delimiter and quote in it."""
    quote, escape = options.quote_character, options.escape_character
    if quote is None:
        return None
    safe = max(options.field_delimiter, quote)

    def quoted(text: str) -> str:
        if text and (len(text) > 24 or min(text) <= safe or (escape and escape in text)):
            if escape is not None:
                text = text.replace(escape, escape + escape)
            return f"{quote}{text.replace(quote, quote + quote)}{quote}"
        return text

    return quoted
