"""The one thread of a JobMaster: mail and timers in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from hurtig.runtime.timer_heap import TimerHeap

MAX_WAIT_SECONDS = 0.1


class EventLoop:
    """A :class:`hurtig.checkpoint.environment.MainThread`: whoever calls :meth:`step` or
    :meth:`run_until` is that thread. Only :meth:`submit` may be called from elsewhere; it takes no
    lock, so that a signal handler may call it too."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._mail: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._timers = TimerHeap()

    def now(self) -> int:
        """Epoch ms."""
        return int(self._clock() * 1000)

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback(timestamp)`` in this thread at that time; returns how to cancel."""
        return self._timers.schedule(timestamp, callback)

    def submit(self, work: Callable[[], None]) -> None:
        """Run soon in this thread."""
        self._mail.put(work)

    def step(self, max_wait: float = MAX_WAIT_SECONDS) -> None:
        """Do what is due, or wait for it, at most ``max_wait`` seconds. What a callback raises
        passes through; the rest of the mail stays."""
        seconds = max_wait
        first = self._timers.next_time()
        if first is not None:
            seconds = min(seconds, max(0.0, first / 1000 - self._clock()))
        try:
            # A blocking get of no time is an error of its own in SimpleQueue.
            work = self._mail.get(timeout=seconds) if seconds > 0 else self._mail.get(block=False)
        except Empty:
            pass
        else:
            work()
            self._work_off()
        self._timers.fire_before(self.now() + 1)

    def _work_off(self) -> None:
        """What lies in the mailbox already; what that adds waits for the next step."""
        for _ in range(self._mail.qsize()):
            try:
                work = self._mail.get(block=False)
            except Empty:
                return
            work()

    def run_until(self, done: Callable[[], bool]) -> None:
        """Work until ``done()``, which is asked after each step and ten times a second."""
        while not done():
            self.step()
