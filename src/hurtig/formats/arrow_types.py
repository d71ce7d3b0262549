"""Field types as Arrow types, and rows into and out of Arrow columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hurtig.common.errors import ProgramError, shorten
from hurtig.common.serialization import MalformedRecordError
from hurtig.common.time import Instant
from hurtig.common.types import new_row
from hurtig.formats.field_types import FieldType, Kind
from hurtig.formats.row_access import field_getter

Convert = Callable[[Any], Any]


def pyarrow() -> Any:
    """The pyarrow package; ProgramError naming the extra where it is missing."""
    try:
        import pyarrow as library
    except ImportError as e:
        from hurtig.formats.errors import missing_library

        raise missing_library("pyarrow", "arrow", "Parquet and ORC", e) from e
    return library


def arrow_schema(field: FieldType, utc_timestamp: bool = False) -> Any:
    """The Arrow schema of a row type."""
    pa = pyarrow()
    return pa.schema(
        [
            (name, arrow_type(f, utc_timestamp))
            for name, f in zip(field.names, field.fields, strict=True)
        ]
    )


def arrow_type(field: FieldType, utc_timestamp: bool = False) -> Any:
    """The Arrow type of a field."""
    pa = pyarrow()
    kind = field.kind
    if field.is_row:
        return pa.struct(list(arrow_schema(field, utc_timestamp)))
    if kind is Kind.ARRAY:
        return pa.list_(arrow_type(field.element_type(), utc_timestamp))
    if kind is Kind.MAP:
        assert field.key is not None
        return pa.map_(
            arrow_type(field.key, utc_timestamp),
            arrow_type(field.element_type(), utc_timestamp),
        )
    if kind is Kind.DECIMAL:
        return pa.decimal128(field.precision or 38, 18 if field.scale is None else field.scale)
    if kind is Kind.TIMESTAMP:
        return pa.timestamp("us", "UTC") if utc_timestamp else pa.timestamp("us")
    if kind is Kind.INSTANT:
        return pa.timestamp("us", "UTC")
    if kind is Kind.BIG_INT:
        raise ProgramError("Parquet and ORC have no integers without limit: use LONG or BIG_DEC")
    return getattr(pa, _ARROW_NAMES[kind])(*_ARROW_ARGUMENTS.get(kind, ()))


_ARROW_NAMES = {
    Kind.STRING: "string",
    Kind.BOOLEAN: "bool_",
    Kind.BYTE: "int8",
    Kind.SHORT: "int16",
    Kind.INT: "int32",
    Kind.LONG: "int64",
    Kind.FLOAT: "float32",
    Kind.DOUBLE: "float64",
    Kind.BYTES: "binary",
    Kind.DATE: "date32",
    Kind.TIME: "time64",
}
_ARROW_ARGUMENTS = {Kind.TIME: ("us",)}


def rows_to_batch(field: FieldType, schema: Any) -> Callable[[Sequence[Any]], Any]:
    """A function from records to an Arrow record batch; MalformedRecordError for what does not
    fit."""
    pa = pyarrow()
    get = field_getter(field.names)
    columns = [(f.type, _to_arrow(part)) for f, part in zip(schema, field.fields, strict=True)]

    def convert(records: Sequence[Any]) -> Any:
        rows = [get(record) for record in records]
        arrays = []
        for i, (arrow, to_arrow) in enumerate(columns):
            values = [row[i] for row in rows]
            try:
                if to_arrow is not None:
                    values = [None if v is None else to_arrow(v) for v in values]
                arrays.append(pa.array(values, arrow))
            except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError) as e:
                what = shorten(records[0]) if len(records) == 1 else "a record"
                raise MalformedRecordError(
                    f"{what} does not fit: field {field.names[i]!r}: {e}"
                ) from None
        return pa.record_batch(arrays, schema=schema)

    return convert


def _to_arrow(field: FieldType) -> Convert | None:
    kind = field.kind
    if field.is_row:
        get = field_getter(field.names)
        parts = [_to_arrow(f) for f in field.fields]
        names = field.names
        return lambda row: {
            name: value if part is None or value is None else part(value)
            for name, part, value in zip(names, parts, get(row), strict=True)
        }
    if kind is Kind.ARRAY:
        element = _to_arrow(field.element_type())
        return None if element is None else lambda v: [None if x is None else element(x) for x in v]
    if kind is Kind.MAP:
        value = _to_arrow(field.element_type()) or (lambda v: v)
        return lambda m: [(k, None if v is None else value(v)) for k, v in m.items()]
    if kind is Kind.INSTANT:
        return lambda v: v.seconds * 1_000_000 + v.nanos // 1000 if isinstance(v, Instant) else v
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        return float
    if kind is Kind.BYTES:
        return bytes
    return None


def batch_to_rows(field: FieldType) -> Callable[[Any], list[Any]]:
    """A function from an Arrow record batch with the type's columns to rows."""
    names = field.names
    parts = [_from_arrow(f) for f in field.fields]
    as_tuple = field.kind is Kind.TUPLE

    def convert(batch: Any) -> list[Any]:
        columns = []
        for i, part in enumerate(parts):
            values = batch.column(i).to_pylist()
            if part is not None:
                values = [None if v is None else part(v) for v in values]
            columns.append(values)
        if not columns:
            columns = [[] for _ in range(batch.num_rows)]
        rows = zip(*columns, strict=True)
        return list(rows) if as_tuple else [new_row(names, list(row)) for row in rows]

    return convert


