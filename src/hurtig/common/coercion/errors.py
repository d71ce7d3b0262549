"""The error of a value that does not fit its declared type."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import HurtigError, shorten


class TypeCoercionError(HurtigError, TypeError):
    """A value does not fit the type that the program declares for it.

    ``index``      position of the record in its batch or collection
    ``value``      the record
    ``type_info``  the declared type of the record
    ``path``       where in the record, for example ``field 1``; empty for the record itself
    ``reason``     what is wrong, and ``hint`` what to do
    """

    def __init__(
        self, index: int, value: Any, type_info: Any, path: str, reason: str, hint: str, what: str
    ) -> None:
        self.index = index
        self.value = value
        self.type_info = type_info
        self.path = path
        self.reason = reason
        self.hint = hint
        self.what = what
        where = f"{what} {index}" + (f", {path}" if path else "")
        super().__init__(
            f"{where}: {reason}. {hint}. {what.capitalize()}: {shorten(value)}; "
            f"declared type: {type_info!r}"
        )

    @property
    def brief(self) -> str:
        """The error without position and record, for messages that show the record themselves."""
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.reason}. {self.hint}. Declared type: {self.type_info!r}"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return type(self), (
            self.index,
            self.value,
            self.type_info,
            self.path,
            self.reason,
            self.hint,
            self.what,
        )


class TypeOverflowError(TypeCoercionError, OverflowError):
    """A number is too large for the integer type that the program declares for it."""


class Mismatch(Exception):
    """One value does not fit; containers add where they found it on its way out."""

    def __init__(self, reason: str, hint: str, overflow: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.overflow = overflow
        self.path: list[str] = []

    def inside(self, where: str) -> Mismatch:
        """The same, found in ``where``."""
        self.path.insert(0, where)
        return self
