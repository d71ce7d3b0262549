"""One callback of the clock for the earliest of many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hurtig.operators.processing_time import ProcessingTimeService


class WakeUp:
    """Calls ``call(timestamp)`` when the earliest time that was asked for has come (epoch ms)."""

    def __init__(self, clock: ProcessingTimeService, call: Callable[[int], None]) -> None:
        self._clock = clock
        self._call = call
        self._due: int | None = None
        self._cancel: Callable[[], None] | None = None

    def at(self, due: int | None) -> None:
        """Be called at ``due`` unless it will be called earlier; ``None`` asks for nothing."""
        if due is None or (self._due is not None and self._due <= due):
            return
        self.cancel()
        self._due = due
        self._cancel = self._clock.schedule(due, self._called)

    def cancel(self) -> None:
        """Do not be called. What is later than the time cancelled is not asked for again."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _called(self, timestamp: int) -> None:
        self._due = self._cancel = None
        self._call(timestamp)
