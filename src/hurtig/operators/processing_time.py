"""Processing time as operators see it: a clock, and callbacks in the task's own thread."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable


class ProcessingTimeService(ABC):
    """Clock and timers of a task. All callbacks run in the thread of the task, between batches."""

    @abstractmethod
    def now(self) -> int:
        """Current processing time in epoch milliseconds."""

    @abstractmethod
    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback(timestamp)`` once that millisecond is over; returns a cancel function."""

    def suspend(self, suspended: bool) -> None:
        """Hold back the callbacks of one operator, where the clock is its own; ``False`` calls
        what has become due meanwhile."""


def over(timestamp: int, clock: ProcessingTimeService) -> int:
    """The last millisecond that is over when a callback for ``timestamp`` is called (epoch ms)."""
    return max(timestamp, clock.now() - 1)


class Mailbox(ABC):
    """Lets helper threads hand work to the thread of the task (Flink's ``MailboxExecutor``)."""

    @abstractmethod
    def submit(self, work: Callable[[], None]) -> None:
        """Run ``work()`` soon in the task's thread; safe to call from any thread."""


class ManualProcessingTime(ProcessingTimeService):
    """A clock that moves only when told to: for tests, the harness and the simulation.

    Callbacks for the very time that it moves to are called: nothing else happens at that time.
    """

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self._seq = 0
        self._timers: list[tuple[int, int, Callable[[int], None]]] = []

    def now(self) -> int:
        return self._now

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        self._seq += 1
        entry = (timestamp, self._seq, callback)
        self._timers.append(entry)

        def cancel() -> None:
            if entry in self._timers:
                self._timers.remove(entry)

        return cancel

    def advance_to(self, now: int) -> None:
        """Move the clock and run what is due, in time order."""
        while True:
            due = min((t for t in self._timers if t[0] <= now), default=None, key=lambda t: t[:2])
            if due is None:
                break
            self._timers.remove(due)
            self._now = max(self._now, due[0])
            due[2](due[0])
        self._now = max(self._now, now)
