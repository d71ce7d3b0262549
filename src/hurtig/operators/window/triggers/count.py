"""A trigger that counts elements."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.operators.functions import ReduceFunction
from hurtig.operators.window.trigger import Trigger, TriggerResult
from hurtig.operators.window.windows import Window
from hurtig.state.descriptors import ReducingStateDescriptor


class Sum(ReduceFunction):
    """Adds two counts."""

    def reduce(self, value1: int, value2: int) -> int:
        return value1 + value2


class CountTrigger(Trigger):
    """Fires at every ``window_size``-th element of a window; nothing else fires it."""

    def __init__(self, window_size: int) -> None:
        if window_size <= 0:
            raise ProgramError(f"CountTrigger needs a count of 1 or more, got {window_size}")
        self._window_size = window_size
        self._count_descriptor = ReducingStateDescriptor("_trigger_count", Sum(), Types.LONG())

    @staticmethod
    def of(window_size: int) -> CountTrigger:
        """The trigger; ``ProgramError`` unless ``window_size`` is 1 or more."""
        return CountTrigger(window_size)

    def on_element(
        self, element: Any, timestamp: int, window: Window, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        count = ctx.get_partitioned_state(self._count_descriptor)
        count.add(1)
        if count.get() < self._window_size:
            return TriggerResult.CONTINUE
        count.clear()
        return TriggerResult.FIRE

    def on_processing_time(
        self, time: int, window: Window, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(
        self, time: int, window: Window, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        return TriggerResult.CONTINUE

    def can_merge(self) -> bool:
        return True

    def on_merge(self, window: Window, ctx: Trigger.OnMergeContext) -> None:
        ctx.merge_partitioned_state(self._count_descriptor)

    def clear(self, window: Window, ctx: Trigger.TriggerContext) -> None:
        ctx.get_partitioned_state(self._count_descriptor).clear()

    def __repr__(self) -> str:
        return f"CountTrigger({self._window_size})"
