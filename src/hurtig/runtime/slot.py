"""A slot runs its tasks in one thread: mailbox, timers and tasks in turn."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from hurtig.operators.processing_time import Mailbox, ProcessingTimeService
from hurtig.runtime.timer_heap import TimerHeap

MAX_WAIT_SECONDS = 0.1


class Runnable(Protocol):
    """A task as its slot sees it."""

    def step(self) -> bool:
        """Do a bounded amount of work; whether there was any."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do, ever."""


class Slot(ProcessingTimeService, Mailbox):
    """The thread's loop. Only :meth:`submit` and :meth:`wakeup` may be called from elsewhere.

    Timers fire when their millisecond is over, as in Flink: a record that comes within it still
    belongs to the window that ends with it.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._tasks: list[Runnable] = []
        self._mail: deque[Callable[[], None]] = deque()
        self._timers = TimerHeap()
        self._signal = threading.Event()
        self.running: Runnable | None = None
        """The task whose step is under way, or was when an error left the loop."""
        self.ended_tasks: list[Runnable] = []
        """Tasks that have finished, for whoever wants to know; that one empties the list."""

    def add(self, task: Runnable) -> None:
        """Take over a task."""
        self._tasks.append(task)

    def remove(self, task: Runnable) -> None:
        """Run this task no more; nothing happens where it is not here."""
        self._tasks = [t for t in self._tasks if t is not task]

    # -- processing time ----------------------------------------------------------------------

    def now(self) -> int:
        return int(self._clock() * 1000)

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        return self._timers.schedule(timestamp, callback)

    # -- mailbox ------------------------------------------------------------------------------

    def submit(self, work: Callable[[], None]) -> None:
        self._mail.append(work)
        self._signal.set()

    def wakeup(self) -> None:
        """Something may have become available; safe from any thread."""
        self._signal.set()

    # -- the loop -----------------------------------------------------------------------------

    def step(self) -> bool:
        """One round: mail, due timers, a step of each task. Whether anything was done."""
        self._signal.clear()
        self.running = None
        progress = False
        while self._mail:
            self._mail.popleft()()
            progress = True
        if self._fire_timers():
            progress = True
        finished = False
        for task in self._tasks:
            self.running = task
            if task.step():
                progress = True
                if self._timers:
                    self.running = None
                    self._fire_timers()
            finished = finished or task.finished
        self.running = None
        if finished:
            self.ended_tasks += [t for t in self._tasks if t.finished]
            self._tasks = [t for t in self._tasks if not t.finished]
        return progress

    def _fire_timers(self) -> bool:
        first = self._timers.next_time()
        if first is None or first >= (now := self.now()):
            return False
        self._timers.fire_before(now)
        return True

    def wait(self) -> None:
        """Sleep until the next timer, a wakeup or mail."""
        seconds = MAX_WAIT_SECONDS
        first = self._timers.next_time()
        if first is not None:
            seconds = min(seconds, max(0.0, (first + 1) / 1000 - self._clock()))
        if not self._mail:
            self._signal.wait(seconds)

    def next_timer(self) -> int | None:
        """When the next processing-time timer is due, epoch ms."""
        return self._timers.next_time()

    @property
    def finished(self) -> bool:
        """Whether all tasks have finished."""
        return not self._tasks
