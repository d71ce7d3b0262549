"""Getting back what subtasks stored, on the side of a task."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.handles import OperatorSubtaskState, StateHandle
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.checkpoint.storage.filesystem import checksum_local, copy_local
from hurtig.checkpoint.transfer import DEFAULT_THREADS, in_parallel
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import OperatorSnapshot, SnapshotFormatError, checked_name

_log = logging.getLogger("hurtig.checkpoint")

LocalCopy = Callable[[StateHandle], str | None]
"""Path of a file on this machine that should hold the same bytes; None where there is none."""


def load_operator(
    storage: CheckpointStorage,
    states: Sequence[OperatorSubtaskState],
    work_dir: str,
    threads: int = DEFAULT_THREADS,
    local_copy: LocalCopy | None = None,
    with_files: Collection[int] | None = None,
) -> list[OperatorSnapshot]:
    """The snapshots of some subtasks of an operator, in the order of ``states``.

    Files of incremental snapshots go to folders of their own below ``work_dir``, which whoever
    takes the snapshot may keep; ``FilesSnapshot.release`` deletes such a folder. ``with_files``
    are the positions of the states whose keyed files are wanted, all where None; the others come
    without keyed state.

    Raises :class:`CheckpointDamagedError`, naming the file; no folder stays behind then.
    """
    folders: list[str] = []
    try:
        snapshots = []
        downloads: list[tuple[StateHandle, str]] = []
        for position, state in enumerate(states):
            snapshot = _read(storage, state.snapshot, lambda: _folder(work_dir, folders))
            if isinstance(snapshot.keyed, FilesSnapshot):
                if with_files is not None and position not in with_files:
                    snapshot.keyed.release()
                    snapshot.keyed = None
                else:
                    downloads += _downloads(snapshot.keyed, state)
            snapshots.append(snapshot)
        in_parallel(lambda d: _fetch(storage, d[0], d[1], local_copy), downloads, threads)
    except BaseException:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return snapshots


def _read(
    storage: CheckpointStorage, handle: StateHandle, new_folder: Callable[[], str]
) -> OperatorSnapshot:
    data = storage.read(handle)
    try:
        snapshot = OperatorSnapshot.from_bytes(data, new_folder)
    except (SnapshotFormatError, KeyError, ValueError, TypeError, StopIteration) as e:
        name = handle.path or "an operator's state in the metadata file"
        raise CheckpointDamagedError(f"{name} cannot be read: {e}") from e
    if isinstance(snapshot.keyed, FilesSnapshot):
        directory = snapshot.keyed.directory
        snapshot.keyed.release = lambda: shutil.rmtree(directory, ignore_errors=True)
    return snapshot


def _folder(work_dir: str, folders: list[str]) -> str:
    from tempfile import mkdtemp

    os.makedirs(work_dir, exist_ok=True)
    folder = mkdtemp(prefix="restore-", dir=work_dir)
    folders.append(folder)
    return folder


def _downloads(
    snapshot: FilesSnapshot, state: OperatorSubtaskState
) -> list[tuple[StateHandle, str]]:
    found = []
    for name in [*snapshot.shared, *snapshot.own]:
        target = os.path.join(snapshot.directory, checked_name(name))
        handle = state.files.get(name)
        if handle is None and os.path.exists(target):
            continue  # it was small
        if handle is None:
            where = state.snapshot.path or "the metadata file"
            raise CheckpointDamagedError(
                f"the checkpoint says nothing about where the file {name} of {where} is: it is "
                "damaged; restore another one"
            )
        os.makedirs(os.path.dirname(target), exist_ok=True)
        found.append((handle, target))
    return found


def _fetch(
    storage: CheckpointStorage, handle: StateHandle, target: str, local_copy: LocalCopy | None
) -> None:
    local = local_copy(handle) if local_copy is not None else None
    if local is not None and _take_local(local, handle, target):
        return
    storage.download(handle, target)


def _take_local(local: str, handle: StateHandle, target: str) -> bool:
    """Link or copy a file of this machine, if it is what was stored."""
    try:
        size, checksum = checksum_local(local)
        if size != handle.size or handle.checksum not in (-1, checksum):
            _log.warning("the local copy %s is damaged, %s is read instead", local, handle.path)
            return False
        try:
            os.link(local, target)
        except OSError:  # another file system
            copy_local(local, target)
    except OSError as e:
        _log.warning("cannot use the local copy %s: %s", local, e)
        Path(target).unlink(missing_ok=True)
        return False
    return True
