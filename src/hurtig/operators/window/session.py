"""Session windows: one window while elements follow each other within a gap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time, to_millis
from hurtig.operators.window.assigner import (
    MergingWindowAssigner,
    WindowAssigner,
    check_timestamp,
)
from hurtig.operators.window.serializers import TimeWindowSerializer
from hurtig.operators.window.triggers.event_time import EventTimeTrigger
from hurtig.operators.window.triggers.processing_time import ProcessingTimeTrigger
from hurtig.operators.window.windows import TimeWindow

if TYPE_CHECKING:
    from hurtig.operators.window.trigger import Trigger


class SessionWindowTimeGapExtractor(ABC):
    """Gives the session gap of an element, where it is not the same for all."""

    @abstractmethod
    def extract(self, element: Any) -> int:
        """The gap in ms, more than 0."""


class _SessionWindows(MergingWindowAssigner):
    def merge_windows(
        self,
        windows: Iterable[TimeWindow],
        callback: MergingWindowAssigner.MergeCallback,
    ) -> None:
        TimeWindow.merge_windows(windows, callback)

    def get_window_serializer(self) -> TimeWindowSerializer:
        return TimeWindowSerializer()

    @abstractmethod
    def _gap(self, element: Any) -> int: ...


class _OnEventTime(_SessionWindows):
    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        check_timestamp(timestamp)
        return (TimeWindow(timestamp, timestamp + self._gap(element)),)

    def get_default_trigger(self, env: Any) -> Trigger:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class _OnProcessingTime(_SessionWindows):
    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        now = context.get_current_processing_time()
        return (TimeWindow(now, now + self._gap(element)),)

    def get_default_trigger(self, env: Any) -> Trigger:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class _FixedGap(_SessionWindows):
    """``session_gap`` in ms, more than 0."""

    def __init__(self, session_gap: int) -> None:
        if session_gap <= 0:
            raise ProgramError(
                f"{type(self).__name__} parameters must satisfy 0 < size: "
                f"got a gap of {session_gap} ms"
            )
        self._session_gap = session_gap

    def _gap(self, element: Any) -> int:
        return self._session_gap

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session_gap})"


class _DynamicGap(_SessionWindows):
    """The gap comes from an extractor, or from a callable that takes the element."""

    def __init__(
        self, session_window_time_gap_extractor: SessionWindowTimeGapExtractor | Callable[..., Any]
    ) -> None:
        extractor = session_window_time_gap_extractor
        if not (isinstance(extractor, SessionWindowTimeGapExtractor) or callable(extractor)):
            raise TypeError(
                "with_dynamic_gap takes a SessionWindowTimeGapExtractor or a callable, "
                f"got {extractor!r}"
            )
        self._session_window_time_gap_extractor = extractor

    def _gap(self, element: Any) -> int:
        extractor = self._session_window_time_gap_extractor
        gap = (
            extractor.extract(element)
            if isinstance(extractor, SessionWindowTimeGapExtractor)
            else extractor(element)
        )
        if gap.__class__ is not int:
            gap = to_millis(gap, "a dynamic session gap")
        if gap <= 0:
            raise ValueError(f"Dynamic session time gap must satisfy 0 < gap: got {gap} ms")
        return gap

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self._session_window_time_gap_extractor).__name__})"


class EventTimeSessionWindows(_FixedGap, _OnEventTime):
    """Sessions on the elements' timestamps. Also known as ``SessionWindows``."""

    @staticmethod
    def with_gap(size: Time | Duration) -> EventTimeSessionWindows:
        """Sessions that end ``size`` after their last element; ``ProgramError`` if not > 0."""
        return EventTimeSessionWindows(to_millis(size, "a session gap"))

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor | Callable[..., Any],
    ) -> DynamicEventTimeSessionWindows:
        """Sessions whose gap depends on the element."""
        return DynamicEventTimeSessionWindows(extractor)


class ProcessingTimeSessionWindows(_FixedGap, _OnProcessingTime):
    """Sessions on the clock of the machine."""

    @staticmethod
    def with_gap(size: Time | Duration) -> ProcessingTimeSessionWindows:
        """Sessions that end ``size`` after their last element; ``ProgramError`` if not > 0."""
        return ProcessingTimeSessionWindows(to_millis(size, "a session gap"))

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor | Callable[..., Any],
    ) -> DynamicProcessingTimeSessionWindows:
        """Sessions whose gap depends on the element."""
        return DynamicProcessingTimeSessionWindows(extractor)


class DynamicEventTimeSessionWindows(_DynamicGap, _OnEventTime):
    """Event-time sessions with a gap per element."""

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor | Callable[..., Any],
    ) -> DynamicEventTimeSessionWindows:
        """Sessions whose gap depends on the element."""
        return DynamicEventTimeSessionWindows(extractor)


class DynamicProcessingTimeSessionWindows(_DynamicGap, _OnProcessingTime):
    """Processing-time sessions with a gap per element."""

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor | Callable[..., Any],
    ) -> DynamicProcessingTimeSessionWindows:
        """Sessions whose gap depends on the element."""
        return DynamicProcessingTimeSessionWindows(extractor)


SessionWindows = EventTimeSessionWindows
"""The name that older programs use for event-time sessions."""
