"""Processing time of one keyed operator inside a chain."""

from __future__ import annotations

from collections.abc import Callable

from hurtig.operators.processing_time import ProcessingTimeService
from hurtig.operators.wake_up import WakeUp
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
        self._wake_up = WakeUp(slot, self._called)
        self._suspended = False

    def now(self) -> int:
        return self._slot.now()

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        cancel = self._own.schedule(timestamp, callback)
        self._wake_up.at(self._own.next_time())
        return cancel

    def fire_due(self) -> None:
        """Fire the operator's own timers whose millisecond is over."""
        first = self._own.next_time()
        if first is not None and not self._suspended and first < (now := self._slot.now()):
            self._own.fire_before(now)
            self._wake_up.at(self._own.next_time())

    def suspend(self, suspended: bool) -> None:
        self._suspended = suspended
        if not suspended:
            self._wake_up.at(self._own.next_time())

    def _called(self, timestamp: int) -> None:
        if self._suspended:
            return
        # Only up to here: timers of other operators may lie between this one and the next.
        self._own.fire_before(timestamp + 1)
        self._wake_up.at(self._own.next_time())
