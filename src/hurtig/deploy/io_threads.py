"""Threads for work that blocks: uploads, deletions, listings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Protocol

DEFAULT_THREADS = 4

_Done = Callable[[Any, BaseException | None], None]


class Mailbox(Protocol):
    """Where results go: a MainThread or a slot."""

    def submit(self, work: Callable[[], None]) -> None:
        """Run soon in its thread."""


class ThreadIo:
    """A :class:`hurtig.checkpoint.environment.IoExecutor`. Threads start when there is work for
    them; as daemons, so that an upload that hangs does not keep the program from ending."""

    def __init__(self, main: Mailbox, threads: int = DEFAULT_THREADS, name: str = "io") -> None:
        self._main = main
        self._limit = threads
        self._name = name
        self._work: SimpleQueue[tuple[Callable[[], Any], _Done] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._unfinished = 0
        self._closed = False

    def run(self, work: Callable[[], Any], done: _Done) -> None:
        """``done(result, error)`` is called in the main thread once ``work()`` has ended."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the I/O threads are closed")
            self._unfinished += 1
            if self._unfinished > len(self._threads) < self._limit:
                self._start()
        self._work.put((work, done))

    def _start(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while (item := self._work.get()) is not None:
            self._perform(*item)
            del item  # or an idle thread holds the last result

    def _perform(self, work: Callable[[], Any], done: _Done) -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as e:
            error = e
        finally:
            with self._lock:
                self._unfinished -= 1
        self._main.submit(lambda: done(result, error))

    def close(self, patience: float = 10.0) -> bool:
        """Let the threads end behind the work that they have; whether all did within ``patience``
        seconds. What they still have done is submitted as always."""
        with self._lock:
            self._closed = True
        for _ in self._threads:
            self._work.put(None)
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)
