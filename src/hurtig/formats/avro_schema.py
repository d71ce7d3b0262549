"""AvroSchema and what is derived from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import TypeInformation


class AvroSchema:
    """A parsed Avro schema."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        """The schema as JSON gives it: a dict, a list for a union, or a type name."""

    @staticmethod
    def parse_string(json_schema: str) -> AvroSchema:
        """The schema of a JSON text; ProgramError where it is none."""
        try:
            schema = json.loads(json_schema)
        except ValueError as e:
            raise ProgramError(f"the Avro schema is no JSON: {e}") from None
        parse(schema)
        return AvroSchema(schema)

    @staticmethod
    def parse_file(file_path: str) -> AvroSchema:
        """The schema of a file."""
        try:
            return AvroSchema.parse_string(Path(file_path).read_text())
        except FileNotFoundError:
            raise ProgramError(f"there is no Avro schema file {file_path!r}") from None

    def __str__(self) -> str:
        return json.dumps(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AvroSchema) and self.schema == other.schema

    def __hash__(self) -> int:
        return hash(str(self))


class GenericRecordAvroTypeInfo(TypeInformation):
    """The type of dicts that are records of an Avro schema."""

    def __init__(self, schema: AvroSchema) -> None:
        super().__init__()
        self._schema = schema

    def _key(self) -> tuple[Any, ...]:
        return (self._schema,)

    def __repr__(self) -> str:
        return f"GenericRecordAvroTypeInfo<{self._schema}>"


def fastavro() -> Any:
    """The fastavro package; ProgramError naming the extra where it is missing."""
    try:
        import fastavro as library
    except ImportError as e:
        from hurtig.formats.errors import missing_library

        raise missing_library("fastavro", "avro", "Avro", e) from e
    return library


def parse(schema: Any) -> Any:
    """The schema as fastavro wants it; ProgramError where it is wrong."""
    library = fastavro()
    try:
        return library.parse_schema(schema)
    except (library.schema.SchemaParseException, library.schema.UnknownType, KeyError) as e:
        raise ProgramError(f"the Avro schema is wrong: {type(e).__name__}: {e}") from None


def record_fields(schema: Any, user: str) -> list[tuple[str, Any]]:
    """Names and types of the fields of a record schema; ProgramError for another schema."""
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise ProgramError(f"{user} needs an Avro schema of type record, got {schema!r}")
    return [(field["name"], field["type"]) for field in schema["fields"]]
