"""The root of all user functions."""

from __future__ import annotations

from abc import ABC
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from hurtig.operators.functions.runtime_context import RuntimeContext


class Function(ABC):  # noqa: B024 - mirrors Flink's marker interface with optional hooks
    """Base of all user functions. Mirrors ``pyflink.datastream.functions.Function``."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)  # Function[IN, OUT] as in PyFlink

    def open(self, runtime_context: RuntimeContext) -> None:
        """Called once per subtask before the first record; state is registered here."""

    def close(self) -> None:
        """Called once per subtask after the last record, also after a failure."""
