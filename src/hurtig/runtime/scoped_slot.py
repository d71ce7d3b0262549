"""A slot as the tasks of one attempt see it: what they left behind ends with them."""

from __future__ import annotations

from collections.abc import Callable

from hurtig.operators.processing_time import Mailbox, ProcessingTimeService
from hurtig.runtime.slot import Slot


class ScopedSlot(ProcessingTimeService, Mailbox):
    """Clock, timers and mailbox of a slot until :meth:`close`; then timers and mail are dropped,
    so that nothing of an attempt that is over reaches its operators, which are closed."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._now = slot.now
        self._closed = False
        self.wakeup = slot.wakeup

    def now(self) -> int:
        return self._now()

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        def fire(at: int) -> None:
            if not self._closed:
                callback(at)

        return self._slot.schedule(timestamp, fire)

    def submit(self, work: Callable[[], None]) -> None:
        def run() -> None:
            if not self._closed:
                work()

        self._slot.submit(run)

    def close(self) -> None:
        """The attempt is over."""
        self._closed = True
