"""What all window operators share: functions, results, late records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from hurtig.common.time_text import format_time
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import Collector
from hurtig.operators.contract import StreamOperator
from hurtig.operators.functions import ProcessAllWindowFunction, ProcessWindowFunction
from hurtig.operators.output_tag import OutputTag
from hurtig.operators.processing_time import over
from hurtig.operators.record_failure import set_aside
from hurtig.operators.user_function import close_function, open_function
from hurtig.operators.wake_up import WakeUp
from hurtig.operators.window.assigner import MissingTimestampError, missing_timestamp_text
from hurtig.operators.window.contents import MISSING, ContentsLogic, WindowContents
from hurtig.operators.window.contexts import WindowContext
from hurtig.state.typed_key import unwrap_key

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

WindowCall = Callable[[Any, Any, Any], Iterable[Any] | None]
"""(canonical key, window, list of elements) -> results."""

_NO_CLEAR = (ProcessWindowFunction.clear, ProcessAllWindowFunction.clear)


class FiredWindow(NamedTuple):
    """Stands for the record in the error of a window function."""

    key: Any
    window: Any
    contents: Any


class WindowOperatorBase(StreamOperator):
    """Opens the functions, calls them, and deals with late records.

    ``allowed_lateness`` in ms; ``late_tag`` the id of the side output for late records;
    ``all_windows`` whether the functions take no key (``window_all``).
    """

    keyed = True
    merging = False
    _wake_up: WakeUp | None = None

    def __init__(
        self,
        contents: WindowContents,
        allowed_lateness: int = 0,
        late_tag: str | None = None,
        all_windows: bool = False,
        output_type: TypeInformation | None = None,
    ) -> None:
        self.contents = contents
        self.allowed_lateness = allowed_lateness
        self.late_tag = late_tag
        self.all_windows = all_windows
        self.output_type = output_type

    def open(self) -> None:
        self.backend = self.context.keyed_state()
        self.window_context = WindowContext(self, self.merging)
        function = self.contents.window_function
        open_function(self, self.contents.function)
        open_function(self, function)
        self.call = None if function is None else self._caller(function)
        clear = getattr(function, "clear", None)
        overridden = clear is not None and getattr(type(function), "clear", None) not in _NO_CLEAR
        self.clear_function = clear if overridden else None
        self._warned_late = False

    def close(self) -> None:
        if self._wake_up is not None:
            self._wake_up.cancel()
        close_function(self, self.contents.window_function)
        close_function(self, self.contents.function)

    def wake_up_for(self, advance: Callable[[int], None]) -> WakeUp:
        """Has ``advance`` called with the last millisecond that is over."""
        clock = self.context.processing_time
        self._wake_up = WakeUp(clock, lambda timestamp: advance(over(timestamp, clock)))
        return self._wake_up

    def _caller(self, function: Any) -> WindowCall:
        context = self.window_context
        process = getattr(function, "process", None)
        if process is not None:
            if self.all_windows:

                def process_all(key: Any, window: Any, elements: Any) -> Any:
                    context.current = window
                    return process(context, elements)

                return process_all

            def process_keyed(key: Any, window: Any, elements: Any) -> Any:
                context.current = window
                return process(unwrap_key(key), context, elements)

            return process_keyed
        apply = function.apply
        if self.all_windows:
            return lambda key, window, elements: apply(window, elements)
        return lambda key, window, elements: apply(unwrap_key(key), window, elements)

    def clear_window(self, window: Any) -> None:
        """Call the function's ``clear`` for the current key and a window that is dropped."""
        if self.clear_function is not None:
            self.window_context.current = window
            try:
                self.clear_function(self.window_context)
            except Exception as e:
                key = unwrap_key(self.backend.current_key)
                set_aside(self, e, FiredWindow(key, window, None), window.max_timestamp())

    def run_function(self, collector: Collector, key: Any, window: Any, seen: Any) -> None:
        """Call the window function and collect its results, under the error policy.

        ``seen`` is a list: the elements, or the one result. Pairs of an OutputTag and a value go
        to side outputs.
        """
        assert self.call is not None
        self.backend.current_key = key
        time = window.max_timestamp()
        values = collector.values
        before = len(values)
        got = None
        try:
            got = self.call(key, window, seen)
            if got is not None:
                for result in got:
                    if result.__class__ is tuple and result and result[0].__class__ is OutputTag:
                        collector.add_side(result, time)
                    else:
                        values.append(result)
        except Exception as e:
            collector.timestamps.extend(repeat(time, len(values) - before))
            collector.failed(e, FiredWindow(unwrap_key(key), window, seen), key, time, got)
        else:
            collector.timestamps.extend(repeat(time, len(values) - before))

    def result_of(self, logic: ContentsLogic, key: Any, window: Any, contents: Any) -> Any:
        """The result of contents; ``MISSING`` if the function failed and the policy allows it."""
        try:
            return logic.result(contents)
        except Exception as e:
            fired = FiredWindow(unwrap_key(key), window, contents)
            set_aside(self, e, fired, window.max_timestamp())
            return MISSING

    def timestamps_of(self, batch: RowBatch) -> list[int]:
        """The timestamps of a batch for an event-time window; an error where there are none."""
        if batch.timestamps is None:
            raise self.missing_timestamp()
        return batch.timestamps

    def missing_timestamp(self) -> MissingTimestampError:
        """The error for a record without a timestamp."""
        return MissingTimestampError(missing_timestamp_text(self.context.name))

    def emit_late(self, values: list[Any], timestamps: list[int], ends: list[Any]) -> None:
        """Late records go to the side output, or are dropped, counted and warned about once.

        ``ends`` are the ends (epoch ms) of the windows that they came too late for, or ``None``.
        """
        if self.late_tag is not None:
            self.output.emit_side(self.late_tag, RowBatch(values, timestamps))
            return
        self.metrics.late_dropped += len(values)
        if not self._warned_late:
            self._warned_late = True
            self.context.warn(self._late_text(values[0], timestamps[0], ends[0]))

    def _late_text(self, value: Any, timestamp: int, end: int | None) -> str:
        from hurtig.common.errors import shorten

        window = "no window is open for it" if end is None else f"its window ended at {_time(end)}"
        if self.allowed_lateness and end is not None:
            window += f" ({self.allowed_lateness} ms of allowed lateness included in the check)"
        return (
            f"dropped a late record with timestamp {_time(timestamp)}: {window}, the watermark is "
            f"at {_time(self.current_watermark)}. Record: {shorten(value)}. Raise the bound of "
            "for_bounded_out_of_orderness(), set allowed_lateness(), or read late records with "
            "side_output_late_data(). Further late records are only counted (late_dropped)."
        )


def _time(timestamp: int) -> str:
    if timestamp in (MIN_TIMESTAMP, MAX_TIMESTAMP):
        return format_time(timestamp)
    return f"{timestamp} ms ({format_time(timestamp)})"
