"""Row and RowKind: a record with named fields and a change kind (``pyflink.common.types``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """What a row means in a changelog; ``str`` gives Flink's short form (``+I``, ``-U`` ...)."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        return _SHORT[self.value]


_SHORT = ("+I", "-U", "+U", "-D")
_INSERT = RowKind.INSERT


class Row:
    """A record with a fixed number of fields, by position or by name, and a :class:`RowKind`.

    ``Row(1, "x")`` is positional, ``Row(a=1, b="x")`` is named, and ``Row("a", "b")`` called with
    values makes named rows: ``Row("a", "b")(1, "x") == Row(a=1, b="x")``. Fields are read as
    ``row[0]``, ``row["a"]`` or ``row.a`` and replaced as ``row[0] = v`` or ``row["a"] = v``.

    Two rows are equal when values, field names and kind are. A row without names never equals one
    with names. The hash is that of the values alone.
    """

    __slots__ = ("_names", "_row_kind", "_values")

    _names: tuple[str, ...] | None
    _values: list[Any]
    _row_kind: RowKind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            if args:
                raise ValueError(
                    "Row takes either positional values or named values, not both: "
                    f"got {len(args)} positional and the names {', '.join(kwargs)}"
                )
            self._names = tuple(kwargs)
            self._values = list(kwargs.values())
        else:
            self._names = None
            self._values = list(args)
        self._row_kind = _INSERT

    @staticmethod
    def of_kind(row_kind: RowKind, *args: Any, **kwargs: Any) -> Row:
        """A row of the given kind; the other arguments are those of ``Row``."""
        row = Row(*args, **kwargs)
        row._row_kind = row_kind
        return row

    def as_dict(self, recursive: bool = False) -> dict[str, Any]:
        """The fields as a dict; ``recursive`` also converts rows inside rows, lists and dicts."""
        if self._names is None:
            raise TypeError(
                "Cannot convert a Row without field names into a dict: create it with names "
                "(Row(a=1)), declare Types.ROW_NAMED, or call set_field_names first"
            )
        if not recursive:
            return dict(zip(self._names, self._values, strict=False))
        return {name: _plain(value) for name, value in zip(self._names, self._values, strict=False)}

    def get_row_kind(self) -> RowKind:
        """The change kind, INSERT where none was set."""
        return self._row_kind

    def set_row_kind(self, row_kind: RowKind) -> None:
        """Sets the change kind."""
        self._row_kind = row_kind

    def set_field_names(self, field_names: Sequence[str]) -> None:
        """Names the fields by position."""
        self._names = tuple(field_names)

    def get_fields_by_names(self, names: Sequence[str]) -> list[Any]:
        """The values of the named fields in that order; all values where the row has no names."""
        own = self._names
        if own is None or own == tuple(names):
            return self._values
        missing = [name for name in names if name not in own]
        if missing:
            raise ValueError(
                f"Row has no field {', '.join(map(repr, missing))}; its fields are {list(own)}"
            )
        return [self._values[own.index(name)] for name in names]

    @property
    def _fields(self) -> list[str]:
        if self._names is None:
            raise AttributeError("_fields")
        return list(self._names)

    def _position(self, name: str) -> int:
        if self._names is None:
            raise ValueError(f"Row has no field names, so it has no field {name!r}")
        try:
            return self._names.index(name)
        except ValueError:
            raise ValueError(
                f"Row has no field {name!r}; its fields are {list(self._names)}"
            ) from None

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, str):
            return self._values[self._position(item)]
        return self._values[item]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, str):
            key = self._position(key)
        self._values[key] = value

    def __getattr__(self, item: str) -> Any:
        # Reached only where no slot or method has that name.
        if item.startswith("_"):
            raise AttributeError(item)
        names = self._names
        if names is None:
            raise AttributeError(
                f"Row without field names has no attribute {item!r}; read it by position, "
                "or name the fields (Types.ROW_NAMED, Row(a=1))"
            )
        try:
            return self._values[names.index(item)]
        except (ValueError, IndexError):
            raise AttributeError(
                f"Row has no field {item!r}; its fields are {list(names)}"
            ) from None

    def __call__(self, *args: Any) -> Row:
        if len(args) > len(self._values):
            raise ValueError(
                f"Can not create Row with fields {self!r}: it has {len(self._values)} fields, "
                f"got {len(args)} values {args!r}"
            )
        return new_row(tuple(self._values), list(args))

    def __contains__(self, item: object) -> bool:
        return item in (self._values if self._names is None else self._names)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return False
        return (
            self._values == other._values
            and self._names == other._names
            and self._row_kind is other._row_kind
        )

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __repr__(self) -> str:
        if self._names is None:
            return f"<Row({', '.join(map(repr, self._values))})>"
        fields = zip(self._names, self._values, strict=False)
        return f"Row({', '.join(f'{name}={value!r}' for name, value in fields)})"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        # A tuple of values, so that copy.copy does not share the list.
        if self._row_kind is not _INSERT:
            return _restore, (self._names, tuple(self._values), self._row_kind.value)
        if self._names is None:
            return Row, tuple(self._values)
        return _restore, (self._names, tuple(self._values))


def new_row(names: tuple[str, ...] | None, values: list[Any], row_kind: RowKind = _INSERT) -> Row:
    """A row that takes over ``values`` as they are: the engine's own constructor."""
    row: Row = _allocate(Row)
    row._names = names
    row._values = values
    row._row_kind = row_kind
    return row


_allocate = object.__new__
_KINDS = tuple(RowKind)


def _restore(names: tuple[str, ...] | None, values: tuple[Any, ...], row_kind: int = 0) -> Row:
    return new_row(names, list(values), _KINDS[row_kind])


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_dict(True) if value._names is not None else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
