"""Parquet (``pyflink.datastream.formats.parquet``)."""

from __future__ import annotations

from hurtig.formats.avro_parquet import AvroParquetReaders, AvroParquetWriters
from hurtig.formats.parquet import ParquetBulkWriters, ParquetColumnarRowInputFormat

__all__ = [
    "AvroParquetReaders",
    "AvroParquetWriters",
    "ParquetBulkWriters",
    "ParquetColumnarRowInputFormat",
]
