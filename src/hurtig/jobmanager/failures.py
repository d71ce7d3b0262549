"""What made a job restart or fail: the last failures, for whoever asks."""

from __future__ import annotations

from typing import NamedTuple

from hurtig.checkpoint.errors import RestoreError
from hurtig.common.errors import HurtigError, ProgramError, UserFunctionError

KEPT = 16
"""Failures that are remembered, as in Flink."""


class Failure(NamedTuple):
    """One failure."""

    timestamp: int
    """Epoch ms."""
    task: str
    error: BaseException

    def text(self) -> str:
        """As the user is told of it."""
        if isinstance(self.error, HurtigError):
            return self.error.render()
        return f"{type(self.error).__name__}: {self.error}"


def short_text(error: BaseException) -> str:
    """One line: what went wrong, without where."""
    if isinstance(error, UserFunctionError):
        error = error.cause
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def full_text(error: BaseException) -> str:
    """The error with its traceback; those meant for the user say everything themselves."""
    if isinstance(error, HurtigError):
        return error.render()
    from traceback import format_exception

    return "".join(format_exception(error)).rstrip()


def would_fail_again(error: BaseException) -> bool:
    """Whether the next attempt would certainly meet the same: the program is wrong, the state does
    not fit it, or somebody wants the process to end."""
    from hurtig.state.codec import StateMigrationError

    if isinstance(error, UserFunctionError) and isinstance(error.cause, StateMigrationError):
        return True  # the state was asked for in open()
    kinds = (ProgramError, RestoreError, StateMigrationError)
    return not isinstance(error, Exception) or isinstance(error, kinds)


class FailureHistory:
    """The last failures, newest first."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.restarts = 0
        """How often the job, or a part of it, was brought back."""

    def add(self, timestamp: int, error: BaseException, task: str) -> None:
        """Remember a failure."""
        self.failures.insert(0, Failure(timestamp, task, error))
        del self.failures[KEPT:]
