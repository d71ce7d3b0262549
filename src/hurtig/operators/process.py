"""``process``: any number of results per record, timers and side outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.messages import RowBatch
from hurtig.operators.collector import (
    Collector,
    ProcessCall,
    keyed_records,
    run_keyed,
    run_unkeyed,
    unkeyed_records,
)
from hurtig.operators.contract import StreamOperator
from hurtig.operators.process_contexts import (
    ElementContext,
    FiredTimerContext,
    KeyedElementContext,
    UnkeyedTimerService,
)
from hurtig.operators.timer_firing import TimerFiring
from hurtig.operators.user_function import close_function, open_function
from hurtig.state.timers import KeyedTimerService

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class ProcessOperator(StreamOperator):
    """Calls a :class:`ProcessFunction`. Mirrors Flink's ``ProcessOperator``.

    ``methods`` are the function's methods, one for each input. Where ``keyed``, the function may
    use keyed state and timers.
    """

    methods: tuple[str, ...] = ("process_element",)
    function_class = "ProcessFunction"

    def __init__(self, function: Any, output_type: TypeInformation | None = None) -> None:
        if isinstance(function, type) or not all(
            callable(getattr(function, method, None)) for method in self.methods
        ):
            raise TypeError(
                f"process takes a {self.function_class}, an object with "
                f"{' and '.join(self.methods)}, got {function!r}"
            )
        self.function = function
        self.output_type = output_type

    def open(self) -> None:
        self._calls: list[ProcessCall] = [getattr(self.function, m) for m in self.methods]
        self._firing: TimerFiring | None = None
        if self.keyed:
            self._backend = self.context.keyed_state()
            timers = KeyedTimerService(self.context.timer_service)
            self._keyed_context = KeyedElementContext(timers, self._backend)
            on_timer = getattr(self.function, "on_timer", _no_timer)
            self._firing = TimerFiring(self, on_timer, FiredTimerContext(timers, self._backend))
            self._firing.schedule()  # restored ones
        else:
            self._context = ElementContext(UnkeyedTimerService(self))
        open_function(self, self.function)

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        collector = Collector(self, batch.timestamps is not None)
        process = self._calls[input_index]
        if self._firing is None:
            run_unkeyed(collector, process, unkeyed_records(batch), self._context)
        else:
            records = keyed_records(batch)
            run_keyed(collector, process, records, self._keyed_context, self._backend)
            self._firing.schedule()

    def advance_watermark(self, timestamp: int) -> None:
        if self._firing is not None:
            self._firing.fire_event_time(timestamp)
        self.output.emit_watermark(timestamp)

    def finish(self) -> None:
        if self._firing is not None:
            self._firing.stop()

    def close(self) -> None:
        firing = getattr(self, "_firing", None)
        if firing is not None:
            firing.stop()
        close_function(self, self.function)


def _no_timer(timestamp: int, context: Any) -> None:
    return None


class KeyedProcessOperator(ProcessOperator):
    """Calls a :class:`KeyedProcessFunction`. Mirrors Flink's ``KeyedProcessOperator``."""

    keyed = True
    function_class = "KeyedProcessFunction"
