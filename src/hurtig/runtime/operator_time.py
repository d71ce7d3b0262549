"""Processing time of one keyed operator inside a chain."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from hurtig.operators.processing_time import ProcessingTimeService


class OperatorTime(ProcessingTimeService):
    """The slot's clock and timers, and the way to fire the operator's own before its next batch.

    A keyed operator would be a task of its own in Flink: its timers fire while the operators
    before it are busy with the next record. Here they share a thread, so what has become due
    meanwhile fires when the next batch reaches the keyed edge, before that batch.
    """

    def __init__(self, slot: ProcessingTimeService) -> None:
        self._slot = slot
        self._own: list[tuple[int, int, Callable[[], None], Callable[[int], None]]] = []
        self._sequence = 0

    def now(self) -> int:
        return self._slot.now()

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        fired = False

        def fire(at: int) -> None:
            nonlocal fired
            if not fired:
                fired = True
                callback(at)

        cancel_in_slot = self._slot.schedule(timestamp, fire)

        def cancel() -> None:
            nonlocal fired
            fired = True
            cancel_in_slot()

        self._sequence += 1
        heapq.heappush(self._own, (timestamp, self._sequence, cancel_in_slot, fire))
        return cancel

    def fire_due(self) -> None:
        """Fire the operator's own timers whose millisecond is over."""
        own = self._own
        if not own or own[0][0] >= self._slot.now():
            return
        now = self._slot.now()
        while own and own[0][0] < now:
            timestamp, _, cancel_in_slot, fire = heapq.heappop(own)
            cancel_in_slot()
            fire(timestamp)
