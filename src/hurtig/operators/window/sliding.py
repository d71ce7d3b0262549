"""Sliding windows: of one size, a new one each slide; they overlap where slide < size."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time, to_millis
from hurtig.operators.window.assigner import WindowAssigner, check_timestamp
from hurtig.operators.window.serializers import TimeWindowSerializer
from hurtig.operators.window.triggers.event_time import EventTimeTrigger
from hurtig.operators.window.triggers.processing_time import ProcessingTimeTrigger
from hurtig.operators.window.windows import TimeWindow

if TYPE_CHECKING:
    from hurtig.operators.window.trigger import Trigger


class _SlidingWindows(WindowAssigner):
    """``size``, ``slide`` and ``offset`` in ms; ``abs(offset) < slide`` and ``size > 0``."""

    def __init__(self, size: int, slide: int, offset: int = 0) -> None:
        if abs(offset) >= slide or size <= 0:
            raise ProgramError(
                f"{type(self).__name__} parameters must satisfy abs(offset) < slide and "
                f"size > 0: got size {size} ms, slide {slide} ms, offset {offset} ms"
            )
        self._size = size
        self._slide = slide
        self._offset = offset

    def _windows(self, time: int) -> list[TimeWindow]:
        """Latest first; none where a gap between windows holds ``time``."""
        size, slide = self._size, self._slide
        last = time - (time - self._offset) % slide
        return [TimeWindow(start, start + size) for start in range(last, time - size, -slide)]

    def get_window_serializer(self) -> TimeWindowSerializer:
        return TimeWindowSerializer()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._size}, {self._slide}, {self._offset})"


class SlidingEventTimeWindows(_SlidingWindows):
    """Sliding windows on the elements' timestamps."""

    @staticmethod
    def of(
        size: Time | Duration, slide: Time | Duration, offset: Time | Duration | None = None
    ) -> SlidingEventTimeWindows:
        """Windows of ``size``, one starting each ``slide``, shifted by ``offset``.

        ``ProgramError`` unless ``abs(offset) < slide`` and ``size > 0``.
        """
        return SlidingEventTimeWindows(*_millis(size, slide, offset))

    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        check_timestamp(timestamp)
        return self._windows(timestamp)

    def get_default_trigger(self, env: Any) -> Trigger:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class SlidingProcessingTimeWindows(_SlidingWindows):
    """Sliding windows on the clock of the machine."""

    @staticmethod
    def of(
        size: Time | Duration, slide: Time | Duration, offset: Time | Duration | None = None
    ) -> SlidingProcessingTimeWindows:
        """Windows of ``size``, one starting each ``slide``, shifted by ``offset``.

        ``ProgramError`` unless ``abs(offset) < slide`` and ``size > 0``.
        """
        return SlidingProcessingTimeWindows(*_millis(size, slide, offset))

    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return self._windows(context.get_current_processing_time())

    def get_default_trigger(self, env: Any) -> Trigger:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


def _millis(
    size: Time | Duration, slide: Time | Duration, offset: Time | Duration | None
) -> tuple[int, int, int]:
    return (
        to_millis(size, "the size of a sliding window"),
        to_millis(slide, "the slide of a sliding window"),
        0 if offset is None else to_millis(offset, "the offset of a sliding window"),
    )