def _from_arrow(field: FieldType) -> Convert | None:
    kind = field.kind
    if field.is_row:
        names = field.names
        parts = [_from_arrow(f) for f in field.fields]

        def row(value: Any) -> Any:
            values = [
                v if part is None or v is None else part(v)
                for part, v in zip(parts, value.values(), strict=True)
            ]
            return tuple(values) if kind is Kind.TUPLE else new_row(names, values)

        return row
    if kind is Kind.ARRAY:
        element = _from_arrow(field.element_type())
        return None if element is None else lambda v: [None if x is None else element(x) for x in v]
    if kind is Kind.MAP:
        part = _from_arrow(field.element_type()) or (lambda v: v)
        return lambda pairs: {k: None if v is None else part(v) for k, v in pairs}
    if kind is Kind.INSTANT:
        return _instant
    if kind is Kind.TIMESTAMP:
        return lambda v: v.replace(tzinfo=None) if v.tzinfo is not None else v
    return None


def _instant(value: Any) -> Instant:
    import calendar

    return Instant(calendar.timegm(value.utctimetuple()), value.microsecond * 1000)


def field_type_of_arrow(schema: Any) -> FieldType:
    """The row type of an Arrow schema."""
    return FieldType(
        Kind.ROW,
        names=tuple(schema.names),
        fields=tuple(_field_of_arrow(field.type) for field in schema),
    )


def _field_of_arrow(arrow: Any) -> FieldType:
    types = pyarrow().types
    if types.is_struct(arrow):
        fields = [arrow.field(i) for i in range(arrow.num_fields)]
        return FieldType(
            Kind.ROW,
            names=tuple(f.name for f in fields),
            fields=tuple(_field_of_arrow(f.type) for f in fields),
        )
    if types.is_map(arrow):
        return FieldType(
            Kind.MAP, key=_field_of_arrow(arrow.key_type), element=_field_of_arrow(arrow.item_type)
        )
    if types.is_list(arrow) or types.is_large_list(arrow):
        return FieldType(Kind.ARRAY, element=_field_of_arrow(arrow.value_type))
    if types.is_timestamp(arrow):
        return FieldType(Kind.INSTANT if arrow.tz is not None else Kind.TIMESTAMP)
    if types.is_decimal(arrow):
        return FieldType(Kind.DECIMAL, precision=arrow.precision, scale=arrow.scale)
    for check, kind in _CHECKS:
        if getattr(types, check)(arrow):
            return FieldType(kind)
    raise ProgramError(f"columns of type {arrow} cannot be read")


_CHECKS = (
    ("is_string", Kind.STRING),
    ("is_large_string", Kind.STRING),
    ("is_boolean", Kind.BOOLEAN),
    ("is_int8", Kind.BYTE),
    ("is_int16", Kind.SHORT),
    ("is_uint8", Kind.SHORT),
    ("is_int32", Kind.INT),
    ("is_uint16", Kind.INT),
    ("is_integer", Kind.LONG),
    ("is_float32", Kind.FLOAT),
    ("is_floating", Kind.DOUBLE),
    ("is_binary", Kind.BYTES),
    ("is_large_binary", Kind.BYTES),
    ("is_fixed_size_binary", Kind.BYTES),
    ("is_date", Kind.DATE),
    ("is_time", Kind.TIME),
)
