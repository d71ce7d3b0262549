"""ORC files (``pyflink.datastream.formats.orc``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import BulkWriter, BulkWriterFactory, RowDataBulkWriterFactory
from hurtig.formats.arrow_files import GatheringBulkWriter, GroupReader, NoReader
from hurtig.formats.arrow_types import arrow_schema, batch_to_rows, pyarrow, rows_to_batch
from hurtig.formats.contract import BulkFormat, FileRange, FormatReader, OnBadRecord
from hurtig.formats.field_types import FieldType, row_type
from hurtig.formats.hadoop_options import string_options

__all__ = ["OrcBulkWriters", "OrcColumnarRowInputFormat"]

_GROUP_ROWS = 100_000


class OrcBulkWriters:
    """Bulk writers of ORC files."""

    @staticmethod
    def for_row_type(
        row_type: Any, writer_properties: Any = None, hadoop_config: Any = None
    ) -> BulkWriterFactory:
        """Files of a row type (a Table ``RowType`` or ``Types.ROW_NAMED``).

        ``writer_properties`` may hold ``orc.compress`` (ZLIB by default), ``orc.stripe.size`` and
        ``orc.compress.size``; ``hadoop_config`` the same.
        """
        return _factory(row_type, writer_properties, hadoop_config)


def _factory(declared: Any, properties: Any, hadoop_config: Any) -> RowDataBulkWriterFactory:
    pyarrow()
    field = row_type(declared, "OrcBulkWriters.for_row_type")
    options = {**string_options(hadoop_config), **string_options(properties)}
    return RowDataBulkWriterFactory(partial(_orc_writer, field, options), declared)


def _orc_writer(field: FieldType, options: dict[str, str], stream: BinaryIO) -> BulkWriter:
    from pyarrow import orc

    schema = arrow_schema(field)
    arguments: dict[str, Any] = {"compression": options.get("orc.compress", "ZLIB").lower()}
    if arguments["compression"] == "none":
        arguments["compression"] = "uncompressed"
    if "orc.stripe.size" in options:
        arguments["stripe_size"] = int(options["orc.stripe.size"])
    if "orc.compress.size" in options:
        arguments["compression_block_size"] = int(options["orc.compress.size"])
    try:
        writer = orc.ORCWriter(stream, **arguments)
    except (ValueError, pyarrow().ArrowException) as e:
        raise ProgramError(f"ORC files cannot be written: {e}") from None

    wrote = False

    def write_group(batches: list[Any]) -> None:
        nonlocal wrote
        wrote = True
        writer.write(pyarrow().Table.from_batches(batches, schema))

    def close() -> None:
        if not wrote:
            writer.write(schema.empty_table())
        writer.close()

    return GatheringBulkWriter(rows_to_batch(field, schema), write_group, close, _GROUP_ROWS)


class OrcColumnarRowInputFormat(BulkFormat):
    """Columns of ORC files as rows. Not in PyFlink."""

    def __init__(self, row_type: Any) -> None:
        pyarrow()
        self._field = _row_type(row_type, "OrcColumnarRowInputFormat")
        self.produced_type = self._field.type_info()

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader; a file that is no ORC file is one bad record."""
        from pyarrow import orc

        pa = pyarrow()
        errors = (pa.ArrowException, OSError, ValueError)
        try:
            opened = orc.ORCFile(file)
        except errors as e:
            on_bad_record(f"this is no ORC file: {e}", "byte 0", b"")
            return NoReader()
        target = arrow_schema(self._field)
        names = list(self._field.names)
        to_rows = batch_to_rows(self._field)

        def read_group(group: int) -> Iterator[list[Any]]:
            batch = opened.read_stripe(group, columns=names)
            arrays = [
                batch.column(f.name)
                if batch.schema.field(f.name).type == f.type
                else batch.column(f.name).cast(f.type)
                for f in target
            ]
            yield to_rows(pa.record_batch(arrays, schema=target))

        return GroupReader(opened.nstripes, read_group, file_range.position, on_bad_record, errors)


_row_type = row_type
