"""A main thread whose time passes only when it is told to."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable


class VirtualTime:
    """A :class:`~hurtig.checkpoint.environment.MainThread` for tests and simulations.

    What is submitted runs in order, what is scheduled runs at its time, and at the same time in
    the order in which it was scheduled. Nothing runs before :meth:`run` or :meth:`advance`.
    """

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self._mail: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[int, int, _Timer]] = []
        self._count = 0

    def now(self) -> int:
        """Epoch ms."""
        return self._now

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback(timestamp)`` at that time, at once where it has passed; returns how to
        cancel."""
        timer = _Timer(callback)
        self._count += 1
        heapq.heappush(self._timers, (timestamp, self._count, timer))
        return timer.cancel

    def submit(self, work: Callable[[], None]) -> None:
        """Run soon."""
        self._mail.append(work)

    def next_timer(self) -> int | None:
        """When the next callback is due."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def run(self) -> None:
        """Run all that was submitted, and timers that are due, until nothing is left to do now."""
        while True:
            if self._mail:
                self._mail.popleft()()
                continue
            due = self.next_timer()
            if due is None or due > self._now:
                return
            timestamp, _, timer = heapq.heappop(self._timers)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback(timestamp)

    def advance(self, millis: int) -> None:
        """Let so much time pass; what falls due meanwhile runs at its time."""
        end = self._now + millis
        self.run()
        while (due := self.next_timer()) is not None and due <= end:
            self._now = max(self._now, due)
            self.run()
        self._now = end


class _Timer:
    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[int], None]) -> None:
        self.callback: Callable[[int], None] | None = callback

    def cancel(self) -> None:
        self.callback = None
