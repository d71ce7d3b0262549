"""Field values of records, whichever way a program writes its records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hurtig.common.serialization import MalformedRecordError
from hurtig.common.types import Row


def field_getter(names: tuple[str, ...]) -> Callable[[Any], Sequence[Any]]:
    """A function from a Row, dict, tuple, list or object with such attributes to its values."""
    count = len(names)

    def get(record: Any) -> Sequence[Any]:
        values: Sequence[Any]
        if isinstance(record, Row):
            try:
                values = record.get_fields_by_names(names)
            except ValueError as e:
                raise MalformedRecordError(str(e)) from None
        elif isinstance(record, tuple | list):
            values = record
        elif isinstance(record, dict):
            return [record.get(name) for name in names]
        else:
            try:
                return [getattr(record, name) for name in names]
            except AttributeError:
                raise MalformedRecordError(
                    f"{record!r} has not the fields {', '.join(names)}: "
                    "write rows, tuples, dicts or objects that have them"
                ) from None
        if len(values) != count:
            raise MalformedRecordError(
                f"{record!r} has {len(values)} fields, the declared type has {count}: "
                f"{', '.join(names)}"
            )
        return values

    return get
