"""Checkpoints in the JobManager's memory, for small state and for tests."""

from __future__ import annotations

from hurtig.checkpoint.handles import CompletedCheckpoint
from hurtig.checkpoint.storage.contract import StateWriter
from hurtig.checkpoint.storage.folders import FileSystemCheckpointStorage
from hurtig.checkpoint.storage.writer import InlineStateWriter


class JobManagerCheckpointStorage(FileSystemCheckpointStorage):
    """State travels inside its handles. Mirrors Flink's class of that name.

    Where a directory is set, ``_metadata`` files with all state in them go there. Savepoints are
    written to files in any case, without a limit of size.
    """

    def checkpoint_location(self, checkpoint_id: int) -> str:
        return super().checkpoint_location(checkpoint_id) if self._base else ""

    def writer(self, location: str) -> StateWriter:
        if not location or self._is_own_checkpoint(location):
            return InlineStateWriter(self._options.max_state_size)
        return super().writer(location)

    def write_metadata(self, checkpoint: CompletedCheckpoint) -> None:
        if checkpoint.location:
            super().write_metadata(checkpoint)
