"""Copies of checkpointed files that stay on this machine, for a quick restore.

After a checkpoint is complete its table files are linked into a folder, under the names that its
snapshot gives them; equal names are equal files. Whoever restores asks :func:`local_copy` before
it downloads a file.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

from hurtig.state.backends.rocksdb.directories import link_or_copy, process_directory
from hurtig.state.files_snapshot import FilesSnapshot

_lock = threading.Lock()
_folders: set[str] = set()


def local_copy(name: str, directories: Sequence[str] = ()) -> str | None:
    """The path of a file of a snapshot's ``shared``, if this machine still has it.

    ``directories``: those of ``execution.checkpointing.local-backup.dirs``, also of other
    processes; without them, what this process has kept.
    """
    with _lock:
        folders = {*_folders, *directories}
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    return None


class LocalCopies:
    """What one backend keeps; ``directories`` as configured, none for the process's own folder."""

    def __init__(self, directories: Sequence[str]) -> None:
        self._directories = directories
        self._taken: dict[int, list[str]] = {}

    def taken(self, checkpoint_id: int, snapshot: FilesSnapshot) -> None:
        """Keep the files of a checkpoint until it is complete, or is not."""
        folder = self._folder()
        names = list(snapshot.header["files"])
        for name in names:
            target = os.path.join(folder, name)
            if not os.path.exists(target):
                link_or_copy(os.path.join(snapshot.directory, name), target)
        self._taken[checkpoint_id] = names

    def completed(self, checkpoint_id: int) -> None:
        """Only this checkpoint and later ones are of use from now on."""
        names = self._taken.get(checkpoint_id)
        if names is not None:
            gone = [c for c in self._taken if c < checkpoint_id]
            self._drop(gone)

    def aborted(self, checkpoint_id: int) -> None:
        """The checkpoint will not be restored from."""
        if checkpoint_id in self._taken:
            self._drop([checkpoint_id])

    def find(self, name: str) -> str | None:
        return local_copy(name, self._directories)

    def _drop(self, checkpoints: Sequence[int]) -> None:
        before = {name for names in self._taken.values() for name in names}
        for checkpoint in checkpoints:
            del self._taken[checkpoint]
        needed = {name for names in self._taken.values() for name in names}
        for name in before - needed:
            try:
                os.remove(os.path.join(self._folder(), name))
            except OSError:
                pass

    def _folder(self) -> str:
        if self._directories:
            folder = self._directories[0]
        else:
            folder = os.path.join(process_directory(), "local-copies")
        os.makedirs(folder, exist_ok=True)
        with _lock:
            _folders.add(folder)
        return folder
