"""Fires the timers of an operator's process function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from hurtig.operators.collector import Collector, ProcessCall, run_keyed
from hurtig.operators.process_contexts import FiredTimer
from hurtig.operators.processing_time import over
from hurtig.operators.wake_up import WakeUp
from hurtig.state.timers import TimeDomain
from hurtig.state.typed_key import unwrap_key

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator


class TimerContext(Protocol):
    """A context of ``on_timer``."""

    element_timestamp: int
    domain: TimeDomain


class TimerFiring:
    """Calls ``on_timer`` for what is due; keeps one wake-up for the earliest processing time.

    ``on_timer``  (timestamp, context) -> results, which carry the timer's timestamp.
    """

    def __init__(
        self, operator: StreamOperator, on_timer: ProcessCall, context: TimerContext
    ) -> None:
        self._operator = operator
        self._on_timer = on_timer
        self._context = context
        self._timers = operator.context.timer_service
        self._backend = operator.context.keyed_state()
        self._clock = operator.context.processing_time
        self._wake_up = WakeUp(self._clock, self._fire_processing_time)

    def fire_event_time(self, watermark: int) -> None:
        """Fire the event-time timers up to ``watermark`` (epoch ms)."""
        first = self._timers.next_event_time()
        due = self._timers.advance_watermark(watermark)
        if first is not None and first <= watermark:
            self._fire(due, TimeDomain.EVENT_TIME)

    def schedule(self) -> None:
        """Make sure that the earliest processing-time timer wakes the operator."""
        self._wake_up.at(self._timers.next_processing_time())

    def stop(self) -> None:
        """Drop the wake-up: pending processing-time timers end with the input."""
        self._wake_up.cancel()

    def _fire_processing_time(self, timestamp: int) -> None:
        now = over(timestamp, self._clock)
        self._fire(self._timers.advance_processing_time(now), TimeDomain.PROCESSING_TIME)

    def _fire(self, due: Iterator[tuple[int, Any, Any]], domain: TimeDomain) -> None:
        self._context.domain = domain
        name = domain.name
        collector = Collector(
            self._operator, True, lambda time, key: FiredTimer(unwrap_key(key), time, name)
        )
        records = ((timestamp, timestamp, key) for timestamp, key, _ in due)
        run_keyed(collector, self._on_timer, records, self._context, self._backend)
        self.schedule()
