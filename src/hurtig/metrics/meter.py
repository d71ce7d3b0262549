"""A meter over a sliding span of time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from hurtig.common.errors import ProgramError
from hurtig.metrics.metricbase import Meter


class WindowedMeter(Meter):
    """Counts events in slots of one second and keeps the slots of the span.

    ``clock`` gives seconds.
    """

    __slots__ = ("_clock", "_count", "_in_span", "_slots", "_span")

    def __init__(
        self, time_span_in_seconds: int = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if time_span_in_seconds <= 0:
            raise ProgramError(f"a meter's span must be positive, got {time_span_in_seconds} s")
        self._span = time_span_in_seconds
        self._clock = clock
        self._count = 0
        self._in_span = 0
        self._slots: deque[list[int]] = deque()

    def mark_event(self, value: int = 1) -> None:
        second = int(self._clock())
        self._count += value
        self._in_span += value
        if self._slots and self._slots[-1][0] == second:
            self._slots[-1][1] += value
        else:
            self._slots.append([second, value])
            self._expire(second)

    def get_count(self) -> int:
        return self._count

    def get_rate(self) -> float:
        """Events per second over the span, slots still to come counted as empty."""
        self._expire(int(self._clock()))
        return self._in_span / self._span

    def _expire(self, second: int) -> None:
        while self._slots and self._slots[0][0] <= second - self._span:
            self._in_span -= self._slots.popleft()[1]
