"""Tumbling windows: of one size, without gap or overlap."""

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


class _TumblingWindows(WindowAssigner):
    """``size`` and ``offset`` in ms; ``abs(offset) < size``."""

    def __init__(self, size: int, offset: int = 0) -> None:
        if abs(offset) >= size:
            raise ProgramError(
                f"{type(self).__name__} parameters must satisfy abs(offset) < size: "
                f"got size {size} ms, offset {offset} ms"
            )
        self._size = size
        self._offset = offset

    def get_window_serializer(self) -> TimeWindowSerializer:
        return TimeWindowSerializer()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._size}, {self._offset})"


class TumblingEventTimeWindows(_TumblingWindows):
    """Tumbling windows on the elements' timestamps."""

    @staticmethod
    def of(
        size: Time | Duration, offset: Time | Duration | None = None
    ) -> TumblingEventTimeWindows:
        """Windows of ``size`` that start at multiples of it, plus ``offset``.

        Days in UTC+8 start at ``offset=Time.hours(-8)``. ``ProgramError`` unless
        ``abs(offset) < size``.
        """
        return TumblingEventTimeWindows(*_millis(size, offset))

    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        check_timestamp(timestamp)
        start = timestamp - (timestamp - self._offset) % self._size
        return (TimeWindow(start, start + self._size),)

    def get_default_trigger(self, env: Any) -> Trigger:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class TumblingProcessingTimeWindows(_TumblingWindows):
    """Tumbling windows on the clock of the machine."""

    @staticmethod
    def of(
        size: Time | Duration, offset: Time | Duration | None = None
    ) -> TumblingProcessingTimeWindows:
        """Windows of ``size`` that start at multiples of it, plus ``offset``.

        ``ProgramError`` unless ``abs(offset) < size``.
        """
        return TumblingProcessingTimeWindows(*_millis(size, offset))

    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        now = context.get_current_processing_time()
        start = now - (now - self._offset) % self._size
        return (TimeWindow(start, start + self._size),)

    def get_default_trigger(self, env: Any) -> Trigger:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


def _millis(size: Time | Duration, offset: Time | Duration | None) -> tuple[int, int]:
    return (
        to_millis(size, "the size of a tumbling window"),
        0 if offset is None else to_millis(offset, "the offset of a tumbling window"),
    )
