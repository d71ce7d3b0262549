"""Moving several files at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_THREADS = 4
TRANSFER_THREADS = "state.backend.rocksdb.checkpoint.transfer.thread.num"


def transfer_threads(settings: Mapping[str, str]) -> int:
    """How many files a task moves at a time."""
    from hurtig.common.errors import ProgramError

    text = settings.get(TRANSFER_THREADS)
    if text is None:
        return DEFAULT_THREADS
    try:
        threads = int(text)
    except ValueError:
        threads = 0
    if threads < 1:
        raise ProgramError(f"{TRANSFER_THREADS} must be a positive number, got {text!r}")
    return threads


def in_parallel(work: Callable[[T], R], items: Iterable[T], threads: int) -> list[R]:
    """``work`` of each item, in order. After a failure no further one is begun, and it is raised
    once those that were begun have ended. One thread: all in the caller's."""
    items = list(items)
    if threads <= 1 or len(items) <= 1:
        return [work(item) for item in items]
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    with ThreadPoolExecutor(min(threads, len(items)), "hurtig-transfer") as pool:
        futures = [pool.submit(work, item) for item in items]
        wait(futures, return_when=FIRST_EXCEPTION)
        if any(f.done() and f.exception() is not None for f in futures):
            for future in futures:
                future.cancel()
    failed = [f.exception() for f in futures if not f.cancelled() and f.exception() is not None]
    if failed and failed[0] is not None:
        raise failed[0]
    return [future.result() for future in futures]
