"""Records on their way from a helper thread, which may block, to the task, which must not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

__all__ = ["HandoffBuffer"]

_END = object()
_SMALLEST = 64


class HandoffBuffer:
    """One helper thread puts, the task takes; neither waits for a batch to fill.

    The task hears of the first record after it found nothing, so that a lone record passes at
    once while a backlog costs no signals. The room follows what the task takes at a time: what
    is read ahead stays small where records are slow to process.
    """

    __slots__ = (
        "_space",
        "_stalled",
        "_waiting",
        "_wakeup",
        "capacity",
        "closed",
        "ended",
        "error",
        "items",
        "ready",
        "signal_space",
    )

    def __init__(self, wakeup: Callable[[], None]) -> None:
        self._wakeup = wakeup
        self._space = threading.Event()
        self._stalled = False
        self._waiting = False
        self.items: list[Any] = []
        self.ready: Sequence[Any] | None = None
        """All records at once, where the helper found that they are there already."""
        self.capacity = _SMALLEST
        self.closed = False
        """The task wants nothing more."""
        self.ended = False
        """The helper thread has nothing more; ``error`` says whether it failed."""
        self.error: BaseException | None = None
        self.signal_space: Callable[[], None] = self._space.set
        """Called in the task's thread when a helper that has stalled may go on."""

    # -- the helper thread --------------------------------------------------------------------

    def put_all(self, iterator: Iterator[Any]) -> None:
        """Put what the iterator gives, until it ends or the task wants nothing more."""
        items = self.items
        append = items.append
        while not self.closed:
            first = next(iterator, _END)
            if first is _END:
                return
            append(first)
            if self._waiting:
                self.wake()
            for item in islice(iterator, max(0, self.capacity - len(items))):
                append(item)
                if self._waiting:
                    self.wake()
            if len(items) >= self.capacity:
                self.wait_for_space()

    def extend(self, values: list[Any]) -> None:
        """Put these values, then wait until there is room for more."""
        self.items.extend(values)
        if self._waiting:
            self.wake()
        if len(self.items) >= self.capacity:
            self.wait_for_space()

    def put(self, value: Any) -> bool:
        """Put one value without waiting; whether there is room for more."""
        items = self.items
        items.append(value)
        if self._waiting:
            self.wake()
        return len(items) < self.capacity

    def wait_for_space(self) -> None:
        """Wait until the task has taken half of what is there."""
        while self.stall():
            self._space.wait()

    def stall(self) -> bool:
        """Whether the helper must wait for ``signal_space``; call again after it."""
        self._space.clear()
        self._stalled = True
        if len(self.items) >= self.capacity and not self.closed:
            return True
        self._stalled = False
        return False

    def wake(self) -> None:
        """Tell the task that there is something."""
        self._waiting = False
        self._wakeup()

    def give(self, values: Sequence[Any]) -> None:
        """Hand over all records there are; nothing else may be put."""
        self.ready = values
        self._wakeup()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will come."""
        self.error = error
        self.ended = True
        self._wakeup()

    # -- the task -----------------------------------------------------------------------------

    def take(self, max_records: int) -> list[Any]:
        """What is there, at most ``max_records``; empty when there is nothing now."""
        items = self.items
        self.capacity = max(_SMALLEST, 2 * max_records)
        if not items:
            self._waiting = True
            if not items:
                return []
        self._waiting = False
        values = items[:max_records]
        del items[:max_records]
        if self._stalled and len(items) * 2 <= self.capacity:
            self._stalled = False
            self.signal_space()
        return values

    @property
    def exhausted(self) -> bool:
        """Whether the helper has ended and all it put is taken."""
        return self.ended and not self.items and self.ready is None

    def close(self) -> None:
        """Let the helper thread go as soon as it looks."""
        self.closed = True
        self.signal_space()
