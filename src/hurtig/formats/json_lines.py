"""JSON lines: one JSON value a line. Not in PyFlink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from hurtig.common.serialization import DeserializationSchema, Encoder
from hurtig.formats.contract import FileRange, FormatReader, OnBadRecord, StreamFormat
from hurtig.formats.lines import RawLineReader

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class JsonLinesFormat(StreamFormat):
    """Each line's JSON value, blank lines left out: Python values, or rows of ``type_info``."""

    splittable = True

    def __init__(self, type_info: TypeInformation | None = None) -> None:
        self.produced_type = type_info
        self._schema: DeserializationSchema | None = None
        if type_info is not None:
            from hurtig.formats.field_types import row_type
            from hurtig.formats.json import JsonRowDeserializationSchema

            self._schema = JsonRowDeserializationSchema(
                row_type(type_info, "StreamFormat.json_lines_format")
            )

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader that hands lines which are no JSON to ``on_bad_record``."""
        if self._schema is not None:
            return _SchemaLineReader(file, file_range, on_bad_record, self._schema)
        return _JsonLineReader(file, file_range, on_bad_record)


class _DecodingLineReader(RawLineReader):
    """Decodes each line; a line that fails is a bad record."""

    _decode: Any

    def decode(self, lines: list[Any], first: int) -> list[Any]:
        decode = self._decode
        try:
            return [decode(line) for line in lines]
        except ValueError:
            return self._decode_singly(lines, first)

    def _decode_singly(self, lines: list[Any], first: int) -> list[Any]:
        decode = self._decode
        records = []
        for index, line in enumerate(lines, first):
            if not line or line.isspace():
                continue
            try:
                record = decode(line)
            except ValueError as e:
                content = line.removesuffix(b"\r").decode("utf-8", "replace")
                self._on_bad_record(str(e), self.where(index), content)
            else:
                records.append(record)
        return records


class _JsonLineReader(_DecodingLineReader):
    def __init__(self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord) -> None:
        import msgspec

        self._decode = msgspec.json.Decoder().decode
        super().__init__(file, file_range, on_bad_record)


class _SchemaLineReader(_DecodingLineReader):
    """Rows; a line ``null`` is no row and left out."""

    def __init__(
        self,
        file: BinaryIO,
        file_range: FileRange,
        on_bad_record: OnBadRecord,
        schema: DeserializationSchema,
    ) -> None:
        self._decode = schema.deserialize
        super().__init__(file, file_range, on_bad_record)

    def decode(self, lines: list[Any], first: int) -> list[Any]:
        records = super().decode(lines, first)
        return [r for r in records if r is not None] if None in records else records


class JsonLinesEncoder(Encoder):
    """Writes each record as one line of JSON; rows with names and dataclasses as objects."""

    def __init__(self, type_info: TypeInformation | None = None) -> None:
        super().__init__()
        import msgspec

        self._type_info = type_info
        self._encode = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number").encode
        if type_info is not None:
            from hurtig.formats.field_types import row_type
            from hurtig.formats.json import JsonRowSerializationSchema

            schema = JsonRowSerializationSchema(row_type(type_info, "JsonLinesEncoder"))
            self._encode = schema.serialize

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._type_info,)

    def encode(self, element: Any) -> bytes:
        """One line."""
        return self._encode(element) + b"\n"


def _plain(value: Any) -> Any:
    from hurtig.common.types import Row

    if isinstance(value, Row):
        return value.as_dict() if value._names is not None else list(value)
    raise NotImplementedError(
        f"a {type(value).__name__} has no JSON form; map the stream to dicts, lists, rows, "
        "strings, numbers or dataclasses first"
    )
