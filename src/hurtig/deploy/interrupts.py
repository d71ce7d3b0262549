"""Ctrl-C while a job runs: the first one stops it cleanly, the second one at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def cancel_on_interrupt(cancel: Callable[[], None]) -> Iterator[None]:
    """Call ``cancel`` at the first SIGINT within the block, raise ``KeyboardInterrupt`` at the
    second. Does nothing outside of the main thread, or where the program has its own handler.

    ``cancel`` runs between any two steps of the main thread: it must not take locks.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    asked = False

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        cancel()
        _tell("\nStopping the job; press Ctrl-C again to stop at once.\n")

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except RuntimeError:  # the signal came in the middle of another write to stderr
        os.write(2, text.encode())
