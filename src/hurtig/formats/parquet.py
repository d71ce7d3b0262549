"""Parquet files (``pyflink.datastream.formats.parquet``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import BulkWriter, BulkWriterFactory, RowDataBulkWriterFactory
from hurtig.formats.arrow_files import GatheringBulkWriter, GroupReader, NoReader
from hurtig.formats.arrow_types import (
    arrow_schema,
    batch_to_rows,
    field_type_of_arrow,
    pyarrow,
    rows_to_batch,
)
from hurtig.formats.contract import (
    BulkFormat,
    FileRange,
    FormatReader,
    OnBadRecord,
    StreamFormat,
)
from hurtig.formats.field_types import FieldType, row_type
from hurtig.formats.hadoop_options import string_options

__all__ = ["ParquetBulkWriters", "ParquetColumnarRowInputFormat"]

GROUP_ROWS = 100_000


class ParquetBulkWriters:
    """Bulk writers of Parquet files."""

    @staticmethod
    def for_row_type(
        row_type: Any, hadoop_config: Any = None, utc_timestamp: bool = False
    ) -> BulkWriterFactory:
        """Files of a row type (a Table ``RowType`` or ``Types.ROW_NAMED``).

        ``hadoop_config`` may hold ``parquet.compression`` (snappy by default);
        ``utc_timestamp`` marks timestamps as instants in UTC.
        """
        return _factory(row_type, hadoop_config, utc_timestamp)


def _factory(declared: Any, hadoop_config: Any, utc_timestamp: bool) -> RowDataBulkWriterFactory:
    pyarrow()
    field = row_type(declared, "ParquetBulkWriters.for_row_type")
    options = string_options(hadoop_config)
    compression = options.get("parquet.compression", "snappy").lower()
    create = partial(_parquet_writer, field, utc_timestamp, compression)
    return RowDataBulkWriterFactory(create, declared)


def _parquet_writer(
    field: FieldType, utc_timestamp: bool, compression: str, stream: BinaryIO
) -> BulkWriter:
    schema = arrow_schema(field, utc_timestamp)
    return parquet_writer(rows_to_batch(field, schema), schema, compression, stream)


def parquet_writer(convert: Any, schema: Any, compression: str, stream: BinaryIO) -> BulkWriter:
    """A bulk writer that writes what ``convert`` makes of records."""
    import pyarrow.parquet as pq

    codec = "none" if compression == "uncompressed" else compression
    try:
        writer = pq.ParquetWriter(stream, schema, compression=codec)
    except (ValueError, pyarrow().ArrowException) as e:
        raise ProgramError(f"Parquet files cannot be written: {e}") from None

    def write_group(batches: list[Any]) -> None:
        writer.write_table(pyarrow().Table.from_batches(batches, schema))

    return GatheringBulkWriter(convert, write_group, writer.close, GROUP_ROWS)


class ParquetColumnarRowInputFormat(BulkFormat):
    """Columns of Parquet files as rows; a column that a file lacks is ``None``.

    ``row_type`` names the columns to read; a Table ``RowType`` or ``Types.ROW_NAMED``.
    """

    def __init__(
        self,
        row_type: Any,
        hadoop_config: Any = None,
        batch_size: int = 2048,
        is_utc_timestamp: bool = False,
        is_case_sensitive: bool = True,
    ) -> None:
        pyarrow()
        if batch_size <= 0:
            raise ValueError(f"batch_size must be positive, got {batch_size}")
        self._field = _row_type(row_type, "ParquetColumnarRowInputFormat")
        self._batch_size = batch_size
        self._is_utc_timestamp = is_utc_timestamp
        self._is_case_sensitive = is_case_sensitive
        self.produced_type = self._field.type_info()

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader; a file that is no Parquet file is one bad record."""
        pa = pyarrow()
        parquet = open_parquet(file, on_bad_record)
        if parquet is None:
            return NoReader()
        field = self._field
        target = arrow_schema(field, self._is_utc_timestamp)
        present = parquet.schema_arrow.names
        if not self._is_case_sensitive:
            by_lower = {name.lower(): name for name in present}
            sources = [by_lower.get(name.lower()) for name in field.names]
        else:
            sources = [name if name in present else None for name in field.names]
        wanted = [name for name in sources if name is not None]
        to_rows = batch_to_rows(field)

        def read_group(group: int) -> Iterator[list[Any]]:
            for batch in parquet.iter_batches(self._batch_size, row_groups=[group], columns=wanted):
                arrays = [
                    pa.nulls(batch.num_rows, t.type)
                    if name is None
                    else _cast(batch.column(name), t.type)
                    for name, t in zip(sources, target, strict=True)
                ]
                yield to_rows(pa.record_batch(arrays, schema=target))

        return GroupReader(
            parquet.num_row_groups,
            read_group,
            file_range.position,
            on_bad_record,
            (pa.ArrowException, OSError, ValueError),
        )


class ParquetRecordFormat(StreamFormat):
    """Whole Parquet files: dicts, the records of a schema. Made by ``AvroParquetReaders``."""

    seekable = True

    def __init__(self, names: tuple[str, ...] | None, produced_type: Any = None) -> None:
        pyarrow()
        self._names = names
        self.produced_type = produced_type

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader; a file that is no Parquet file is one bad record."""
        pa = pyarrow()
        parquet = open_parquet(file, on_bad_record)
        if parquet is None:
            return NoReader()
        field = field_type_of_arrow(parquet.schema_arrow)
        names = self._names or field.names
        wanted = [name for name in names if name in field.names]
        plain = _plain_pairs(field)

        def read_group(group: int) -> Iterator[list[Any]]:
            for batch in parquet.iter_batches(4096, row_groups=[group], columns=wanted):
                records = batch.to_pylist(maps_as_pydicts="strict") if plain else batch.to_pylist()
                if wanted != list(names):
                    records = [{name: r.get(name) for name in names} for r in records]
                yield records

        return GroupReader(
            parquet.num_row_groups,
            read_group,
            file_range.position,
            on_bad_record,
            (pa.ArrowException, OSError, ValueError),
        )


def _plain_pairs(field: FieldType) -> bool:
    """Whether there are maps, which are to become dicts."""
    from hurtig.formats.field_types import Kind

    parts = [*field.fields, *([field.element] if field.element else [])]
    return field.kind is Kind.MAP or any(map(_plain_pairs, parts))


def open_parquet(file: BinaryIO, on_bad_record: OnBadRecord) -> Any | None:
    """The file's ParquetFile; ``None`` after handing a file that is none to ``on_bad_record``."""
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except (pyarrow().ArrowException, OSError) as e:
        on_bad_record(f"this is no Parquet file: {e}", "byte 0", b"")
        return None


def _cast(column: Any, target: Any) -> Any:
    return column if column.type == target else column.cast(target)


_row_type = row_type
