"""CSV records: lists of texts into rows, and the csv reader that splits lines into texts."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hurtig.common.types import new_row
from hurtig.formats.csv_convert import CsvOptions, from_text, nullable
from hurtig.formats.field_types import INTEGER_BITS, FieldType, Kind


def record_converter(
    field: FieldType, options: CsvOptions, separators: Sequence[str | None] | None = None
) -> Callable[[list[str]], Any]:
    """A function from the texts of a record to its row; errors are ValueErrors."""
    names, count = field.names, len(field.fields)
    columns = [
        nullable(from_text(f, options, separators[i] if separators else None), options)
        for i, f in enumerate(field.fields)
    ]
    as_tuple = field.kind is Kind.TUPLE

    def convert(texts: list[str]) -> Any:
        if len(texts) != count:
            _check_length(texts, count, options.ignore_parse_errors)
        try:
            values = [column(text) for column, text in zip(columns, texts, strict=False)]
        except ValueError:
            raise _column_error(names, columns, texts) from None
        if len(texts) < count:
            values += [None] * (count - len(texts))
        return tuple(values) if as_tuple else new_row(names, values)

    return convert


def batch_converter(
    field: FieldType, options: CsvOptions, separators: Sequence[str | None] | None = None
) -> Callable[[list[list[str]]], list[Any]]:
    """As :func:`record_converter` for many records, column by column: several times faster.

    ValueError where any of them does not fit, without saying which.
    """
    names, count = field.names, len(field.fields)
    null = options.null_literal
    columns = [
        (from_text(f, options, separators[i] if separators else None), _bounds(f))
        for i, f in enumerate(field.fields)
    ]
    as_tuple = field.kind is Kind.TUPLE

    def convert_column(texts: tuple[str, ...], i: int) -> Sequence[Any]:
        convert, bounds = columns[i]
        if null is not None and null in texts:
            return [None if text == null else convert(text) for text in texts]
        if convert is str:
            return texts
        if bounds is None:
            return list(map(convert, texts))
        values = list(map(int, texts))
        if min(values) < bounds[0] or max(values) > bounds[1] or "_" in "".join(texts):
            raise ValueError("an integer is out of its range")
        return values

    def convert(records: list[list[str]]) -> list[Any]:
        by_column = list(zip(*records, strict=True))
        if not records or options.ignore_parse_errors or len(by_column) != count:
            raise ValueError("to be read one by one")
        rows = zip(*map(convert_column, by_column, range(count)), strict=True)
        return list(rows) if as_tuple else [new_row(names, list(row)) for row in rows]

    return convert


def _bounds(field: FieldType) -> tuple[int, int] | None:
    bits = INTEGER_BITS.get(field.kind)
    return None if bits is None else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _check_length(texts: list[str], count: int, ignore: bool) -> None:
    if len(texts) > count:
        raise ValueError(
            f"Too many entries: expected at most {count}, the value after them is {texts[count]!r}"
        )
    if not ignore:
        raise ValueError(f"Row length mismatch. {count} fields expected but was {len(texts)}.")


def _column_error(
    names: tuple[str, ...], columns: list[Callable[[str], Any]], texts: list[str]
) -> ValueError:
    for name, column, text in zip(names, columns, texts, strict=False):
        try:
            column(text)
        except ValueError as e:
            return ValueError(f"field {name!r}: {e}")
    return ValueError("a field cannot be read")


def csv_reader(lines: Iterable[str], options: CsvOptions) -> Iterator[list[str]]:
    """Lists of texts; ``csv.Error`` for what is no CSV."""
    if csv.field_size_limit() < _FIELD_LIMIT:
        csv.field_size_limit(_FIELD_LIMIT)
    quote = options.quote_character
    return csv.reader(
        lines,
        delimiter=options.field_delimiter,
        quotechar=quote,
        escapechar=options.escape_character,
        doublequote=True,
        quoting=csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL,
        strict=True,
    )


_FIELD_LIMIT = 1 << 30
