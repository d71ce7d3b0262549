"""The completed checkpoints of a job. Mirrors Flink's ``CompletedCheckpointStore``.

Runs in the JobMaster's main thread; what blocks goes through its I/O executor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hurtig.checkpoint.environment import IoExecutor
from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle
from hurtig.checkpoint.retention import Retention, is_retained
from hurtig.checkpoint.shared_state import SharedStateRegistry
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.common.job_status import JobStatus

_log = logging.getLogger("hurtig.checkpoint")


class _Entry(NamedTuple):
    checkpoint: CompletedCheckpoint
    owned: bool


class CompletedCheckpoints:
    """Keeps the last ``num_retained`` checkpoints and deletes older ones.

    Savepoints, and what the job was started from without a claim, are kept as the latest for as
    long as they are; they do not count and are not deleted.
    """

    def __init__(
        self,
        storage: CheckpointStorage,
        io: IoExecutor,
        num_retained: int = 1,
        retention: Retention = Retention.NO_EXTERNALIZED_CHECKPOINTS,
    ) -> None:
        self._storage = storage
        self._io = io
        self._num_retained = num_retained
        self._retention = retention
        self._registry = SharedStateRegistry()
        self._entries: list[_Entry] = []
        """Oldest first."""
        self._folders_in_use: list[str] = []
        """Of deleted checkpoints whose files later ones refer to."""
        self._pointers: list[str] = []
        """Folders that name a savepoint with which the job was to stop."""
        self.on_deleted: Callable[[int], None] = lambda checkpoint_id: None
        """Called with the id of each checkpoint that is deleted."""

    # -- what there is ------------------------------------------------------------------------

    def latest(self) -> CompletedCheckpoint | None:
        """From which a failed job goes on."""
        return self._entries[-1].checkpoint if self._entries else None

    def all(self) -> list[CompletedCheckpoint]:
        """Oldest first."""
        return [entry.checkpoint for entry in self._entries]

    # -- what is new --------------------------------------------------------------------------

    def add(self, checkpoint: CompletedCheckpoint) -> None:
        """Keep it; those beyond the number that is retained are deleted. A savepoint is kept to
        go on from until there is a newer checkpoint."""
        self.add_restored(checkpoint, owned=not checkpoint.is_savepoint)
        if checkpoint.is_savepoint:
            pointer = self._storage.own_location(checkpoint.checkpoint_id)
            if pointer:
                self._pointers.append(pointer)
            return
        self._delete_pointers()
        for entry in [entry for entry in self._entries if not entry.owned]:
            self._entries.remove(entry)
            self._registry.unregister(entry.checkpoint)
        for entry in self._entries[: -self._num_retained]:
            self._delete(entry)

    def add_restored(self, checkpoint: CompletedCheckpoint, owned: bool) -> None:
        """What the job starts from. ``owned``: it was claimed, and is deleted in time."""
        self._registry.register(checkpoint, owned)
        self._entries.append(_Entry(checkpoint, owned))

    def forget(self, checkpoint: CompletedCheckpoint) -> None:
        """It is damaged: never go on from it. Its files stay."""
        for entry in [entry for entry in self._entries if entry.checkpoint is checkpoint]:
            self._entries.remove(entry)
            self._registry.unregister(checkpoint)

    def discard(self, files: Iterable[StateHandle]) -> None:
        """Shared files of a checkpoint that will never be complete: delete those that no retained
        checkpoint needs."""
        unused = self._registry.unreferenced(files)
        if unused:
            self._run(lambda: self._storage.delete(unused), "shared files")

    def recover(self, done: Callable[[BaseException | None], None]) -> None:
        """Find what an earlier JobMaster of this job has completed, the latest that is usable
        last. ``done(error)`` is called when :meth:`all` knows them."""

        def found(checkpoints: list[CompletedCheckpoint], error: BaseException | None) -> None:
            if error is None:
                known = {checkpoint.location for checkpoint in self.all()}
                for checkpoint in checkpoints:
                    if checkpoint.location not in known:
                        self.add_restored(checkpoint, owned=True)
            done(error)

        self._io.run(self._storage.completed_checkpoints, found)

    # -- the end ------------------------------------------------------------------------------

    def job_ended(self, status: JobStatus, done: Callable[[], None] = lambda: None) -> None:
        """Delete what is not to outlive the job; ``done()`` once that has been tried."""
        if not status.is_globally_terminal_state() or is_retained(self._retention, status):
            done()
            return
        left = [entry for entry in self._entries if entry.owned]

        def next_one() -> None:
            if left:
                self._delete(left.pop(0), next_one)
            else:  # last of all: a folder with checkpoints in it is kept
                self._run(self._storage.discard_job, "the job's folder", done)

        self._delete_pointers(next_one)

    def _delete_pointers(self, then: Callable[[], None] = lambda: None) -> None:
        pointers, self._pointers = self._pointers, []

        def work() -> None:
            for pointer in pointers:
                self._storage.discard_location(pointer)

        if pointers:
            self._run(work, "what names an earlier savepoint", then)
        else:
            then()

    # -- parts --------------------------------------------------------------------------------

    def _delete(self, entry: _Entry, then: Callable[[], None] = lambda: None) -> None:
        checkpoint = entry.checkpoint
        self._entries.remove(entry)
        files = self._registry.unregister(checkpoint)
        if checkpoint.location:
            self._folders_in_use.append(checkpoint.location)
        folders = [f for f in self._folders_in_use if not self._registry.is_used(f)]
        self._folders_in_use = [f for f in self._folders_in_use if f not in folders]

        def work() -> None:
            # Folders first: what looks like a checkpoint always has its shared files.
            for folder in folders:
                self._storage.discard_location(folder)
            self._storage.delete(files)

        self._run(work, f"checkpoint {checkpoint.checkpoint_id}", then)
        self.on_deleted(checkpoint.checkpoint_id)

    def _run(
        self, work: Callable[[], None], what: str, then: Callable[[], None] = lambda: None
    ) -> None:
        def done(_: None, error: BaseException | None) -> None:
            if error is not None:
                _log.warning("could not delete %s: %s", what, error)
            then()

        self._io.run(work, done)
