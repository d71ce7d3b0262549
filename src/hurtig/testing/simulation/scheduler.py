"""Virtual time and the random choice of what happens next."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from zlib import crc32

KEPT = 300
"""Events that are told when a simulation fails."""


class Timeline:
    """The clock of a simulation and what it will do at later times."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self._timers: list[tuple[int, int, Callable[[int], None] | None]] = []
        self._cancelled: set[int] = set()
        self._count = 0

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback(timestamp)`` then; returns how to cancel."""
        self._count += 1
        number = self._count
        heapq.heappush(self._timers, (timestamp, number, callback))
        return lambda: self._cancelled.add(number)

    def next(self) -> int | None:
        """When the next callback is due."""
        while self._timers and self._timers[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._timers)[1])
        return self._timers[0][0] if self._timers else None

    def fire(self) -> None:
        """Call the next one, which is due."""
        if self.next() is not None:
            timestamp, _, callback = heapq.heappop(self._timers)
            assert callback is not None
            callback(timestamp)


class MainThread:
    """The thread of one JobMaster; nothing of it happens after :meth:`kill`."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.mail: deque[Callable[[], None]] = deque()
        self.dead = False

    def now(self) -> int:
        return self._timeline.now

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        def fire(at: int) -> None:
            if not self.dead:
                callback(at)

        return self._timeline.schedule(timestamp, fire)

    def submit(self, work: Callable[[], None]) -> None:
        if not self.dead:
            self.mail.append(work)

    def kill(self) -> None:
        """It is gone."""
        self.dead = True
        self.mail.clear()


class Trace:
    """What happened: the last events, and a checksum over all."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.events: deque[str] = deque(maxlen=KEPT)
        self.checksum = 0
        self.count = 0

    def add(self, event: str) -> None:
        """Something happened."""
        text = f"{self._now() - 1_000_000:>7} {event}"
        self.events.append(text)
        self.checksum = crc32(text.encode(), self.checksum)
        self.count += 1
