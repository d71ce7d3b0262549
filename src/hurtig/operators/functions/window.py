"""Functions over the contents of a window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.operators.functions.function import Function

if TYPE_CHECKING:
    from hurtig.state.api import KeyedStateStore


class WindowFunction(Function):
    """Results for one key and window."""

    @abstractmethod
    def apply(self, key: Any, window: Any, inputs: Iterable[Any]) -> Iterable[Any] | None:
        """The results for all records of ``key`` in ``window``."""


class AllWindowFunction(Function):
    """Results for a window over all keys."""

    @abstractmethod
    def apply(self, window: Any, inputs: Iterable[Any]) -> Iterable[Any] | None:
        """The results for all records of ``window``."""


class ProcessWindowFunction(Function):
    """Results for one key and window, with state and times."""

    class Context(ABC):
        """What a :class:`ProcessWindowFunction` sees beside key and records."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def window(self) -> Any:
            """The window."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Processing time, epoch ms."""

        @abstractmethod
        def current_watermark(self) -> int:
            """The operator's watermark, epoch ms."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this key and window; clear it in :meth:`ProcessWindowFunction.clear`."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State of this key, shared by its windows."""

    @abstractmethod
    def process(self, key: Any, context: Context, elements: Iterable[Any]) -> Iterable[Any] | None:
        """The results for all records of ``key`` in the window."""

    def clear(self, context: Context) -> None:
        """The window is being dropped: delete per-window state."""


class ProcessAllWindowFunction(Function):
    """Results for a window over all keys, with state."""

    class Context(ABC):
        """What a :class:`ProcessAllWindowFunction` sees beside the records."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def window(self) -> Any:
            """The window."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this window; clear it in :meth:`ProcessAllWindowFunction.clear`."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State shared by all windows."""

    @abstractmethod
    def process(self, context: Context, elements: Iterable[Any]) -> Iterable[Any] | None:
        """The results for all records of the window."""

    def clear(self, context: Context) -> None:
        """The window is being dropped: delete per-window state."""
