"""A clock of the time in which records could have come. Pure logic."""

from __future__ import annotations

from collections.abc import Callable

_BUSY_MS = 20


class IdleClock:
    """Counts milliseconds between looks at an input; idleness is measured by it.

    Between two looks that found nothing all time counts. Next to one that found something only a
    little counts, however long the records took: others may lie unread behind them. While the
    task may not read, no time counts: a source under backpressure is not idle.

    ``busy_ms``  how much may count next to a look that found something.
    """

    __slots__ = ("_busy_ms", "_clock", "_found", "_last", "_passed")

    def __init__(self, clock: Callable[[], int], busy_ms: int = _BUSY_MS) -> None:
        self._clock = clock
        self._busy_ms = busy_ms
        self._passed = 0
        self._last: int | None = None
        self._found = False

    @classmethod
    def for_timeout(cls, clock: Callable[[], int], timeout_ms: int | None) -> IdleClock:
        """One that takes several looks to reach the timeout, unless they find nothing."""
        return cls(clock, min(_BUSY_MS, max(1, (timeout_ms or 0) // 8)))

    def looked(self, found: bool) -> None:
        """The input was asked for records."""
        now = self._clock()
        if self._last is not None:
            passed = max(0, now - self._last)
            self._passed += min(passed, self._busy_ms) if found or self._found else passed
        self._last, self._found = now, found

    def pause(self) -> None:
        """Time does not count until the next look."""
        self._last = None

    def now(self) -> int:
        """The milliseconds that counted so far."""
        return self._passed
