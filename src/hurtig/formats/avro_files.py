"""Avro container files: bulk writer and reader of generic records (dicts)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from hurtig.common.errors import shorten
from hurtig.common.serialization import BulkWriter, BulkWriterFactory, MalformedRecordError
from hurtig.formats.avro import record_converter
from hurtig.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo, fastavro, parse
from hurtig.formats.contract import FileRange, FormatReader, OnBadRecord, Position, StreamFormat

__all__ = ["AvroBulkWriters", "AvroFormat"]

_BLOCK_BYTES = 64_000


class AvroBulkWriters:
    """Bulk writers of Avro files."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkWriterFactory:
        """Files of records of ``schema``; records are dicts, rows or tuples."""
        return _AvroWriterFactory(schema)


class _AvroWriterFactory(BulkWriterFactory):
    def __init__(self, schema: AvroSchema) -> None:
        super().__init__()
        fastavro()
        self._schema = schema

    def create(self, stream: BinaryIO) -> BulkWriter:
        return _AvroBulkWriter(self._schema, stream)


class _AvroBulkWriter(BulkWriter):
    def __init__(self, schema: AvroSchema, stream: BinaryIO) -> None:
        parsed = parse(schema.schema)
        self._convert = record_converter(schema.schema, "AvroBulkWriters")
        self._check = partial(fastavro().validate, schema=parsed, raise_errors=False)
        self._writer = fastavro().write.Writer(stream, parsed, sync_interval=_BLOCK_BYTES)

    def add_elements(self, elements: Sequence[Any]) -> None:
        records = [self._convert(element) for element in elements]
        for element, record in zip(elements, records, strict=True):
            # A record that fails half-way would leave its first bytes in the block.
            try:
                fits, reason = self._check(record), ""
            except (ValueError, OverflowError) as e:  # decimals with too many digits
                fits, reason = False, f": {e}"
            if not fits:
                raise MalformedRecordError(
                    f"{shorten(element)} does not fit the Avro schema{reason}"
                )
        write = self._writer.write
        for record in records:
            write(record)

    def finish(self) -> None:
        self._writer.flush()


class AvroFormat(StreamFormat):
    """Avro container files as dicts; ``schema`` is the reader's, the file's own by default."""

    def __init__(self, schema: AvroSchema | None = None) -> None:
        fastavro()
        self._schema = schema
        if schema is not None:
            self.produced_type = GenericRecordAvroTypeInfo(schema)

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader; a file that is no Avro file or is cut off is one bad record."""
        schema = None if self._schema is None else parse(self._schema.schema)
        return _AvroReader(file, file_range.position, on_bad_record, schema)


class _AvroReader(FormatReader):
    """Its position is ``(blocks read, records of the next block read)``."""

    def __init__(
        self, file: BinaryIO, position: Position | None, on_bad_record: OnBadRecord, schema: Any
    ) -> None:
        self._on_bad_record = on_bad_record
        self._block = -1
        self._left = 0
        self._taken = 0
        self._records: Iterator[Any] = iter(())
        self._finished = False
        try:
            self._blocks = fastavro().block_reader(file, schema)
        except (ValueError, EOFError, StopIteration, KeyError) as e:
            self._finished = True
            on_bad_record(f"this is no Avro file: {e or type(e).__name__}", "byte 0", b"")
            return
        blocks, records = position or (0, 0)
        for _ in range(blocks):
            next(self._blocks, None)
            self._block += 1
        self._next_block()
        if records and not self._finished:
            skipped = len(list(islice(self._records, records)))
            self._taken, self._left = skipped, self._left - skipped

    def read(self, max_records: int) -> list[Any]:
        while not self._finished:
            try:
                records = list(islice(self._records, min(max_records, self._left)))
            except (ValueError, EOFError, IndexError, KeyError, TypeError) as e:
                self._damaged(e)
                return []
            self._left -= len(records)
            self._taken += len(records)
            if self._left <= 0 or not records:
                self._next_block()
            if records:
                return records
        return []

    @property
    def finished(self) -> bool:
        return self._finished

    def position(self) -> Position:
        return max(self._block, 0), self._taken

    def _next_block(self) -> None:
        try:
            block = next(self._blocks, None)
        except (ValueError, EOFError, OSError) as e:
            self._damaged(e)
            return
        self._block += 1
        self._taken = 0
        if block is None:
            self._finished = True
        else:
            self._left = block.num_records
            self._records = iter(block)

    def _damaged(self, error: Exception) -> None:
        self._finished = True
        reason = f"the Avro file is damaged: {error or type(error).__name__}"
        self._on_bad_record(reason, f"block {max(self._block, 0)}", b"")
