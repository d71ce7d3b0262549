"""One thread of the process that wakes readers up at a given time."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable

__all__ = ["WakeupTimer", "shared_timer"]


class WakeupTimer:
    """Calls functions at a time of ``time.monotonic``; its thread lives while anyone uses it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = 0
        self._users = 0
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Announce a user; the first starts the thread."""
        with self._changed:
            self._users += 1
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="hurtig-wakeup-timer", daemon=True
                )
                self._thread.start()

    def release(self) -> None:
        """A user has gone; the last ends the thread."""
        with self._changed:
            self._users -= 1
            if self._users == 0:
                self._thread = None
                self._heap.clear()
                self._changed.notify()

    def call_at(self, when: float, call: Callable[[], None]) -> None:
        """Call ``call()`` in the timer's thread once ``time.monotonic() >= when``."""
        with self._changed:
            self._sequence += 1
            heapq.heappush(self._heap, (when, self._sequence, call))
            if self._heap[0][1] == self._sequence:
                self._changed.notify()

    def _run(self) -> None:
        this = threading.current_thread()
        heap, changed = self._heap, self._changed
        while True:
            with changed:
                while self._thread is this and not (heap and heap[0][0] <= time.monotonic()):
                    changed.wait(heap[0][0] - time.monotonic() if heap else None)
                if self._thread is not this:
                    changed.notify()  # may have been meant for a successor
                    return
                call = heapq.heappop(heap)[2]
            call()


_shared = WakeupTimer()


def shared_timer() -> WakeupTimer:
    """The timer of this process."""
    return _shared
