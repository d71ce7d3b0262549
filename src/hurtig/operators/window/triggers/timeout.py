"""Adds a processing-time limit to any trigger."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time, to_millis
from hurtig.common.typeinfo import Types
from hurtig.operators.window.trigger import Trigger, TriggerResult
from hurtig.operators.window.triggers.continuous import EarliestTime
from hurtig.state.descriptors import ReducingStateDescriptor


class ProcessingTimeoutTrigger(Trigger):
    """Fires as ``nested_trigger`` does, and also ``timeout`` after a window's first element.

    ``reset_timer_on_new_record`` counts from the last element instead;
    ``should_clear_on_timeout`` clears the nested trigger when the time is up. Mirrors the
    ``ProcessingTimeoutTrigger`` of Flink's Java API.
    """

    def __init__(
        self,
        nested_trigger: Trigger,
        timeout: int,
        reset_timer_on_new_record: bool = False,
        should_clear_on_timeout: bool = True,
    ) -> None:
        if timeout <= 0:
            raise ProgramError(f"ProcessingTimeoutTrigger needs a timeout > 0, got {timeout} ms")
        self.nested_trigger = nested_trigger
        self._timeout = timeout
        self._reset = reset_timer_on_new_record
        self._clear_on_timeout = should_clear_on_timeout
        self._descriptor = ReducingStateDescriptor("_trigger_timeout", EarliestTime(), Types.LONG())

    @staticmethod
    def of(
        nested_trigger: Trigger,
        timeout: Time | Duration,
        reset_timer_on_new_record: bool = False,
        should_clear_on_timeout: bool = True,
    ) -> ProcessingTimeoutTrigger:
        """The trigger; ``ProgramError`` unless ``timeout`` is more than 0."""
        return ProcessingTimeoutTrigger(
            nested_trigger,
            to_millis(timeout, "the timeout of the trigger"),
            reset_timer_on_new_record,
            should_clear_on_timeout,
        )

    def on_element(
        self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        result = self.nested_trigger.on_element(element, timestamp, window, ctx)
        if result.is_fire():
            self.clear(window, ctx)
            return result
        deadline = ctx.get_partitioned_state(self._descriptor)
        if self._reset:
            self._forget(ctx)
        if deadline.get() is None:
            time = ctx.get_current_processing_time() + self._timeout
            deadline.add(time)
            ctx.register_processing_time_timer(time)
        return result

    def on_processing_time(
        self, time: int, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        result = self.nested_trigger.on_processing_time(time, window, ctx)
        deadline = ctx.get_partitioned_state(self._descriptor)
        if deadline.get() != time:
            return self._after(result, window, ctx)
        deadline.clear()
        if self._clear_on_timeout:
            self.clear(window, ctx)
        return TriggerResult.FIRE_AND_PURGE if result.is_purge() else TriggerResult.FIRE

    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return self._after(self.nested_trigger.on_event_time(time, window, ctx), window, ctx)

    def _after(
        self, result: TriggerResult, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        if result.is_fire():
            self._forget(ctx)
        return result

    def _forget(self, ctx: Trigger.TriggerContext) -> None:
        deadline = ctx.get_partitioned_state(self._descriptor)
        time = deadline.get()
        if time is not None:
            ctx.delete_processing_time_timer(time)
            deadline.clear()

    def can_merge(self) -> bool:
        return self.nested_trigger.can_merge()

    def on_merge(self, window: Any, ctx: Trigger.OnMergeContext) -> None:
        self.nested_trigger.on_merge(window, ctx)
        ctx.merge_partitioned_state(self._descriptor)
        time = ctx.get_partitioned_state(self._descriptor).get()
        if time is not None:
            ctx.register_processing_time_timer(time)

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        self._forget(ctx)
        self.nested_trigger.clear(window, ctx)

    def __repr__(self) -> str:
        return f"ProcessingTimeoutTrigger({self.nested_trigger!r}, {self._timeout})"
