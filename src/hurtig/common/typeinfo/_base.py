"""TypeInformation, the base of all type descriptions."""

from __future__ import annotations

from typing import Any


class TypeInformation:
    """Describes the values of a stream, a state or a field; immutable and hashable.

    The internal form of a value (``to_internal_type``) is the plain value that Flink's own
    serialization would see: days for a date, microseconds for a time, a tuple for a row.
    """

    def __init__(self) -> None:
        super().__init__()

    def need_conversion(self) -> bool:
        """Whether the internal form differs from the Python value."""
        return False

    def to_internal_type(self, obj: Any) -> Any:
        """The internal form of a Python value."""
        return obj

    def from_internal_type(self, obj: Any) -> Any:
        """The Python value of an internal form."""
        return obj

    def _key(self) -> tuple[Any, ...]:
        """What two equal types have in common."""
        return ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))

    def __repr__(self) -> str:
        return type(self).__name__
