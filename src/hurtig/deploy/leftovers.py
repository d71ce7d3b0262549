"""Jobs that still run in the background when the program ends.

Their threads would be cut off in the middle of a record: they are cancelled instead, so that
functions and sinks are closed.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol

__all__ = ["PATIENCE", "Leftover", "forget", "remember"]

PATIENCE = 10.0
"""How long the end of a program waits for functions that are stuck, seconds."""

_NOTICE_AFTER = 1.0
_lock = threading.Lock()
_jobs: list[Leftover] = []
_registered = False


class Leftover(Protocol):
    """A job with a thread of its own."""

    @property
    def name(self) -> str: ...

    def request_cancel(self) -> None:
        """Ask the job to stop; does not wait."""

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it has ended."""
        ...


def remember(job: Leftover) -> None:
    """``job`` now runs in the background."""
    global _registered
    with _lock:
        _jobs.append(job)
        if not _registered:
            import atexit

            _registered = True
            atexit.register(_cancel_all)


def forget(job: Leftover) -> None:
    """``job`` has ended, or is not worth waiting for; does nothing where it is not known."""
    with _lock:
        if job in _jobs:
            _jobs.remove(job)


def _cancel_all() -> None:
    with _lock:
        jobs = list(_jobs)
    for job in jobs:
        job.request_cancel()
    deadline = time.monotonic() + PATIENCE
    try:
        for job in jobs:
            if job.wait(min(_NOTICE_AFTER, max(0.0, deadline - time.monotonic()))):
                continue
            print(f"Waiting for job {job.name!r} to stop; Ctrl-C: at once.", file=sys.stderr)
            if not job.wait(max(0.0, deadline - time.monotonic())):
                print(
                    f"WARN [{job.name}] did not stop within {PATIENCE:g} s: the program ends "
                    "without it, its functions are not closed",
                    file=sys.stderr,
                )
    except KeyboardInterrupt:
        pass
