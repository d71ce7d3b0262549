"""Jobs in the background that nobody has asked for their result when the program ends.

The threads of those that still run would be cut off in the middle of a record: they are cancelled
instead, so that functions and sinks are closed. Nothing of this happens without a word.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol

from hurtig.common.errors import HurtigError

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

    def failure(self) -> BaseException | None:
        """What made it fail, if it has."""
        ...

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
    """Its end is known, or not worth waiting for; does nothing where ``job`` is not known."""
    with _lock:
        if job in _jobs:
            _jobs.remove(job)


def _cancel_all() -> None:
    with _lock:
        known = list(_jobs)
    jobs = [job for job in known if not _told_failure(job)]
    for job in jobs:
        job.request_cancel()
        print(
            f"WARN [{job.name}] is cancelled, for the program ends; to wait for a job in the "
            "background, call get_job_execution_result().result() of its client",
            file=sys.stderr,
        )
    deadline = time.monotonic() + PATIENCE
    try:
        for job in jobs:
            if _ended(job, min(deadline, time.monotonic() + _NOTICE_AFTER)):
                continue
            print(f"Waiting for job {job.name!r} to stop; Ctrl-C: at once.", file=sys.stderr)
            if not _ended(job, deadline):
                print(
                    f"WARN [{job.name}] did not stop within {PATIENCE:g} s: the program ends "
                    "without it, its functions are not closed",
                    file=sys.stderr,
                )
    except KeyboardInterrupt:
        pass


def _ended(job: Leftover, deadline: float) -> bool:
    """Wait in short pieces: Ctrl-C is looked at between them."""
    while not job.wait(min(0.1, max(0.0, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return False
    return True


def _told_failure(job: Leftover) -> bool:
    error = job.failure()
    if error is None:
        return False
    text = error.render() if isinstance(error, HurtigError) else f"{type(error).__name__}: {error}"
    print(f"WARN [{job.name}] failed in the background:\n{text}", file=sys.stderr)
    return True
