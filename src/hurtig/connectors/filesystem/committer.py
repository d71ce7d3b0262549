"""The committer of a file sink: closed part files become visible by a rename."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.filesystem.compaction import Compaction
from hurtig.connectors.filesystem.filesystem import FileSystem
from hurtig.connectors.filesystem.part_file import FileCommittable
from hurtig.connectors.sink import Committer


class FileCommitter(Committer):
    """Renames; a commit that is repeated finds the file in its place and does nothing."""

    def __init__(self, filesystem: FileSystem, compaction: Compaction | None) -> None:
        self._filesystem = filesystem
        self._compaction = compaction

    def commit(self, committables: list[Any]) -> None:
        self._commit(committables, again=False)

    def commit_again(self, committables: list[Any]) -> None:
        """A file that is in neither place was moved away since it became final."""
        self._commit(committables, again=True)

    def _commit(self, committables: list[Any], again: bool) -> None:
        filesystem = self._filesystem
        committed = []
        directories = set()
        for committable in committables:
            file = FileCommittable(*committable)
            if not file.final:
                filesystem.delete(file.in_progress)
                continue
            try:
                filesystem.move(file.in_progress, file.final)
            except OSError as e:
                if filesystem.status(file.in_progress) is not None:
                    raise
                if filesystem.status(file.final) is None and self._compaction is None:
                    self._missing(file, e, again)
                continue
            committed.append(file)
            directories.add(file.final.rpartition("/")[0])
        for directory in directories:
            filesystem.sync_directory(directory or ".")
        if self._compaction is not None:
            self._compaction.after_commit(committed)

    def _missing(self, file: FileCommittable, error: OSError, again: bool) -> None:
        text = (
            f"the part file {file.final} cannot be committed: neither it nor {file.in_progress} "
            "exists; was the output directory cleaned up while the job ran?"
        )
        if not again:
            raise JobExecutionError(text) from error
        self.warn(f"{text} It goes on, as an earlier attempt may have committed it")

    def close(self) -> None:
        if self._compaction is not None:
            self._compaction.finish()
