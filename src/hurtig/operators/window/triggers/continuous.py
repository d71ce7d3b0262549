"""Triggers that fire again and again while their window is open."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time, to_millis
from hurtig.common.typeinfo import Types
from hurtig.operators.functions import ReduceFunction
from hurtig.operators.window.trigger import Trigger, TriggerResult
from hurtig.operators.window.windows import TimeWindow
from hurtig.state.descriptors import ReducingStateDescriptor


class EarliestTime(ReduceFunction):
    """The smaller of two times: where windows merge, the earlier timer wins."""

    def reduce(self, value1: int, value2: int) -> int:
        return min(value1, value2)


class _ContinuousTrigger(Trigger):
    """Keeps the time of the next firing in state. ``interval`` in ms, more than 0."""

    def __init__(self, interval: int) -> None:
        if interval <= 0:
            raise ProgramError(f"{type(self).__name__} needs an interval > 0, got {interval} ms")
        self.interval = interval
        self.state_desc = ReducingStateDescriptor(
            "_trigger_fire_time", EarliestTime(), Types.LONG()
        )

    def can_merge(self) -> bool:
        return True

    @abstractmethod
    def _register(self, time: int, ctx: Trigger.TriggerContext) -> None: ...

    @abstractmethod
    def _delete(self, time: int, ctx: Trigger.TriggerContext) -> None: ...

    def _on_timer(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() != time:
            return TriggerResult.CONTINUE
        fire_time.clear()
        # At the end of the window there is no next time: the timer would fire at once, for ever.
        if time < window.max_timestamp():
            self.register_next_fire_timestamp(time, window, ctx, fire_time)
        return TriggerResult.FIRE

    def on_merge(self, window: TimeWindow, ctx: Trigger.OnMergeContext) -> None:
        ctx.merge_partitioned_state(self.state_desc)
        next_time = ctx.get_partitioned_state(self.state_desc).get()
        if next_time is not None:
            self._register(next_time, ctx)

    def clear(self, window: TimeWindow, ctx: Trigger.TriggerContext) -> None:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        next_time = fire_time.get()
        if next_time is not None:
            self._delete(next_time, ctx)
            fire_time.clear()

    def register_next_fire_timestamp(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext, fire_timestamp_state: Any
    ) -> None:
        """Fire next an interval after ``time``, at the latest at the window's end."""
        next_time = min(time + self.interval, window.max_timestamp())
        fire_timestamp_state.add(next_time)
        self._register(next_time, ctx)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.interval})"


class ContinuousEventTimeTrigger(_ContinuousTrigger):
    """Fires each ``interval`` of event time (multiples of it), and at the window's end."""

    @staticmethod
    def of(interval: Time | Duration) -> ContinuousEventTimeTrigger:
        """The trigger; ``ProgramError`` unless ``interval`` is more than 0."""
        return ContinuousEventTimeTrigger(to_millis(interval, "the interval of the trigger"))

    def on_element(
        self, element: Any, timestamp: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        end = window.max_timestamp()
        if end <= ctx.get_current_watermark():
            return TriggerResult.FIRE
        ctx.register_event_time_timer(end)
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() is None:
            last = timestamp - timestamp % self.interval
            self.register_next_fire_timestamp(last, window, ctx, fire_time)
        return TriggerResult.CONTINUE

    def on_processing_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        if time == window.max_timestamp():
            return TriggerResult.FIRE
        return self._on_timer(time, window, ctx)

    def on_merge(self, window: TimeWindow, ctx: Trigger.OnMergeContext) -> None:
        super().on_merge(window, ctx)
        end = window.max_timestamp()
        if end > ctx.get_current_watermark():
            ctx.register_event_time_timer(end)

    def clear(self, window: TimeWindow, ctx: Trigger.TriggerContext) -> None:
        ctx.delete_event_time_timer(window.max_timestamp())
        super().clear(window, ctx)

    def _register(self, time: int, ctx: Trigger.TriggerContext) -> None:
        ctx.register_event_time_timer(time)

    def _delete(self, time: int, ctx: Trigger.TriggerContext) -> None:
        ctx.delete_event_time_timer(time)


class ContinuousProcessingTimeTrigger(_ContinuousTrigger):
    """Fires each ``interval`` of processing time (multiples of it), and at the window's end."""

    @staticmethod
    def of(interval: Time | Duration) -> ContinuousProcessingTimeTrigger:
        """The trigger; ``ProgramError`` unless ``interval`` is more than 0."""
        return ContinuousProcessingTimeTrigger(to_millis(interval, "the interval of the trigger"))

    def on_element(
        self, element: Any, timestamp: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() is None:
            now = ctx.get_current_processing_time()
            self.register_next_fire_timestamp(now - now % self.interval, window, ctx, fire_time)
        return TriggerResult.CONTINUE

    def on_processing_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        return self._on_timer(time, window, ctx)

    def on_event_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        return TriggerResult.CONTINUE

    def _register(self, time: int, ctx: Trigger.TriggerContext) -> None:
        ctx.register_processing_time_timer(time)

    def _delete(self, time: int, ctx: Trigger.TriggerContext) -> None:
        ctx.delete_processing_time_timer(time)
