"""JSON (``pyflink.datastream.formats.json``)."""

from __future__ import annotations

from hurtig.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from hurtig.formats.json_lines import JsonLinesEncoder, JsonLinesFormat

__all__ = [
    "JsonLinesEncoder",
    "JsonLinesFormat",
    "JsonRowDeserializationSchema",
    "JsonRowSerializationSchema",
]
