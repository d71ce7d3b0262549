"""Field types from a JSON Schema document, as Flink derives them."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.formats.field_types import FieldType, Kind

_FORMATS = {"date": Kind.DATE, "time": Kind.TIME, "date-time": Kind.TIMESTAMP}


def json_schema_type(json_schema: str) -> FieldType:
    """The row type of a JSON Schema text; ProgramError where Flink's rules do not cover it."""
    import json

    try:
        root = json.loads(json_schema)
    except ValueError as e:
        raise ProgramError(f"the JSON schema is no JSON: {e}") from None
    if not isinstance(root, dict):
        raise ProgramError("a JSON schema is a JSON object")
    found = _convert("<root>", root, root)
    if not found.is_row:
        raise ProgramError('the root of a JSON schema must have "type": "object"')
    return found


def _convert(where: str, node: dict[str, Any], root: dict[str, Any]) -> FieldType:
    if "$ref" in node:
        return _convert(where, _resolve(where, node["$ref"], root), root)
    if "oneOf" in node:
        options = [o for o in node["oneOf"] if o.get("type") != "null"]
        if len(options) != 1:
            raise ProgramError(f"{where}: oneOf may hold one type and null, nothing else")
        return _convert(where, options[0], root)
    for unsupported in ("allOf", "anyOf", "not"):
        if unsupported in node:
            raise ProgramError(f"{where}: {unsupported!r} has no counterpart among field types")
    declared = node.get("type")
    if isinstance(declared, list):
        names = [name for name in declared if name != "null"]
        if len(names) != 1:
            raise ProgramError(f"{where}: a union of types may be one type and null")
        declared = names[0]
    if declared == "object":
        properties = node.get("properties", {})
        fields = tuple(_convert(f"{where}/{k}", v, root) for k, v in properties.items())
        return FieldType(Kind.ROW, names=tuple(properties), fields=fields)
    if declared == "array":
        return _array(where, node, root)
    if declared == "string":
        if node.get("contentEncoding") == "base64":
            return FieldType(Kind.BYTES)
        return FieldType(_FORMATS.get(node.get("format", ""), Kind.STRING))
    if declared in ("number", "integer"):
        return FieldType(Kind.DECIMAL)
    if declared == "boolean":
        return FieldType(Kind.BOOLEAN)
    raise ProgramError(f"{where}: the type {declared!r} is not supported")


def _array(where: str, node: dict[str, Any], root: dict[str, Any]) -> FieldType:
    items = node.get("items")
    if isinstance(items, dict):
        return FieldType(Kind.ARRAY, element=_convert(f"{where}/items", items, root))
    if isinstance(items, list):
        if node.get("additionalItems", False) not in (False, None):
            raise ProgramError(f"{where}: an array of fixed types may not have additionalItems")
        fields = tuple(_convert(f"{where}/items[{i}]", v, root) for i, v in enumerate(items))
        names = tuple(f"f{i}" for i in range(len(fields)))
        return FieldType(Kind.TUPLE, names=names, fields=fields)
    raise ProgramError(f"{where}: an array must say its items")


def _resolve(where: str, reference: str, root: dict[str, Any]) -> dict[str, Any]:
    if not reference.startswith("#"):
        raise ProgramError(f"{where}: only references within the document work, not {reference!r}")
    node: Any = root
    for part in filter(None, reference[1:].split("/")):
        if not isinstance(node, dict) or part not in node:
            raise ProgramError(f"{where}: there is nothing at {reference!r}")
        node = node[part]
    if not isinstance(node, dict):
        raise ProgramError(f"{where}: there is no schema at {reference!r}")
    return node
