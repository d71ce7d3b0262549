"""What checkpoints are written to and read from. Mirrors Flink's ``CheckpointStorage``.

All methods block; JobMasters and tasks call them through an I/O executor. They may be called from
several threads at once. To add a storage: subclass and enter it in ``storage/__init__.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle


class StateWriter(ABC):
    """Writes one subtask's part of one checkpoint."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> StateHandle:
        """Store bytes that belong to this checkpoint alone; small ones may stay inline.

        ``name`` is unique among the files of the checkpoint, and readable: ``uid-subtask``.
        """

    @abstractmethod
    def upload_shared(self, local_path: str) -> StateHandle:
        """Store a file that later checkpoints may refer to as well."""

    @abstractmethod
    def upload_own(self, name: str, local_path: str) -> StateHandle:
        """Store a file that belongs to this checkpoint alone."""

    @abstractmethod
    def discard(self) -> None:
        """Delete what this writer has written: the checkpoint failed. Never raises."""


class CheckpointStorage(ABC):
    """The checkpoints and savepoints of one job."""

    @abstractmethod
    def checkpoint_location(self, checkpoint_id: int) -> str:
        """Create the folder of a new checkpoint (``<dir>/<job id>/chk-<id>``) and give its URL;
        empty for checkpoints that stay in memory."""

    def own_location(self, checkpoint_id: int) -> str:
        """Where :meth:`checkpoint_location` puts that checkpoint; empty for memory."""
        return ""

    @abstractmethod
    def savepoint_location(self, directory: str | None) -> str:
        """Create the folder of a new savepoint below ``directory`` or the configured default."""

    @abstractmethod
    def writer(self, location: str) -> StateWriter:
        """A writer for the checkpoint or savepoint at ``location``. A savepoint's writer puts
        shared files into its own folder: savepoints are self-contained."""

    @abstractmethod
    def read(self, handle: StateHandle) -> bytes:
        """The stored bytes. Raises :class:`~hurtig.checkpoint.errors.CheckpointDamagedError`,
        naming the file, where it is missing, cut off or changed."""

    @abstractmethod
    def download(self, handle: StateHandle, local_path: str) -> None:
        """Copy stored bytes to a local file; errors as :meth:`read`."""

    @abstractmethod
    def write_metadata(self, checkpoint: CompletedCheckpoint) -> None:
        """Make the checkpoint restorable: write ``_metadata`` atomically, last of all."""

    @abstractmethod
    def discard_location(self, location: str) -> None:
        """Delete the folder of a checkpoint with all in it; shared files stay. Never raises."""

    @abstractmethod
    def delete(self, handles: Iterable[StateHandle]) -> None:
        """Delete shared files that no retained checkpoint needs. Never raises."""

    @abstractmethod
    def discard_job(self) -> None:
        """Delete what remains of the job's folder, if no checkpoint is left in it. At the end of
        a job; never raises."""

    def highest_id(self) -> int:
        """The highest number of a checkpoint folder of this job, complete or not; 0 for none."""
        return 0

    @abstractmethod
    def completed_checkpoints(self) -> list[CompletedCheckpoint]:
        """Those of this job that lie in the storage, readable ones, oldest first."""
