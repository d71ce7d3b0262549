"""CSV (``pyflink.datastream.formats.csv``)."""

from __future__ import annotations

from hurtig.formats.csv import CsvRowDeserializationSchema, CsvRowSerializationSchema
from hurtig.formats.csv_reader import CsvBulkWriters, CsvReaderFormat
from hurtig.formats.csv_schema import CsvSchema, CsvSchemaBuilder

__all__ = [
    "CsvBulkWriters",
    "CsvReaderFormat",
    "CsvRowDeserializationSchema",
    "CsvRowSerializationSchema",
    "CsvSchema",
    "CsvSchemaBuilder",
]
