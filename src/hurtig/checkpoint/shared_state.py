"""Which shared files the retained checkpoints need. Mirrors Flink's ``SharedStateRegistry``.

Pure: it says what to delete, and deletes nothing. Files are told apart by where they are stored:
two copies of one file, which two attempts have uploaded, live and go each for itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle
from hurtig.checkpoint.storage.filesystems import join_url


class SharedStateRegistry:
    """Counts the registered checkpoints that refer to each file."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._registered: dict[tuple[int, str], dict[str, StateHandle]] = {}
        self._foreign: set[str] = set()

    def register(self, checkpoint: CompletedCheckpoint, owned: bool = True) -> None:
        """Its files are needed. Those of one that is not ``owned`` are never to be deleted.
        Registering it again changes nothing."""
        files = shared_files(checkpoint)
        if not owned:
            self._foreign.update(files)
        if _key(checkpoint) in self._registered:
            return
        self._registered[_key(checkpoint)] = files
        for path in files:
            self._counts[path] = self._counts.get(path, 0) + 1

    def unregister(self, checkpoint: CompletedCheckpoint) -> list[StateHandle]:
        """It is not retained any more: the files outside its own folder that nobody needs now."""
        files = self._registered.pop(_key(checkpoint), {})
        inside = join_url(checkpoint.location, "") if checkpoint.location else None
        unused = []
        for path, handle in files.items():
            self._counts[path] -= 1
            if not self._counts[path]:
                del self._counts[path]
                in_folder = inside is not None and path.startswith(inside)
                if path not in self._foreign and not in_folder:
                    unused.append(handle)
        return unused

    def unreferenced(self, files: Iterable[StateHandle]) -> list[StateHandle]:
        """Of the files of a checkpoint that failed those that no registered one needs."""
        found = {
            handle.path: handle
            for handle in files
            if _is_file(handle)
            and handle.path not in self._counts
            and handle.path not in self._foreign
        }
        return list(found.values())

    def is_used(self, folder: str) -> bool:
        """Whether a registered checkpoint needs a file below ``folder``, for instance of a
        savepoint that was claimed."""
        below = join_url(folder, "")
        return any(path.startswith(below) for path in self._counts)


def shared_files(checkpoint: CompletedCheckpoint) -> dict[str, StateHandle]:
    """URL -> file that other checkpoints may refer to."""
    return {
        handle.path: handle
        for operator in checkpoint.operators.values()
        for state in operator.subtasks.values()
        for handle in state.files.values()
        if _is_file(handle)
    }


def _is_file(handle: StateHandle) -> bool:
    return handle.inline is None and bool(handle.path)


def _key(checkpoint: CompletedCheckpoint) -> tuple[int, str]:
    return checkpoint.checkpoint_id, checkpoint.location
