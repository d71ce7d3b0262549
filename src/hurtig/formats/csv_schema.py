"""CsvSchema: the columns of CSV files and how their text is written."""

from __future__ import annotations

from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError
from hurtig.formats.csv_convert import CsvOptions, check_char
from hurtig.formats.field_types import FieldType, Kind, field_type

_NUMBERS = frozenset(
    {
        Kind.BYTE,
        Kind.SHORT,
        Kind.INT,
        Kind.LONG,
        Kind.BIG_INT,
        Kind.FLOAT,
        Kind.DOUBLE,
        Kind.DECIMAL,
    }
)


class CsvColumn(NamedTuple):
    """One column; ``separator`` stands between the elements of an array column."""

    name: str
    type: FieldType
    separator: str | None = None


class CsvSchema:
    """Columns and options of CSV files; made by :meth:`builder`."""

    def __init__(
        self,
        columns: tuple[CsvColumn, ...],
        options: CsvOptions,
        use_header: bool = False,
        strict_headers: bool = False,
        skip_first_data_row: bool = False,
        any_property_name: str | None = None,
    ) -> None:
        self.columns = columns
        self.options = options
        self.use_header = use_header
        self.strict_headers = strict_headers
        self.skip_first_data_row = skip_first_data_row
        self.any_property_name = any_property_name

    @staticmethod
    def builder() -> CsvSchemaBuilder:
        """An empty builder."""
        return CsvSchemaBuilder()

    def size(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        return f"CsvSchema({', '.join(f'{c.name}: {c.type.kind.value}' for c in self.columns)})"

    @property
    def row_type(self) -> FieldType:
        """The type of a record."""
        return FieldType(
            Kind.ROW,
            names=tuple(c.name for c in self.columns),
            fields=tuple(c.type for c in self.columns),
        )

    @property
    def separators(self) -> list[str | None]:
        """The element separator of each column, ``None`` for the schema's."""
        return [c.separator for c in self.columns]


class CsvSchemaBuilder:
    """Builder of :class:`CsvSchema`; columns are in the order in which they are added."""

    def __init__(self) -> None:
        self._columns: list[CsvColumn] = []
        self._options = CsvOptions()
        self._use_header = False
        self._strict_headers = False
        self._skip_first_data_row = False
        self._any_property_name: str | None = None

    def build(self) -> CsvSchema:
        """The schema; ProgramError where two columns have one name."""
        names = [c.name for c in self._columns]
        for name in names:
            if names.count(name) > 1:
                raise ProgramError(f"two columns of a CsvSchema are named {name!r}")
        return CsvSchema(
            tuple(self._columns),
            self._options,
            self._use_header,
            self._strict_headers,
            self._skip_first_data_row,
            self._any_property_name,
        )

    def add_array_column(
        self, name: str, separator: str = ";", element_type: Any = None
    ) -> CsvSchemaBuilder:
        """Several values in one column; ``element_type`` is STRING by default."""
        element = FieldType(Kind.STRING) if element_type is None else field_type(element_type)
        return self._add(name, FieldType(Kind.ARRAY, element=element), separator)

    def add_boolean_column(self, name: str) -> CsvSchemaBuilder:
        """``true`` or ``false``."""
        return self._add(name, FieldType(Kind.BOOLEAN))

    def add_number_column(self, name: str, number_type: Any = None) -> CsvSchemaBuilder:
        """A number; ``number_type`` is BIGINT by default."""
        kind = FieldType(Kind.LONG) if number_type is None else field_type(number_type)
        if kind.kind not in _NUMBERS:
            raise ProgramError(f"the type of number column {name!r} is no number: {number_type!r}")
        return self._add(name, kind)

    def add_string_column(self, name: str) -> CsvSchemaBuilder:
        """Any text."""
        return self._add(name, FieldType(Kind.STRING))

    def add_columns_from(self, schema: CsvSchema) -> CsvSchemaBuilder:
        """All columns of another schema."""
        self._columns.extend(schema.columns)
        return self

    def clear_columns(self) -> CsvSchemaBuilder:
        """No columns again."""
        self._columns.clear()
        return self

    def set_allow_comments(self, allow: bool = True) -> CsvSchemaBuilder:
        """Whether lines that begin with ``#`` are left out."""
        return self._set(allow_comments=allow)

    def set_any_property_name(self, name: str) -> CsvSchemaBuilder:
        """Values beyond the last column are kept as a list of str in a column of this name."""
        self._any_property_name = name
        return self

    def disable_array_element_separator(self) -> CsvSchemaBuilder:
        """Array columns that name no separator hold one element."""
        return self._set(array_element_delimiter="")

    def remove_array_element_separator(self, index: int) -> CsvSchemaBuilder:
        """The column at ``index`` uses the schema's separator."""
        self._columns[index] = self._columns[index]._replace(separator=None)
        return self

    def set_array_element_separator(self, separator: str) -> CsvSchemaBuilder:
        """Between array elements of columns that name no separator."""
        return self._set(array_element_delimiter=separator)

    def set_column_separator(self, char: str) -> CsvSchemaBuilder:
        """Between columns; ``,`` by default."""
        return self._set(field_delimiter=check_char("the column separator", char))

    def disable_escape_char(self) -> CsvSchemaBuilder:
        """No escape character."""
        return self._set(escape_character=None)

    def set_escape_char(self, char: str) -> CsvSchemaBuilder:
        """Before a character that is to be taken as it is."""
        return self._set(escape_character=check_char("the escape character", char))

    def set_line_separator(self, separator: str) -> CsvSchemaBuilder:
        """At the end of each written line; reading takes ``\\n`` and ``\\r\\n``."""
        return self._set(line_delimiter=separator)

    def set_null_value(self, null_value: str) -> CsvSchemaBuilder:
        """The text that stands for ``None``."""
        return self._set(null_literal=null_value)

    def disable_quote_char(self) -> CsvSchemaBuilder:
        """No quotes."""
        return self._set(quote_character=None)

    def set_quote_char(self, char: str) -> CsvSchemaBuilder:
        """Around texts that hold a separator; ``"`` by default."""
        return self._set(quote_character=check_char("the quote character", char))

    def set_skip_first_data_row(self, skip: bool = True) -> CsvSchemaBuilder:
        """Whether the first record is left out unread."""
        self._skip_first_data_row = skip
        return self

    def set_strict_headers(self, strict: bool = True) -> CsvSchemaBuilder:
        """Whether a header must have exactly the schema's columns in order."""
        self._strict_headers = strict
        return self

    def set_use_header(self, use: bool = True) -> CsvSchemaBuilder:
        """Whether the first line of a file names the columns, in any order."""
        self._use_header = use
        return self

    def size(self) -> int:
        """Number of columns so far."""
        return len(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def _add(self, name: str, type_: FieldType, separator: str | None = None) -> CsvSchemaBuilder:
        self._columns.append(CsvColumn(name, type_, separator))
        return self

    def _set(self, **changes: Any) -> CsvSchemaBuilder:
        self._options = self._options._replace(**changes)
        return self
