"""What the checkpoint coordinator asks of its surroundings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle, SubtaskId
from hurtig.messages import CheckpointBarrier


class CoordinatorHooks(Protocol):
    """What a JobMaster does for its coordinator. All calls are made in the main thread."""

    def snapshot_enumerators(self, checkpoint_id: int) -> dict[str, bytes]:
        """The state of every split enumerator, by uid of its source. An error fails the
        checkpoint."""

    def send_trigger(self, barrier: CheckpointBarrier, subtasks: Iterable[SubtaskId]) -> None:
        """Have these subtasks send the barrier."""

    def notify_complete(self, checkpoint_id: int) -> None:
        """Tell all subtasks (and enumerators that want to know): sinks commit."""

    def notify_aborted(self, checkpoint_id: int) -> None:
        """Tell all subtasks that nobody waits for it any more."""

    def fail_job(self, error: BaseException) -> None:
        """Too many checkpoints failed in a row."""

    def log(self, message: str) -> None:
        """What the user should know: a checkpoint failed."""


class CompletedStore(Protocol):
    """The completed checkpoints of a job. Mirrors Flink's ``CompletedCheckpointStore``. What
    blocks goes through an I/O executor of its own."""

    def add(self, checkpoint: CompletedCheckpoint) -> None:
        """Keep it; those beyond the number that is retained are discarded."""

    def latest(self) -> CompletedCheckpoint | None:
        """From which a failed job goes on."""

    def discard(self, files: Iterable[StateHandle]) -> None:
        """Shared files of a checkpoint that will never be complete: delete those that no retained
        checkpoint needs."""
