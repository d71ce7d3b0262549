"""Storing what one subtask puts into its checkpoints.

Of incremental snapshots only new files are uploaded. A stored file is referred to again only if
every checkpoint that may still complete before the new one refers to it in the same way: then
whatever order they complete in, the file stays registered all the time, and the JobMaster may
delete a file at once when the last retained checkpoint that names it is gone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping

from hurtig.checkpoint.errors import CheckpointError
from hurtig.checkpoint.handles import OperatorSubtaskState, StateHandle, SubtaskState
from hurtig.checkpoint.storage.contract import CheckpointStorage, StateWriter
from hurtig.checkpoint.transfer import DEFAULT_THREADS, in_parallel
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import OperatorSnapshot

_Files = dict[str, dict[str, StateHandle]]
"""Uid -> name of a file -> where it is stored."""

_SMALL_FILE = 64 << 10
"""Files of a snapshot alone up to this size go into one file, with what else is stored of it."""

_REMEMBERED = 100
"""Aborted checkpoints whose upload may still be asked for are so many ids back at most."""


class SubtaskUpload:
    """The checkpoints of one subtask, from its deployment to its end.

    ``upload`` blocks and is called by an I/O thread, for one checkpoint after another or for
    several at once. ``notify_*`` are called by the task's thread and do not block.
    """

    def __init__(
        self, storage: CheckpointStorage, subtask: int, threads: int = DEFAULT_THREADS
    ) -> None:
        self._storage = storage
        self._subtask = subtask
        self._threads = threads
        self._lock = threading.Lock()
        self._confirmed_id = -1
        self._confirmed: _Files = {}
        self._pending: dict[int, _Pending] = {}
        self._aborted: set[int] = set()

    def adopt(self, uid: str, files: Mapping[str, StateHandle]) -> None:
        """After a restore whose backend goes on with the very files under the same names: they
        need not be uploaded again. Only for files that the job owns."""
        with self._lock:
            self._confirmed.setdefault(uid, {}).update(files)

    def upload(
        self,
        checkpoint_id: int,
        location: str,
        snapshots: Mapping[str, OperatorSnapshot],
        in_flight: bytes | None = None,
        is_savepoint: bool = False,
    ) -> SubtaskState:
        """Store ``snapshots`` (by uid) and records that the barrier overtook.

        Raises :class:`CheckpointError`; what was written is deleted then. The snapshots' files
        are released in any case.
        """
        try:
            pending = self._begin(checkpoint_id, location, is_savepoint)
        except BaseException:
            _release(snapshots)
            raise
        try:
            stored = self._store(pending, snapshots, in_flight)
            if is_savepoint:  # its folder goes as a whole, and nothing refers to it
                with self._lock:
                    self._pending.pop(checkpoint_id, None)
            return stored
        except BaseException as e:
            with self._lock:
                if self._pending.get(checkpoint_id) is pending:
                    del self._pending[checkpoint_id]
            pending.writer.discard()
            if isinstance(e, OSError):  # not of the storage: a local file cannot be read
                raise CheckpointError(f"cannot read a file of the state's snapshot: {e}") from e
            raise
        finally:
            _release(snapshots)

    def notify_complete(self, checkpoint_id: int) -> Callable[[], None] | None:
        """Later checkpoints may refer to what this one has stored. Returns what deletes the files
        of older ones, which can complete no more, as :meth:`notify_aborted` does."""
        with self._lock:
            pending = self._pending.pop(checkpoint_id, None)
            if pending is None or pending.is_savepoint or checkpoint_id < self._confirmed_id:
                return None
            self._confirmed_id = checkpoint_id
            self._confirmed = pending.files
            older = [
                i for i, p in self._pending.items() if i < checkpoint_id and not p.is_savepoint
            ]
            writers = [self._pending.pop(i).writer for i in older]
            self._aborted = {i for i in self._aborted if i > checkpoint_id - _REMEMBERED}
        return (lambda: _discard(writers)) if writers else None

    def notify_aborted(self, checkpoint_id: int) -> Callable[[], None] | None:
        """Give up a checkpoint, also one that is being uploaded. Returns what deletes its files,
        to be run by an I/O thread; None where there is nothing to delete."""
        with self._lock:
            pending = self._pending.pop(checkpoint_id, None)
            if pending is None:  # its upload has not begun, or has failed
                self._aborted.add(checkpoint_id)
                return None
        return pending.writer.discard

    # -- parts --------------------------------------------------------------------------------

    def _begin(self, checkpoint_id: int, location: str, is_savepoint: bool) -> _Pending:
        pending = _Pending(self._storage.writer(location), is_savepoint)
        with self._lock:
            late = checkpoint_id < self._confirmed_id and not is_savepoint
            if late or checkpoint_id in self._aborted:
                self._aborted.discard(checkpoint_id)
                raise CheckpointError(f"checkpoint {checkpoint_id} was given up")
            if not is_savepoint:
                pending.reusable = self._reusable()
            self._pending[checkpoint_id] = pending
        return pending

    def _reusable(self) -> _Files:
        """Confirmed files that every pending checkpoint names in the same way, if at all."""
        others = [each.reusable for each in self._pending.values() if not each.is_savepoint]
        return {
            uid: {
                name: handle
                for name, handle in files.items()
                if all(other.get(uid, {}).get(name) == handle for other in others)
            }
            for uid, files in self._confirmed.items()
        }

    def _store(
        self,
        pending: _Pending,
        snapshots: Mapping[str, OperatorSnapshot],
        in_flight: bytes | None,
    ) -> SubtaskState:
        writer = pending.writer
        operators = {}
        written = 0
        for uid, snapshot in snapshots.items():
            name = f"{uid}-{self._subtask}"
            files: dict[str, StateHandle] = {}
            own: dict[str, StateHandle] = {}
            if isinstance(snapshot.keyed, FilesSnapshot):
                files, new = self._store_shared(pending, uid, snapshot.keyed)
                own = self._store_large(writer, name, snapshot.keyed)
                written += new + sum(handle.size for handle in own.values())
            handle = writer.write(name, snapshot.to_bytes(own))
            written += handle.size
            operators[uid] = OperatorSubtaskState(handle, {**files, **own})
        flying = None
        if in_flight is not None:
            flying = writer.write(f"in-flight-{self._subtask}", in_flight)
            written += flying.size
        return SubtaskState(operators, flying, written)

    def _store_shared(
        self, pending: _Pending, uid: str, snapshot: FilesSnapshot
    ) -> tuple[dict[str, StateHandle], int]:
        known = pending.reusable.get(uid, {})
        files: dict[str, StateHandle] = {}
        new = []
        for name in snapshot.shared:
            handle = known.get(name)
            # A file of another size is another file, whatever its name.
            if handle is not None and handle.size == os.path.getsize(
                os.path.join(snapshot.directory, name)
            ):
                files[name] = handle
            else:
                new.append(name)
        stored = in_parallel(
            lambda name: pending.writer.upload_shared(os.path.join(snapshot.directory, name)),
            new,
            self._threads,
        )
        files.update(zip(new, stored, strict=True))
        with self._lock:
            pending.files[uid] = files
        return files, sum(handle.size for handle in stored)

    def _store_large(
        self, writer: StateWriter, name: str, snapshot: FilesSnapshot
    ) -> dict[str, StateHandle]:
        """Files of this snapshot alone that are too large for the container."""
        paths = {each: os.path.join(snapshot.directory, each) for each in snapshot.own}
        large = [each for each, path in paths.items() if os.path.getsize(path) > _SMALL_FILE]
        stored = in_parallel(
            lambda each: writer.upload_own(f"{name}-{each}", paths[each]), large, self._threads
        )
        return dict(zip(large, stored, strict=True))


class _Pending:
    """A checkpoint that this subtask takes or has taken, of which it does not know the end."""

    __slots__ = ("files", "is_savepoint", "reusable", "writer")

    def __init__(self, writer: StateWriter, is_savepoint: bool) -> None:
        self.writer = writer
        self.is_savepoint = is_savepoint
        self.reusable: _Files = {}
        """Files that it names as they are stored, if it needs them at all."""
        self.files: _Files = {}
        """All that it names, once it is stored."""


def _discard(writers: list[StateWriter]) -> None:
    for writer in writers:
        writer.discard()


def _release(snapshots: Mapping[str, OperatorSnapshot]) -> None:
    for snapshot in snapshots.values():
        if isinstance(snapshot.keyed, FilesSnapshot):
            snapshot.keyed.release()
