"""What an Avro schema demands of values, and Arrow's types do not check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.common.serialization import MalformedRecordError

__all__ = ["column_check"]

Check = Callable[[Any], None]


def column_check(name: str, type_: Any) -> Check | None:
    """A check of the column ``name`` of an Arrow batch; ``None`` where every value will do.

    It raises :class:`MalformedRecordError` for a ``None`` that must not be, at any depth, and for
    what is no symbol of an enum.
    """
    check = _check(name, type_)
    return None if check is None else lambda batch: check(batch.column(name))


def _check(path: str, type_: Any) -> Check | None:
    """A check of an Arrow array of ``type_``; ``path`` is its name in messages."""
    if isinstance(type_, list):
        options = [t for t in type_ if t != "null"]
        inner = _of_values(path, options[0]) if options else None
        return inner if "null" in type_ else _not_null(path, inner)
    return _not_null(path, _of_values(path, type_))


def _not_null(path: str, inner: Check | None) -> Check:
    def check(array: Any) -> None:
        if array.null_count:
            raise MalformedRecordError(f"field {path!r} is None and must not be")
        if inner is not None:
            inner(array)

    return check


def _of_values(path: str, type_: Any) -> Check | None:
    """A check of the values that are there."""
    if not isinstance(type_, dict):
        return None
    kind = type_["type"]
    if kind == "enum":
        return _symbols(path, type_["symbols"])
    if kind == "array":
        element = _check(f"{path}[]", type_["items"])
        return None if element is None else lambda array: element(array.flatten())
    if kind == "map":
        value = _check(f"{path}{{}}", type_["values"])
        return None if value is None else lambda array: value(array.drop_null().items)
    if kind == "record":
        return _record(path, type_["fields"])
    return None


def _symbols(path: str, symbols: list[str]) -> Check:
    known = set(symbols)

    def check(array: Any) -> None:
        for value in array.unique().to_pylist():
            if value is not None and value not in known:
                raise MalformedRecordError(f"field {path!r}: {value!r} is none of {symbols}")

    return check


def _record(path: str, fields: list[dict[str, Any]]) -> Check | None:
    checks = [
        (i, check)
        for i, field in enumerate(fields)
        if (check := _check(f"{path}.{field['name']}", field["type"])) is not None
    ]
    if not checks:
        return None

    def check_all(array: Any) -> None:
        parts = array.drop_null().flatten()
        for i, check in checks:
            check(parts[i])

    return check_all
