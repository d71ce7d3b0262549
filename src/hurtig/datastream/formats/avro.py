"""Avro (``pyflink.datastream.formats.avro``)."""

from __future__ import annotations

from hurtig.connectors.filesystem.avro_input_format import AvroInputFormat
from hurtig.formats.avro import AvroRowDeserializationSchema, AvroRowSerializationSchema
from hurtig.formats.avro_files import AvroBulkWriters, AvroFormat
from hurtig.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo

__all__ = [
    "AvroBulkWriters",
    "AvroFormat",
    "AvroInputFormat",
    "AvroRowDeserializationSchema",
    "AvroRowSerializationSchema",
    "AvroSchema",
    "GenericRecordAvroTypeInfo",
]
