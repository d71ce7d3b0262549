"""``hurtig run job.py | head``: who reads the output has seen enough."""

from __future__ import annotations

import os
import sys

__all__ = ["EXIT_CODE", "leave_quietly", "reader_is_gone"]

EXIT_CODE = 141
"""What a shell gives for a program that ended by SIGPIPE: 128 + 13."""


def reader_is_gone(error: BaseException) -> bool:
    """Whether the program failed because nobody reads its standard output any more.

    Another pipe or socket of the program may break as well: that is an error like any other.
    """
    if not isinstance(getattr(error, "cause", error), BrokenPipeError):
        return False
    try:
        return _has_no_reader(sys.stdout.fileno())
    except (OSError, ValueError):  # closed, or replaced by something that is no file
        return False


def _has_no_reader(descriptor: int) -> bool:
    import select

    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def leave_quietly() -> int:
    """Let what is still buffered go nowhere, for the interpreter flushes it as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return EXIT_CODE
