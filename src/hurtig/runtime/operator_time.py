"""Processing time of one keyed operator inside a chain."""

from __future__ import annotations

from collections.abc import Callable

from hurtig.operators.processing_time import ProcessingTimeService
from hurtig.runtime.timer_heap import TimerHeap


class OperatorTime(ProcessingTimeService):
    """The slot's clock and timers, and the way to fire the operator's own before its next batch.

    A keyed operator would be a task of its own in Flink: its timers fire while the operators
    before it are busy with the next record. Here they share a thread, so what has become due
    meanwhile fires when the next batch reaches the keyed edge, before that batch.
    """

    def __init__(self, slot: ProcessingTimeService) -> None:
        self._slot = slot
        self._own = TimerHeap()
        self._wake_up: int | None = None
        self._cancel_wake_up: Callable[[], None] | None = None

    def now(self) -> int:
        return self._slot.now()

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        cancel = self._own.schedule(timestamp, callback)
        self._follow()
        return cancel

    def fire_due(self) -> None:
        """Fire the operator's own timers whose millisecond is over."""
        first = self._own.next_time()
        if first is not None and first < (now := self._slot.now()):
            self._own.fire_before(now)
            self._follow()

    def _follow(self) -> None:
        """Have the slot call at the time of the first timer."""
        first = self._own.next_time()
        if first is None or (self._wake_up is not None and self._wake_up <= first):
            return
        if self._cancel_wake_up is not None:
            self._cancel_wake_up()
        self._wake_up = first
        self._cancel_wake_up = self._slot.schedule(first, self._called)

    def _called(self, timestamp: int) -> None:
        self._wake_up = self._cancel_wake_up = None
        # Only up to here: timers of other operators may lie between this one and the next.
        self._own.fire_before(timestamp + 1)
        self._follow()
