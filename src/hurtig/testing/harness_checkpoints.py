"""Checkpoints of a harness: taken, complete, aborted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from hurtig.runtime.operator_snapshot import take_snapshot
from hurtig.state.snapshot import OperatorSnapshot

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator
    from hurtig.runtime.subtask import SubtaskInfo


class HarnessCheckpoints:
    """Takes snapshots of the operator, and tells it what became of them."""

    _checkpoints: int
    _info: SubtaskInfo
    _part: StreamOperator

    def snapshot(self, savepoint: bool = False) -> OperatorSnapshot:
        """All state of the operator as a checkpoint would store it; it goes on as before.

        What the operator emits before its snapshot is in the output; a sink with
        ``checkpointing=True`` commits with :meth:`notify_checkpoint_complete`.
        """
        self._checkpoints += 1
        self._part.prepare_snapshot(self._checkpoints, savepoint)
        taken = take_snapshot(
            self._part, self._checkpoints, self._info.max_parallelism, canonical=True
        )
        return OperatorSnapshot.from_bytes(taken.to_bytes())

    def notify_checkpoint_complete(self, checkpoint_id: int | None = None) -> Self:
        """The checkpoint of a snapshot, the last by default, is complete."""
        self._part.notify_checkpoint_complete(self._id(checkpoint_id))
        return self

    def notify_checkpoint_aborted(self, checkpoint_id: int | None = None) -> Self:
        """The checkpoint of a snapshot, the last by default, will never be complete."""
        self._part.notify_checkpoint_aborted(self._id(checkpoint_id))
        return self

    def _id(self, checkpoint_id: int | None) -> int:
        id_ = self._checkpoints if checkpoint_id is None else checkpoint_id
        if not 0 < id_ <= self._checkpoints:
            raise ValueError(f"no snapshot {id_} was taken: call snapshot() before")
        return id_
