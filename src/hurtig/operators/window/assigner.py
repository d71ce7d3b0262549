"""Window assigners: which windows does an element belong to?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.common.errors import HurtigError
from hurtig.messages import MIN_TIMESTAMP

if TYPE_CHECKING:
    from hurtig.common.serializer import TypeSerializer
    from hurtig.operators.functions import RuntimeContext
    from hurtig.operators.window.trigger import Trigger


class MissingTimestampError(HurtigError):
    """An event-time window met a record without a timestamp."""


class WindowAssigner(ABC):
    """Assigns zero or more windows to an element. Mirrors Flink's ``WindowAssigner``."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    class WindowAssignerContext(ABC):
        """What an assigner may ask."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """Processing time, epoch ms."""

        @abstractmethod
        def get_runtime_context(self) -> RuntimeContext:
            """The operator's runtime context; state in it belongs to the element's key."""

    @abstractmethod
    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[Any]:
        """The windows of ``element``; ``timestamp`` in epoch ms, ``MIN_TIMESTAMP`` for none."""

    @abstractmethod
    def get_default_trigger(self, env: Any) -> Trigger:
        """The trigger that is used unless another is set."""

    @abstractmethod
    def get_window_serializer(self) -> TypeSerializer[Any]:
        """Serializer of the windows."""

    @abstractmethod
    def is_event_time(self) -> bool:
        """Whether windows end by the watermark (else by the clock, or never)."""


class MergingWindowAssigner(WindowAssigner):
    """An assigner whose windows may merge, such as sessions."""

    class MergeCallback(ABC):
        """Told which windows should merge."""

        @abstractmethod
        def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
            """``to_be_merged`` become the one window ``merge_result``."""

    @abstractmethod
    def merge_windows(
        self, windows: Iterable[Any], callback: MergingWindowAssigner.MergeCallback
    ) -> None:
        """Call ``callback.merge`` for every group of ``windows`` that should be one."""


def check_timestamp(timestamp: int) -> None:
    """Raise :class:`MissingTimestampError` where an element has no timestamp."""
    if timestamp == MIN_TIMESTAMP:
        raise MissingTimestampError(missing_timestamp_text(""))


def missing_timestamp_text(operator: str) -> str:
    """The message; begins as PyFlink's, and names the operator where it is known."""
    where = f" The record arrived at the event-time window {operator!r}." if operator else ""
    return (
        "Record has Java Long.MIN_VALUE timestamp (= no timestamp marker). Is the time "
        "characteristic set to 'ProcessingTime', or did you forget to call "
        "'data_stream.assign_timestamps_and_watermarks(...)'?" + where
    )
