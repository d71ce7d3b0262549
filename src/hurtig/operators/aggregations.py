"""``sum``, ``min``, ``max``, ``min_by`` and ``max_by`` as reduce functions over a field."""

from __future__ import annotations

from typing import Any

from hurtig.common.types import Row, new_row
from hurtig.operators.functions import ReduceFunction

SUM, MIN, MAX, MIN_BY, MAX_BY = "sum", "min", "max", "min_by", "max_by"


def field_of(value: Any, field: int | str) -> Any:
    """A field of a row, tuple, list, dict or object; a basic value is its own field 0."""
    if isinstance(value, (Row, dict)):
        return value[field]
    if isinstance(value, (tuple, list)):
        if isinstance(field, int):
            return value[field]
        if not hasattr(value, "_fields"):
            raise TypeError(
                f"field {field!r} was selected by name on a {type(value).__name__}: use rows"
            )
        return getattr(value, field)
    if isinstance(field, str):
        try:
            return getattr(value, field)
        except AttributeError:
            if hasattr(value, "__dict__") or hasattr(value, "__slots__"):
                raise
    elif field == 0:
        return value
    raise TypeError(
        f"The {field} field selected on a basic type. A field expression on a basic type can "
        "only select the 0th field (which means selecting the entire basic type)."
    )


def with_field(value: Any, field: int | str, content: Any) -> Any:
    """A copy of ``value`` in which ``field`` is replaced."""
    if isinstance(value, Row):
        row = new_row(value._names, list(value._values), value._row_kind)
        row[field] = content
        return row
    if hasattr(value, "_replace"):
        name = field if isinstance(field, str) else value._fields[field]
        return value._replace(**{name: content})
    if isinstance(value, (tuple, list)):
        items: Any = list(value)
        items[field] = content
        return type(value)(items)
    if isinstance(value, dict):
        return {**value, field: content}
    if isinstance(field, str):
        return _object_with(value, field, content)
    return content


def _object_with(value: Any, field: str, content: Any) -> Any:
    import copy

    if hasattr(value, "__dataclass_fields__"):  # perhaps a frozen one
        import dataclasses

        return dataclasses.replace(value, **{field: content})
    changed = copy.copy(value)
    setattr(changed, field, content)
    return changed


class FieldAggregation(ReduceFunction):
    """``kind`` over ``field``: an index, or the name of a field, key or attribute."""

    def __init__(self, kind: str, field: int | str) -> None:
        if not isinstance(field, (int, str)) or isinstance(field, bool):
            raise TypeError(
                f"The input must be of int or str type to locate the value, got {field!r}"
            )
        self.kind = kind
        self.field = field

    def reduce(self, value1: Any, value2: Any) -> Any:
        field = self.field
        kind = self.kind
        try:
            a, b = field_of(value1, field), field_of(value2, field)
        except (LookupError, AttributeError):
            raise ValueError(f"{kind}({field!r}): the record has no field {field!r}") from None
        if kind == SUM:
            return with_field(value1, field, a + b)
        if kind == MIN:
            return with_field(value1, field, b) if b < a else value1
        if kind == MAX:
            return with_field(value1, field, b) if b > a else value1
        if kind == MIN_BY:
            return value2 if b < a else value1
        return value2 if b > a else value1
