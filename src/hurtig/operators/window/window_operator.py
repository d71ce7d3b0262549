"""The general window operator: any assigner, any trigger, with or without an evictor."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import Collector
from hurtig.operators.record_failure import set_aside
from hurtig.operators.window.assigner import MergingWindowAssigner, WindowAssigner
from hurtig.operators.window.contents import (
    ELEMENTS,
    MISSING,
    WindowContents,
    isolated,
    logic_of,
)
from hurtig.operators.window.contexts import AssignerContext, OperatorTriggerContext
from hurtig.operators.window.evicting import EvictingLogic
from hurtig.operators.window.operator_base import FiredWindow, WindowOperatorBase
from hurtig.operators.window.trigger import Trigger, TriggerResult
from hurtig.operators.window.window_store import MergingStore, PlainStore, WindowStore
from hurtig.state.typed_key import unwrap_key

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.window.evictors import Evictor

_CONTINUE = TriggerResult.CONTINUE
_FIRES = (TriggerResult.FIRE, TriggerResult.FIRE_AND_PURGE)
_PURGES = (TriggerResult.PURGE, TriggerResult.FIRE_AND_PURGE)


class WindowOperator(WindowOperatorBase):
    """Mirrors Flink's ``WindowOperator`` and ``EvictingWindowOperator``.

    ``drop_on_purge`` drops a window for good when it is purged, as count windows need that
    no time ever ends.
    """

    def __init__(
        self,
        assigner: WindowAssigner,
        trigger: Trigger,
        contents: WindowContents,
        evictor: Evictor | None = None,
        allowed_lateness: int = 0,
        late_tag: str | None = None,
        all_windows: bool = False,
        output_type: TypeInformation | None = None,
        drop_on_purge: bool = False,
    ) -> None:
        super().__init__(contents, allowed_lateness, late_tag, all_windows, output_type)
        self.assigner = assigner
        self.trigger = trigger
        self.evictor = evictor
        self.drop_on_purge = drop_on_purge
        self.merging = isinstance(assigner, MergingWindowAssigner)
        self.event_time = assigner.is_event_time()

    def open(self) -> None:
        super().open()
        self.timers = self.context.timer_service
        if self.timers.backend is None:
            self.timers.backend = self.backend
        logic = logic_of(self.contents, overlapping=True)
        self.evicting = None if self.evictor is None else EvictingLogic(self.evictor, logic)
        self.logic = self.evicting or logic
        descriptor = (
            self.contents.descriptor() if self.evicting is None else self.evicting.descriptor()
        )
        self.store: WindowStore = (
            MergingStore(self.backend, descriptor, self.logic)
            if self.merging
            else PlainStore(self.backend, descriptor)
        )
        self.trigger_context = OperatorTriggerContext(self)
        self.assigner_context = AssignerContext(self)
        self._collector = Collector(self, True)
        self._late: tuple[list[Any], list[int], list[int | None]] = ([], [], [])
        self._wake_me = self.wake_up_for(self.advance_processing_time).at
        self._schedule_wake_up()

    # ---- elements

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        assert batch.keys is not None
        backend = self.backend
        add = self._add_merging if self.merging else self._add
        timestamps = batch.timestamps or repeat(MIN_TIMESTAMP, len(batch.values))
        value = None
        time = MIN_TIMESTAMP
        rows = zip(batch.values, timestamps, batch.keys, strict=True)
        while True:
            try:
                for value, time, key in rows:
                    if time == MIN_TIMESTAMP and self.event_time:
                        raise self.missing_timestamp()
                    backend.current_key = key
                    add(value, time)
                break
            except HurtigError:
                raise
            except Exception as e:
                set_aside(self, e, value, time)
        self._flush()
        self._schedule_wake_up()

    def _add(self, value: Any, time: int) -> None:
        skipped = True
        end = None
        for window in self.assigner.assign_windows(value, time, self.assigner_context):
            if self._is_late(window):
                end = end or window.max_timestamp() + 1
                continue
            skipped = False
            self._add_to(window, value, time)
        if skipped:
            self._skipped(value, time, end)

    def _add_merging(self, value: Any, time: int) -> None:
        skipped = True
        end = None
        for new in self.assigner.assign_windows(value, time, self.assigner_context):
            window, merges = self.store.merge_in(self.assigner, new)
            for result_window, parts in merges:
                self._merge(result_window, parts)
            if self._is_late(window):
                end = window.max_timestamp() + 1
                continue
            skipped = False
            self._add_to(window, value, time)
        if skipped:
            self._skipped(value, time, end)

    def _add_to(self, window: Any, value: Any, time: int) -> None:
        added = value if self.evicting is None else (value, time)
        self.store.add(window, self.logic.add, added)
        context = self.trigger_context
        context.window = window
        result = self.trigger.on_element(value, time, window, context)
        self._register_cleanup(window)
        if result is not _CONTINUE:
            self._act(result, window)

    def _merge(self, result: Any, parts: list[Any]) -> None:
        """Contents are merged already; the trigger and the timers follow."""
        context = self.trigger_context
        gone = [part for part in parts if part != result]
        context.window = result
        context.merged = gone
        self.trigger.on_merge(result, context)
        for part in gone:
            context.window = part
            self.trigger.clear(part, context)
            self._delete_cleanup(part)

    def _skipped(self, value: Any, time: int, end: int | None) -> None:
        """The element is in no window, or only in windows that are closed."""
        if self.event_time and time + self.allowed_lateness <= self.current_watermark:
            values, times, ends = self._late
            values.append(value)
            times.append(time)
            ends.append(end)

    # ---- timers

    def advance_watermark(self, timestamp: int) -> None:
        for time, key, window in self.timers.advance_watermark(timestamp):
            self._on_timer(time, key, window, self.trigger.on_event_time, self.event_time)
        self._flush()
        self._schedule_wake_up()
        self.output.emit_watermark(timestamp)

    def advance_processing_time(self, now: int) -> None:
        """Fire the processing-time timers that are due. Called by the clock."""
        for time, key, window in self.timers.advance_processing_time(now):
            self._on_timer(time, key, window, self.trigger.on_processing_time, not self.event_time)
        self._flush()
        self._schedule_wake_up()

    def _on_timer(
        self,
        time: int,
        key: Any,
        window: Any,
        decide: Callable[[int, Any, Any], TriggerResult],
        ends_by_it: bool,
    ) -> None:
        self.backend.current_key = key
        if self.merging and not self.store.holds(window):
            return  # a timer of a trigger that did not take it back
        context = self.trigger_context
        context.window = window
        try:
            result = decide(time, window, context)
            if result is not _CONTINUE:
                self._act(result, window)
            if ends_by_it and time == self._cleanup_time(window):
                self._drop(window)
        except HurtigError:
            raise
        except Exception as e:
            set_aside(self, e, FiredWindow(unwrap_key(key), window, None), time)

    def _schedule_wake_up(self) -> None:
        self._wake_me(self.timers.next_processing_time())

    # ---- firing and dropping

    def _act(self, result: TriggerResult, window: Any) -> None:
        if result in _FIRES:
            contents = self.store.get(window)
            if contents is not MISSING:
                if self.evicting is None and self._stays(result, window):
                    contents = self._detached(contents)
                self._fire(window, contents)
        elif result not in _PURGES:
            raise TypeError(
                f"the trigger {self.trigger!r} must return a TriggerResult, it returned {result!r}"
            )
        if result in _PURGES:
            self.store.purge(window)
            if self.drop_on_purge:
                self._drop(window)

    def _stays(self, result: TriggerResult, window: Any) -> bool:
        """Whether the contents are there for more elements after they have fired."""
        return result not in _PURGES and not self._is_late(window)

    def _detached(self, contents: Any) -> Any:
        """Contents as they are now: what is emitted does not change with the next element, nor
        do the contents when a reader changes what was emitted."""
        if self.contents.kind == ELEMENTS:
            return [isolated(element) for element in contents]
        return isolated(contents)

    def _fire(self, window: Any, contents: Any) -> None:
        evicting = self.evicting
        if evicting is None:
            self._emit(window, contents)
            return
        elements = evicting.before(contents, window, self.trigger_context)
        if elements:
            self._emit(window, elements)
        self.store.put(window, evicting.after(elements, window, self.trigger_context))

    def _emit(self, window: Any, contents: Any) -> None:
        key = self.backend.current_key
        result = self.result_of(self.logic, key, window, contents)
        if result is MISSING:
            return
        if self.call is None:
            self._collector.values.append(result)
            self._collector.timestamps.append(window.max_timestamp())
        else:
            seen = result if self.contents.function is None else [result]
            self.run_function(self._collector, key, window, seen)

    def _drop(self, window: Any) -> None:
        context = self.trigger_context
        context.window = window
        self.store.remove(window)
        self.trigger.clear(window, context)
        self.clear_window(window)
        self.window_context.clear_window_state(window)

    def _cleanup_time(self, window: Any) -> int:
        end: int = window.max_timestamp()
        if self.event_time:
            return min(end + self.allowed_lateness, MAX_TIMESTAMP)
        return end

    def _is_late(self, window: Any) -> bool:
        return self.event_time and self._cleanup_time(window) <= self.current_watermark

    def _register_cleanup(self, window: Any) -> None:
        time = self._cleanup_time(window)
        if time == MAX_TIMESTAMP:
            return  # such a window is never dropped by time
        if self.event_time:
            self.timers.register_event_time_timer(window, time)
        else:
            self.timers.register_processing_time_timer(window, time)

    def _delete_cleanup(self, window: Any) -> None:
        time = self._cleanup_time(window)
        if self.event_time:
            self.timers.delete_event_time_timer(window, time)
        else:
            self.timers.delete_processing_time_timer(window, time)

    def _flush(self) -> None:
        self._collector.emit()
        if self._late[0]:
            self.emit_late(*self._late)
            self._late = ([], [], [])
