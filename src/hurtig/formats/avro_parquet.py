"""Parquet files of Avro records."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

from hurtig.common.errors import shorten
from hurtig.common.serialization import (
    BulkWriter,
    BulkWriterFactory,
    MalformedRecordError,
    RowDataBulkWriterFactory,
)
from hurtig.formats.arrow_types import pyarrow
from hurtig.formats.avro import record_converter
from hurtig.formats.avro_columns import column_check
from hurtig.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo, record_fields
from hurtig.formats.contract import StreamFormat
from hurtig.formats.parquet import ParquetRecordFormat, parquet_writer

__all__ = ["AvroParquetReaders", "AvroParquetWriters"]


class AvroParquetReaders:
    """Readers of Parquet files as generic records."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> StreamFormat:
        """Records of the schema's fields as dicts; fields that a file lacks are ``None``."""
        names = tuple(name for name, _ in record_fields(schema.schema, "AvroParquetReaders"))
        return ParquetRecordFormat(names, GenericRecordAvroTypeInfo(schema))


class AvroParquetWriters:
    """Bulk writers of Parquet files from generic records."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkWriterFactory:
        """Files of the schema's fields; records are dicts, rows or tuples."""
        pyarrow()
        record_fields(schema.schema, "AvroParquetWriters")
        return RowDataBulkWriterFactory(partial(_writer, schema), schema)


def _writer(schema: AvroSchema, stream: BinaryIO) -> BulkWriter:
    pa = pyarrow()
    fields = record_fields(schema.schema, "")
    arrow = pa.schema([_arrow_field(name, type_) for name, type_ in fields])
    checks = [check for name, type_ in fields if (check := column_check(name, type_))]
    to_record = record_converter(schema.schema, "AvroParquetWriters")

    def convert(elements: Sequence[Any]) -> Any:
        records = [to_record(element) for element in elements]
        try:
            batch = pa.RecordBatch.from_pylist(records, arrow)
            for check in checks:
                check(batch)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as e:
            what = shorten(elements[0]) if len(elements) == 1 else "a record"
            raise MalformedRecordError(f"{what} does not fit the Avro schema: {e}") from None
        return batch

    return parquet_writer(convert, arrow, "snappy", stream)


def _arrow_field(name: str, type_: Any) -> Any:
    nullable = isinstance(type_, list) and "null" in type_
    return pyarrow().field(name, _arrow_type(name, type_), nullable)


def _arrow_type(name: str, type_: Any) -> Any:
    from hurtig.common.errors import ProgramError

    pa = pyarrow()
    if isinstance(type_, list):
        options = [t for t in type_ if t != "null"]
        if len(options) != 1:
            raise ProgramError(f"field {name!r}: Parquet has no unions of several types: {type_}")
        return _arrow_type(name, options[0])
    if isinstance(type_, dict):
        logical = type_.get("logicalType")
        if logical == "decimal":
            return pa.decimal128(type_["precision"], type_.get("scale", 0))
        if logical in _LOGICAL:
            return _LOGICAL[logical](pa)
        kind = type_["type"]
        if kind == "record":
            return pa.struct([_arrow_field(f["name"], f["type"]) for f in type_["fields"]])
        if kind == "array":
            return pa.list_(_arrow_type(name, type_["items"]))
        if kind == "map":
            return pa.map_(pa.string(), _arrow_type(name, type_["values"]))
        if kind == "enum":
            return pa.string()
        if kind == "fixed":
            return pa.binary(type_["size"])
        return _arrow_type(name, kind)
    arrow = _PRIMITIVES.get(type_)
    if arrow is None:
        raise ProgramError(f"field {name!r}: the Avro type {type_!r} cannot be written to Parquet")
    return getattr(pa, arrow)()


_PRIMITIVES = {
    "boolean": "bool_",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "bytes": "binary",
    "string": "string",
}
_LOGICAL: dict[Any, Any] = {
    "date": lambda pa: pa.date32(),
    "time-millis": lambda pa: pa.time32("ms"),
    "time-micros": lambda pa: pa.time64("us"),
    "timestamp-millis": lambda pa: pa.timestamp("ms", "UTC"),
    "timestamp-micros": lambda pa: pa.timestamp("us", "UTC"),
    "local-timestamp-millis": lambda pa: pa.timestamp("ms"),
    "local-timestamp-micros": lambda pa: pa.timestamp("us"),
}
