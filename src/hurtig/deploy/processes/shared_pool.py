"""The one pool of this process, made when it is first needed."""

from __future__ import annotations

import atexit
import os
import threading

from hurtig.deploy.processes.pool import ProcessPool

_lock = threading.Lock()
_pool: ProcessPool | None = None
_registered = False


def shared_pool() -> ProcessPool:
    """The pool; all jobs of this process share its zygote."""
    global _pool, _registered
    with _lock:
        if _pool is None:
            _pool = ProcessPool()
            if not _registered:
                _registered = True
                atexit.register(close_shared_pool)
                os.register_at_fork(after_in_child=_forget)
        return _pool


def close_shared_pool() -> None:
    """End all workers and the zygote; the next job starts new ones."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.close()


def _forget() -> None:
    """A child must not hold the parent's connections open."""
    global _pool, _lock
    _lock = threading.Lock()
    pool, _pool = _pool, None
    if pool is not None:
        pool.abandon()
