"""AvroInputFormat: Avro files for ``env.create_input``."""

from __future__ import annotations

from hurtig.common.io import InputFormat
from hurtig.common.typeinfo import TypeInformation
from hurtig.connectors.filesystem.source import FileSource
from hurtig.formats.avro_files import AvroFormat
from hurtig.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo


class AvroInputFormat(InputFormat):
    """The records of Avro files below ``path`` as dicts of ``schema``."""

    def __init__(self, path: str, schema: AvroSchema) -> None:
        super().__init__()
        self._path = path
        self._schema = schema

    def get_produced_type(self) -> TypeInformation:
        """The type of the dicts."""
        return GenericRecordAvroTypeInfo(self._schema)

    def as_source(self) -> FileSource:
        """The source that reads the files."""
        return FileSource.for_record_stream_format(AvroFormat(self._schema), self._path).build()
