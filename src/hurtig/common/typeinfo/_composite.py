"""Rows and tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hurtig.common.typeinfo._base import TypeInformation
from hurtig.common.types import Row


class _FieldsTypeInfo(TypeInformation):
    """One type a field."""

    def __init__(self, field_types: Sequence[TypeInformation]) -> None:
        super().__init__()
        self._field_types = list(field_types)
        self._converted = [t.need_conversion() for t in self._field_types]

    def get_field_types(self) -> list[TypeInformation]:
        """The field types, by position."""
        return self._field_types

    def need_conversion(self) -> bool:
        """Always true."""
        return True

    def from_internal_type(self, obj: Any) -> Any:
        """The internal form as it is: Flink's side makes the row or tuple."""
        return obj

    def _key(self) -> tuple[Any, ...]:
        return tuple(self._field_types)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = TypeInformation.__hash__


class RowTypeInfo(_FieldsTypeInfo):
    """A :class:`~hurtig.common.Row` with one type a field; names are f0, f1 ... where not given.

    Field names take no part in equality, as in Flink.
    """

    def __init__(
        self, field_types: Sequence[TypeInformation], field_names: Sequence[str] | None = None
    ) -> None:
        super().__init__(field_types)
        self._named = field_names is not None
        names = tuple(
            (f"f{i}" for i in range(len(self._field_types))) if field_names is None else field_names
        )
        if len(names) != len(self._field_types):
            raise ValueError(
                f"a row type needs one name for each field: {len(names)} names {list(names)} "
                f"for {len(self._field_types)} types"
            )
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"a row type needs distinct field names, {twice} appear twice")
        self._field_names = names

    def get_field_names(self) -> list[str]:
        """The field names, by position."""
        return list(self._field_names)

    def get_field_index(self, field_name: str) -> int:
        """The position of a field; ValueError where there is none of that name."""
        try:
            return self._field_names.index(field_name)
        except ValueError:
            raise ValueError(
                f"{field_name!r} is not a field of {self!r}; fields: {list(self._field_names)}"
            ) from None

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        """``(row kind as int, field, field ...)`` of a Row, a dict, a tuple or a list."""
        if obj is None:
            return None
        kind = 0
        if isinstance(obj, Row):
            kind = obj.get_row_kind().value
            values: Sequence[Any] = obj.get_fields_by_names(self._field_names)
        elif isinstance(obj, dict):
            values = [obj.get(name) for name in self._field_names]
        elif isinstance(obj, tuple | list):
            values = obj
        else:
            raise ValueError(f"{obj!r} is neither a Row, a dict, a tuple nor a list: {self!r}")
        return (kind, *internal_fields(self._field_types, self._converted, values))

    def __repr__(self) -> str:
        if not self._named:
            return f"RowTypeInfo({', '.join(map(repr, self._field_types))})"
        fields = zip(self._field_names, self._field_types, strict=True)
        return f"RowTypeInfo({', '.join(f'{name}: {t!r}' for name, t in fields)})"


class TupleTypeInfo(_FieldsTypeInfo):
    """A tuple with one type a field."""

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        """The tuple with each field in its internal form."""
        if obj is None:
            return None
        if not isinstance(obj, tuple | list | Row):
            raise ValueError(f"{obj!r} is neither a tuple nor a list: {self!r}")
        return tuple(internal_fields(self._field_types, self._converted, tuple(obj)))

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join(map(repr, self._field_types))})"


def internal_fields(
    types: Sequence[TypeInformation], converted: Sequence[bool], values: Sequence[Any]
) -> list[Any]:
    """Each value in the internal form of its field's type."""
    return [
        t.to_internal_type(value) if convert else value
        for t, convert, value in zip(types, converted, values, strict=False)
    ]
