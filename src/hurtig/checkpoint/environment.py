"""What protocol code is given instead of a clock, threads and disks of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class MainThread(Protocol):
    """The one thread in which a JobMaster runs. Flink's ``ComponentMainThreadExecutor``."""

    def now(self) -> int:
        """Epoch ms."""

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback(timestamp)`` in this thread at that time; returns how to cancel."""

    def submit(self, work: Callable[[], None]) -> None:
        """Run soon in this thread. Safe from any thread."""


class IoExecutor(Protocol):
    """Runs blocking work elsewhere."""

    def run(
        self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        """``done(result, error)`` is called in the main thread once ``work()`` has ended."""
