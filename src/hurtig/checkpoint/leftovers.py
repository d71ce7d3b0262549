"""Deletes what checkpoints that will never be complete have stored."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from hurtig.checkpoint.pending import files_of

if TYPE_CHECKING:
    from hurtig.checkpoint.contracts import CompletedStore
    from hurtig.checkpoint.environment import IoExecutor
    from hurtig.checkpoint.handles import SubtaskState
    from hurtig.checkpoint.pending import PendingCheckpoint
    from hurtig.checkpoint.storage.contract import CheckpointStorage

_REMEMBERED = 64
"""Folders that are deleted once more when a subtask wrote something late."""


class Leftovers:
    """One per coordinator; all deleting goes through ``io``."""

    def __init__(
        self,
        storage: CheckpointStorage,
        store: CompletedStore,
        io: IoExecutor,
        log: Callable[[str], None],
    ) -> None:
        self._storage = storage
        self._store = store
        self._io = io
        self._log = log
        self._aborted: OrderedDict[int, str] = OrderedDict()

    def aborted(self, pending: PendingCheckpoint, delete_folder: bool) -> None:
        """It was given up; its folder stays as yet where somebody writes into it."""
        # Shared files of a savepoint lie in its own folder.
        if pending.plan is not None and not pending.is_savepoint:
            self._store.discard(pending.shared_files())
        self._aborted[pending.checkpoint_id] = pending.location
        if len(self._aborted) > _REMEMBERED:
            self._aborted.popitem(last=False)
        if delete_folder:
            self.delete(pending.location)

    def late(self, checkpoint_id: int, state: SubtaskState) -> None:
        """A subtask has stored its part when nobody waited for it any more."""
        self.delete(self._aborted.get(checkpoint_id, ""))
        self._store.discard(files_of(state))

    def delete(self, location: str) -> None:
        """Delete a folder; empty: there is none."""
        if location:
            self._io.run(
                lambda: self._storage.discard_location(location),
                lambda _, error: self._deleted(location, error),
            )

    def _deleted(self, location: str, error: BaseException | None) -> None:
        if error is not None:
            self._log(f"{location} stays behind: {type(error).__name__}: {error}")
