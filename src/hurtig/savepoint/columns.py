"""Python values to Arrow columns."""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import TYPE_CHECKING, Any

from hurtig.common.types import Row
from hurtig.state.keys import unwrap_key

if TYPE_CHECKING:
    import pyarrow


def keys_array(keys: list[Any]) -> pyarrow.Array:
    """Canonical keys as the user's."""
    return array([unwrap_key(key) for key in keys])


def array(values: list[Any]) -> pyarrow.Array:
    """A column of the type that Arrow finds for the values, of text where it finds none.

    Rows, dataclasses and tuples (fields ``f0``, ``f1`` ...) become structs.
    """
    import pyarrow

    try:
        return pyarrow.array([_plain(value) for value in values])
    except (pyarrow.ArrowException, OverflowError, ValueError, TypeError):
        texts = [None if v is None else v if isinstance(v, str) else repr(v) for v in values]
        return pyarrow.array(texts, pyarrow.string())


def namespace_columns(namespaces: list[Hashable]) -> dict[str, pyarrow.Array]:
    """``window_start`` and ``window_end`` in epoch ms, or ``namespace`` where they are no time
    windows; nothing for state that belongs to no window."""
    import pyarrow

    if all(namespace == "" for namespace in namespaces):
        return {}
    bounds = [(getattr(n, "start", None), getattr(n, "end", None)) for n in namespaces]
    if all(isinstance(start, int) and isinstance(end, int) for start, end in bounds):
        return {
            "window_start": pyarrow.array([start for start, _ in bounds], pyarrow.int64()),
            "window_end": pyarrow.array([end for _, end in bounds], pyarrow.int64()),
        }
    return {"namespace": pyarrow.array([repr(n) for n in namespaces], pyarrow.string())}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Row):
        return _struct(value._names or _positions(value), list(value))
    if isinstance(value, tuple):
        return _struct(getattr(value, "_fields", None) or _positions(value), list(value))
    if isinstance(value, list | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: _plain(v) for key, v in value.items()}
        return [{"key": _plain(k), "value": _plain(v)} for k, v in value.items()]
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return _struct(list(fields), [getattr(value, name, None) for name in fields])
    return value


def _positions(value: Any) -> list[str]:
    return [f"f{i}" for i in range(len(value))]


def _struct(names: Any, values: list[Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(names, values, strict=False)}
