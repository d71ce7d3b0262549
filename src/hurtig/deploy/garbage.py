"""Settings of Python's cyclic garbage collector while a job runs."""

from __future__ import annotations

import gc
import threading

THRESHOLDS = (100_000, 50, 100)
"""Generations are collected this rarely: the default halves the speed of a job with large state,
because each full collection walks all of it."""

_lock = threading.RLock()
_jobs = 0
_before: tuple[int, int, int] = (700, 10, 10)


def tune() -> None:
    """A job starts: freeze what exists and collect rarely. Nested calls count."""
    global _jobs, _before
    with _lock:
        _jobs += 1
        if _jobs == 1:
            _before = gc.get_threshold()
            gc.freeze()
            gc.set_threshold(*THRESHOLDS)


def restore() -> None:
    """The job has ended: back to what the program had."""
    global _jobs
    with _lock:
        _jobs -= 1
        if _jobs == 0:
            gc.set_threshold(*_before)
            gc.unfreeze()
