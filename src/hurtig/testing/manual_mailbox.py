"""A mailbox whose mail is read when a test says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from hurtig.operators.processing_time import Mailbox


class ManualMailbox(Mailbox):
    """Keeps what helper threads submit until :meth:`run`."""

    def __init__(self) -> None:
        self._mail: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def submit(self, work: Callable[[], None]) -> None:
        self._mail.put(work)

    def run(self) -> bool:
        """Run all mail that is there; whether there was any."""
        found = False
        while True:
            try:
                work = self._mail.get_nowait()
            except Empty:
                return found
            work()
            found = True

    def run_until(self, done: Callable[[], bool], timeout_seconds: float) -> None:
        """Run mail as it comes until ``done()``. Raises ``TimeoutError``."""
        deadline = time.monotonic() + timeout_seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not done after {timeout_seconds} s")
            try:
                self._mail.get(timeout=min(left, 0.05))()
            except Empty:
                continue
