"""CSV files: readers with schema, and a simple one that needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from operator import length_hint
from typing import TYPE_CHECKING, Any, BinaryIO

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import BulkWriter, BulkWriterFactory, RowDataBulkWriterFactory
from hurtig.formats.contract import FileRange, FormatReader, OnBadRecord, Position, StreamFormat
from hurtig.formats.csv_convert import CsvOptions, line_writer
from hurtig.formats.csv_schema import CsvSchema
from hurtig.formats.field_types import FieldType, Kind
from hurtig.formats.lines import LineBlocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hurtig.common.typeinfo import TypeInformation

__all__ = ["CsvBulkWriters", "CsvReaderFormat", "simple_csv_format"]

Convert = Callable[[list[str]], Any]
ConvertAll = Callable[[list[list[str]]], list[Any]]
Prepare = Callable[[list[str] | None], tuple[Convert, ConvertAll]]
"""From the header line to the converters of one record and of many below it."""


class CsvReaderFormat(StreamFormat):
    """CSV files as rows of a :class:`CsvSchema`."""

    def __init__(self, schema: CsvSchema, produced_type: TypeInformation | None = None) -> None:
        self._schema = schema
        self.produced_type = produced_type or schema.row_type.type_info()

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvReaderFormat:
        """A format of the schema's columns; records are rows."""
        if not len(schema):
            raise ProgramError("a CsvSchema for reading needs at least one column")
        return CsvReaderFormat(schema)

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader that hands records which do not fit to ``on_bad_record``."""
        schema = self._schema
        return _CsvReader(
            file,
            file_range,
            on_bad_record,
            schema.options,
            schema.use_header,
            schema.skip_first_data_row,
            self._prepare,
        )

    def _prepare(self, header: list[str] | None) -> tuple[Convert, ConvertAll]:
        from hurtig.formats.csv_records import batch_converter, record_converter

        schema = self._schema
        names = schema.row_type.names
        convert = record_converter(schema.row_type, schema.options, schema.separators)
        if schema.any_property_name is not None:
            convert = _with_rest(convert, names, schema.any_property_name)
        elif header is None or tuple(header) == names:
            return convert, batch_converter(schema.row_type, schema.options, schema.separators)
        if header is None or tuple(header) == names:
            return convert, _each(convert)
        if schema.strict_headers or sorted(header) != sorted(names):
            raise ValueError(f"the header names {header}, the schema {list(names)}")
        order = [header.index(name) for name in names]

        def reordered(texts: list[str]) -> Any:
            return convert([texts[i] for i in order] if len(texts) == len(order) else texts)

        return reordered, _each(reordered)


def _each(convert: Convert) -> ConvertAll:
    return lambda records: [convert(texts) for texts in records]


def _with_rest(convert: Convert, names: tuple[str, ...], rest_name: str) -> Convert:
    from hurtig.common.types import new_row

    count = len(names)

    def with_rest(texts: list[str]) -> Any:
        return new_row((*names, rest_name), [*convert(texts[:count]), texts[count:]])

    return with_rest


def simple_csv_format(
    type_info: TypeInformation | None, field_delimiter: str, has_header: bool
) -> StreamFormat:
    """``StreamFormat.csv_format``."""
    options = CsvOptions(field_delimiter=field_delimiter)
    if type_info is None:
        return _UntypedCsvFormat(options, has_header)
    from hurtig.formats.csv_schema import CsvColumn
    from hurtig.formats.field_types import row_type

    row = row_type(type_info, "StreamFormat.csv_format")
    columns = tuple(map(CsvColumn, row.names, row.fields))
    # An empty field of a number is no number but no value.
    options = options._replace(null_literal="")
    return CsvReaderFormat(CsvSchema(columns, options, use_header=has_header), type_info)


class _UntypedCsvFormat(StreamFormat):
    def __init__(self, options: CsvOptions, has_header: bool) -> None:
        self._options = options
        self._has_header = has_header

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        return _CsvReader(
            file, file_range, on_bad_record, self._options, self._has_header, False, self._prepare
        )

    @staticmethod
    def _prepare(header: list[str] | None) -> tuple[Convert, ConvertAll]:
        if header is None:
            return lambda texts: texts, list
        count = len(header)

        def convert(texts: list[str]) -> Any:
            if len(texts) != count:
                raise ValueError(
                    f"Row length mismatch. {count} fields expected but was {len(texts)}."
                )
            return dict(zip(header, texts, strict=True))

        return convert, _each(convert)


class _Lines:
    """The lines of a file for the csv module, and how many of them it has taken."""

    def __init__(
        self, file: BinaryIO, offset: int, skip: int, lines_before: int, comments: bool
    ) -> None:
        self._blocks = LineBlocks(file, offset, None, True)
        self._skip = skip
        self._lines_before = lines_before
        self._comments = comments
        self._block_start = offset
        self._lines: list[str] = []
        self._rest: Iterator[str] = iter(())

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._block_iterators())

    @property
    def taken(self) -> int:
        """Lines of the whole file that are taken."""
        return self._lines_before + self._taken_of_block()

    def place(self) -> tuple[int, int, int]:
        """Offset of the block, lines taken of it, lines before it."""
        return self._block_start, self._taken_of_block(), self._lines_before

    def text_since(self, line: int) -> str:
        """The lines from number ``line`` (from 0) that are taken, as far as they are at hand."""
        first = max(0, line - self._lines_before)
        return "".join(self._lines[first : self._taken_of_block()]).rstrip("\r\n")

    def _taken_of_block(self) -> int:
        return len(self._lines) - length_hint(self._rest)

    def _block_iterators(self) -> Iterator[Iterator[str]]:
        from io import StringIO

        while True:
            start = self._blocks.offset
            block = self._blocks.next_block()
            if not block:
                return
            self._lines_before += len(self._lines)
            self._block_start = start
            lines = list(StringIO(block.decode("utf-8", "replace"), newline="\n"))
            if self._comments:
                lines = ["\n" if line.lstrip().startswith("#") else line for line in lines]
            self._lines = lines
            self._rest = iter(lines)
            skipped = min(self._skip, len(lines))
            self._skip -= skipped
            next(islice(self._rest, skipped, skipped), None)
            yield self._rest


class _CsvReader(FormatReader):
    """Records that may span lines. Its position is that of its lines, and the header."""

    def __init__(
        self,
        file: BinaryIO,
        file_range: FileRange,
        on_bad_record: OnBadRecord,
        options: CsvOptions,
        use_header: bool,
        skip_first: bool,
        prepare: Prepare,
    ) -> None:
        from hurtig.formats.csv_records import csv_reader

        self._on_bad_record = on_bad_record
        self._options = options
        self._finished = False
        offset, skip, before, header = file_range.position or (0, 0, 0, None)
        self._lines = _Lines(file, offset, skip, before, options.allow_comments)
        self._records = csv_reader(self._lines, options)
        if file_range.position is None:
            if use_header:
                header = self._read_header()
            if skip_first:
                next(self._records, None)
        self._header: list[str] | None = header
        self._convert: Convert = list
        self._convert_many: ConvertAll = list
        if not use_header or header is not None:
            try:
                self._convert, self._convert_many = prepare(header)
            except ValueError as e:
                on_bad_record(str(e), "line 1", header)
                self._finished = True

    def read(self, max_records: int) -> list[Any]:
        import csv

        while not self._finished:
            texts: list[list[str]] = []
            first_line = self._lines.taken
            try:
                # extend keeps what came before an error.
                texts.extend(islice(self._records, max_records))
                self._finished = len(texts) < max_records
                problem = None
            except csv.Error as e:
                problem = str(e)
            records = self._convert_all(texts, first_line)
            if problem is not None:
                line = first_line + sum(map(_line_count, texts))
                self._on_bad_record(problem, f"line {line + 1}", self._lines.text_since(line))
            if records:
                return records
        return []

    @property
    def finished(self) -> bool:
        return self._finished

    def position(self) -> Position:
        return (*self._lines.place(), self._header)

    def _read_header(self) -> list[str] | None:
        header = next(filter(None, self._records), None)
        if header is None:
            self._finished = True
        elif header[0].startswith("\ufeff"):
            header[0] = header[0][1:]
        return header

    def _convert_all(self, texts: list[list[str]], first_line: int) -> list[Any]:
        convert = self._convert
        try:
            return self._convert_many(texts if [] not in texts else [t for t in texts if t])
        except ValueError:
            pass
        records = []
        line = first_line
        for t in texts:
            if t:
                try:
                    records.append(convert(t))
                except ValueError as e:
                    content = self._options.field_delimiter.join(t)
                    self._on_bad_record(str(e), f"line {line + 1}", content)
            line += _line_count(t)
        return records


def _line_count(texts: list[str]) -> int:
    return 1 + sum(text.count("\n") for text in texts)


class CsvBulkWriters:
    """Bulk writers of CSV files."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> BulkWriterFactory:
        """Files of the schema's columns, with a header line where the schema uses one."""
        return RowDataBulkWriterFactory(partial(_CsvBulkWriter, schema), schema.row_type)


class _CsvBulkWriter(BulkWriter):
    def __init__(self, schema: CsvSchema, stream: BinaryIO) -> None:
        self._stream = stream
        self._write = line_writer(schema.row_type, schema.options, schema.separators)
        if schema.use_header:
            names = FieldType(
                Kind.ROW,
                names=schema.row_type.names,
                fields=(FieldType(Kind.STRING),) * len(schema),
            )
            stream.write(line_writer(names, schema.options)(schema.row_type.names).encode())

    def add_elements(self, elements: Sequence[Any]) -> None:
        write = self._write
        self._stream.write("".join([write(element) for element in elements]).encode())

    def finish(self) -> None:
        pass
