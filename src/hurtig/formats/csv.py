"""CSV messages and rows (``pyflink.datastream.formats.csv``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hurtig.common.errors import ProgramError, shorten
from hurtig.common.serialization import (
    DeserializationSchema,
    MalformedRecordError,
    SerializationSchema,
)
from hurtig.formats.csv_convert import CsvOptions, check_char, line_writer
from hurtig.formats.field_types import FieldType, row_type

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

__all__ = ["CsvRowDeserializationSchema", "CsvRowSerializationSchema"]


_Self = TypeVar("_Self", bound="_Builder")


class _Builder:
    """What both builders set."""

    def __init__(self, type_info: Any) -> None:
        self._type = row_type(type_info, type(self).__qualname__.partition(".")[0])
        self._options = CsvOptions()

    def set_array_element_delimiter(self: _Self, delimiter: str) -> _Self:
        """Between the elements of an array or nested row; ``;`` by default."""
        if not delimiter:
            raise ProgramError("the array element delimiter must not be empty")
        return self._set(array_element_delimiter=delimiter)

    def set_quote_character(self: _Self, c: str) -> _Self:
        """Around texts that hold a delimiter; ``"`` by default."""
        return self._set(quote_character=check_char("the quote character", c))

    def set_escape_character(self: _Self, c: str) -> _Self:
        """Before a character that is to be taken as it is; none by default."""
        return self._set(escape_character=check_char("the escape character", c))

    def set_null_literal(self: _Self, null_literal: str) -> _Self:
        """The text that stands for ``None``."""
        if null_literal is None:
            raise TypeError("the null literal must not be None")
        return self._set(null_literal=null_literal)

    def set_field_delimiter(self: _Self, delimiter: str) -> _Self:
        """Between fields; ``,`` by default."""
        return self._set(field_delimiter=check_char("the field delimiter", delimiter))

    def _set(self: _Self, **changes: Any) -> _Self:
        self._options = self._options._replace(**changes)
        return self


class CsvRowDeserializationSchema(DeserializationSchema):
    """Reads the first CSV record of a message into a :class:`~hurtig.common.Row`.

    With ``ignore_parse_errors`` a field that does not fit is ``None`` and a message that is no
    record is left out. Made by :class:`Builder`.
    """

    def __init__(self, field_type: FieldType, options: CsvOptions) -> None:
        super().__init__()
        from hurtig.formats.csv_records import record_converter

        self._field_type = field_type
        self._options = options
        self._convert = record_converter(field_type, options)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._field_type, self._options)

    def deserialize(self, message: bytes) -> Any:
        """The row of ``message``."""
        import csv
        from io import StringIO

        from hurtig.formats.csv_records import csv_reader

        options = self._options
        text = message.decode("utf-8", "replace")
        try:
            lines = list(StringIO(text, newline=""))
            if options.allow_comments:
                lines = [line for line in lines if not line.lstrip().startswith("#")]
            for texts in csv_reader(lines, options):
                if texts:
                    return self._convert(texts)
            raise ValueError("No content to map due to end-of-input")
        except (ValueError, csv.Error) as e:
            if options.ignore_parse_errors:
                return None
            raise MalformedRecordError(f"cannot read CSV {shorten(text)}: {e}") from None

    def get_produced_type(self) -> TypeInformation:
        """The declared row type."""
        return self._field_type.type_info()

    class Builder(_Builder):
        """Builder of :class:`CsvRowDeserializationSchema`."""

        def set_allow_comments(self, allow_comments: bool) -> CsvRowDeserializationSchema.Builder:
            """Whether lines that begin with ``#`` are left out."""
            return self._set(allow_comments=allow_comments)

        def set_ignore_parse_errors(
            self, ignore_parse_errors: bool
        ) -> CsvRowDeserializationSchema.Builder:
            """Whether what cannot be read becomes ``None`` or is left out."""
            return self._set(ignore_parse_errors=ignore_parse_errors)

        def build(self) -> CsvRowDeserializationSchema:
            """The schema."""
            return CsvRowDeserializationSchema(self._type, self._options)


class CsvRowSerializationSchema(SerializationSchema):
    """Writes a row (or tuple, dict, object) as one line of CSV. Made by :class:`Builder`."""

    def __init__(self, field_type: FieldType, options: CsvOptions) -> None:
        super().__init__()
        self._field_type = field_type
        self._options = options
        self._write = line_writer(field_type, options)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._field_type, self._options)

    def serialize(self, value: Any) -> bytes:
        """The line of ``value``, its line delimiter included."""
        try:
            return self._write(value).encode()
        except MalformedRecordError:
            raise
        except (ValueError, TypeError, AttributeError) as e:
            raise MalformedRecordError(f"cannot write {shorten(value)} as CSV: {e}") from None

    class Builder(_Builder):
        """Builder of :class:`CsvRowSerializationSchema`."""

        def set_field_delimiter(self, c: str) -> CsvRowSerializationSchema.Builder:
            """Between fields; ``,`` by default."""
            return self._set(field_delimiter=check_char("the field delimiter", c))

        def set_null_literal(self, s: str) -> CsvRowSerializationSchema.Builder:
            """The text that stands for ``None``; empty by default."""
            return super().set_null_literal(s)

        def set_line_delimiter(self, delimiter: str) -> CsvRowSerializationSchema.Builder:
            """At the end of a record: a line feed by default, ``\\r``, ``\\r\\n`` or nothing."""
            if delimiter not in ("\n", "\r", "\r\n", ""):
                raise ProgramError(
                    f"the line delimiter must be '\\n', '\\r', '\\r\\n' or '', got {delimiter!r}"
                )
            return self._set(line_delimiter=delimiter)

        def disable_quote_character(self) -> CsvRowSerializationSchema.Builder:
            """Write texts as they are."""
            return self._set(quote_character=None)

        def build(self) -> CsvRowSerializationSchema:
            """The schema."""
            return CsvRowSerializationSchema(self._type, self._options)
