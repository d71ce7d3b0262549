"""Folders for databases: made below a base folder, removed at the end, also of a killed process.

Each process has one folder in a base folder, ``hurtig-rocksdb-<pid>-<random>``, and a lock on a
file in it. Whoever gets the lock of another's folder knows that its process is gone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Sequence

from hurtig.common.errors import ProgramError

PREFIX = "hurtig-rocksdb-"
_LOCK = "lock"

_lock = threading.Lock()
_folders: dict[tuple[str, int], str] = {}
_used = 0


def make_directory(bases: Sequence[str]) -> str:
    """A new empty folder of this process; below one of ``bases``, or the temporary folder."""
    global _used
    with _lock:
        _used += 1
        base = _local(bases[_used % len(bases)]) if bases else tempfile.gettempdir()
        folder = _folder_of_process(base)
        path = os.path.join(folder, f"backend-{_used}")
        os.makedirs(path)
    return path


def remove_directory(path: str) -> None:
    """Remove a folder with all in it. Never raises; the leftovers go with the process."""
    shutil.rmtree(path, ignore_errors=True)


def process_directory(base: str | None = None) -> str:
    """The folder of this process."""
    with _lock:
        return _folder_of_process(_local(base) if base else tempfile.gettempdir())


def link_or_copy(source: str, target: str) -> None:
    """A hard link where the file system allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def remove_leftovers(base: str) -> list[str]:
    """Remove the folders of processes that have ended without doing so; gives their names."""
    removed = []
    for name in os.listdir(base):
        path = os.path.join(base, name)
        if name.startswith(PREFIX) and _is_abandoned(path):
            remove_directory(path)
            removed.append(name)
    return removed


def _folder_of_process(base: str) -> str:
    pid = os.getpid()
    folder = _folders.get((base, pid))
    if folder is not None and os.path.isdir(folder):
        return folder
    try:
        os.makedirs(base, exist_ok=True)
        remove_leftovers(base)
        folder = tempfile.mkdtemp(prefix=f"{PREFIX}{pid}-", dir=base)
        descriptor = os.open(os.path.join(folder, _LOCK), os.O_CREAT | os.O_RDWR, 0o600)
        _try_lock(descriptor)
    except OSError as e:
        raise ProgramError(
            f"no folder for RocksDB can be made in {base}: {e}. Name one that can be written to "
            "with state.backend.rocksdb.localdir"
        ) from e
    _folders[base, pid] = folder
    holder = _Holder()
    _holders.append(holder)
    weakref.finalize(holder, _remove_own, folder, pid)
    return folder


class _Holder:
    """Lives as long as the process: its finalizer runs at exit."""


_holders: list[_Holder] = []


def _remove_own(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # not in a process that was forked off
        remove_directory(folder)


def _is_abandoned(path: str) -> bool:
    try:
        descriptor = os.open(os.path.join(path, _LOCK), os.O_RDWR)
    except OSError:
        return not os.path.exists(os.path.join(path, _LOCK)) and not _is_alive(path)
    try:
        # One that has just been made has no lock as yet, but its process lives.
        return _try_lock(descriptor) and not _is_alive(path)
    finally:
        os.close(descriptor)


def _is_alive(path: str) -> bool:
    """Whether the process in the folder's name lives; without a lock it may be starting."""
    pid = os.path.basename(path).removeprefix(PREFIX).partition("-")[0]
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except OSError:
        return True
    return True


def _try_lock(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _local(path: str) -> str:
    return path.removeprefix("file://")
