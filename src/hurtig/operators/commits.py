"""Committables of one sink subtask on their way from checkpoint to commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError, JobExecutionError

if TYPE_CHECKING:
    from hurtig.connectors.sink import Committer
    from hurtig.operators.contract import OperatorContext

VERSION = 1
"""Of what is kept in checkpoints: (version, checkpoint id, committable)."""

RETRIES = 5
FIRST_PAUSE_MS = 200
"""Doubled before each further try."""


class Commits:
    """Keeps committables until their checkpoint is complete, then commits them, oldest first.

    Where a commit fails it is tried again, ``RETRIES`` times with growing pauses, by the timers of
    the task; then the job fails. Errors of hurtig's own say that trying again is of no use. What
    is restored is committed again at once: its checkpoint was complete.
    """

    def __init__(
        self, context: OperatorContext, committer: Committer | None, sink: type[Any]
    ) -> None:
        self._context = context
        self._committer = committer
        if committer is not None:
            committer.warn = context.warn
        self._sink = sink
        self._new: list[Any] = []
        self._kept: list[tuple[int, Any]] = []
        self._complete = -1
        """All that belongs to checkpoints up to this one is to be committed."""
        self._again = False
        self._failures = 0
        self._cancel: Callable[[], None] | None = None

    def add(self, committables: list[Any]) -> None:
        """Take what belongs to the next checkpoint."""
        if committables and self._committer is None:
            raise TypeError(f"{self._sink.__name__} has committables but no committer")
        self._new += committables

    def assign(self, checkpoint_id: int) -> None:
        """What was added belongs to this checkpoint."""
        self._kept += [(checkpoint_id, committable) for committable in self._new]
        self._new = []

    def snapshot(self) -> list[Any]:
        """What a checkpoint keeps."""
        return [(VERSION, checkpoint_id, c) for checkpoint_id, c in self._kept]

    def restore(self, kept: list[Any]) -> None:
        """Take up what :meth:`snapshot` gave, of a complete checkpoint, and commit it."""
        for version, checkpoint_id, committable in kept:
            if version > VERSION:
                raise JobExecutionError(
                    f"{self._context.name!r}: the checkpoint was written by a later release, with "
                    f"committables of version {version}; this one reads up to {VERSION}"
                )
            self.add([committable])
            self.assign(checkpoint_id)
        if self._kept:
            self._again = True
            self.complete(max(checkpoint_id for checkpoint_id, _ in self._kept))

    def complete(self, checkpoint_id: int) -> None:
        """The checkpoint is complete: commit up to it."""
        self._complete = max(self._complete, checkpoint_id)
        if self._cancel is None:
            self._try()

    def now(self, committables: list[Any]) -> None:
        """Commit without any checkpoint."""
        if committables:
            if self._committer is None:
                raise TypeError(f"{self._sink.__name__} has committables but no committer")
            self._committer.commit(committables)

    def finish(self) -> None:
        """Commit all there is: no checkpoint will follow."""
        kept, self._kept = self._kept, []
        new, self._new = self._new, []
        self._stop_waiting()
        self.now([committable for _, committable in kept] + new)

    @property
    def waiting(self) -> bool:
        """Whether a commit failed and will be tried again."""
        return self._cancel is not None

    def close(self) -> None:
        """Try no more."""
        self._stop_waiting()
        if self._committer is not None:
            self._committer.close()

    def _stop_waiting(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _try(self) -> None:
        due = [committable for id_, committable in self._kept if id_ <= self._complete]
        if not due:
            return
        assert self._committer is not None
        try:
            if self._again:
                self._committer.commit_again(due)
            else:
                self._committer.commit(due)
        except HurtigError:
            raise
        except Exception as e:
            self._failed(e)
            return
        self._kept = [(id_, c) for id_, c in self._kept if id_ > self._complete]
        self._again = False
        self._failures = 0

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._again = True
        text = f"cannot commit: {type(error).__name__}: {error}"
        if self._failures > RETRIES:
            raise JobExecutionError(
                f"{self._context.name!r} {text} (tried {self._failures} times)"
            ) from error
        pause = FIRST_PAUSE_MS << (self._failures - 1)
        self._context.warn(f"{text}; the next try follows in {pause} ms")
        time = self._context.processing_time

        def try_again(_: int) -> None:
            self._cancel = None
            self._try()

        self._cancel = time.schedule(time.now() + pause, try_again)
