"""Reading stored bytes, with a check that they are what was written."""

from __future__ import annotations

import errno
import zlib
from pathlib import Path

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.handles import StateHandle
from hurtig.checkpoint.storage.filesystems import FileSystems

_ADVICE = "restore an earlier checkpoint, or a copy of this one"


def read_handle(filesystems: FileSystems, handle: StateHandle) -> bytes:
    """The bytes. Raises :class:`CheckpointDamagedError`, naming the file."""
    if handle.inline is not None:
        data = handle.inline
    else:
        filesystem, path = filesystems.resolve(handle.path)
        try:
            data = filesystem.read(path)
        except OSError as e:
            raise unreadable(handle, e) from e
    check(handle, len(data), zlib.crc32(data))
    return data


def download_handle(filesystems: FileSystems, handle: StateHandle, local_path: str) -> None:
    """Copy to a local file; one that is wrong is removed. Errors as :func:`read_handle`."""
    if handle.inline is not None:
        Path(local_path).write_bytes(read_handle(filesystems, handle))
        return
    filesystem, path = filesystems.resolve(handle.path)
    try:
        size, checksum = filesystem.download(path, local_path)
        check(handle, size, checksum)
    except OSError as e:
        Path(local_path).unlink(missing_ok=True)
        if e.errno in (errno.ENOSPC, errno.EDQUOT) or str(e.filename) == local_path:
            reason = f"cannot keep a copy of {handle.path}: {e.strerror}"
            raise OSError(e.errno, reason, local_path) from e
        raise unreadable(handle, e) from e
    except CheckpointDamagedError:
        Path(local_path).unlink(missing_ok=True)
        raise


def check(handle: StateHandle, size: int, checksum: int) -> None:
    """Raises :class:`CheckpointDamagedError` where that is not what was written."""
    name = handle.path or "state in the metadata file"
    if size != handle.size:
        verb = "is cut off" if size < handle.size else "was changed"
        raise CheckpointDamagedError(
            f"{name} {verb}: it has {size} bytes instead of {handle.size}; {_ADVICE}"
        )
    if handle.checksum >= 0 and checksum != handle.checksum:
        raise CheckpointDamagedError(
            f"{name} is damaged: its checksum is {checksum:08x} instead of "
            f"{handle.checksum:08x}; {_ADVICE}"
        )


def unreadable(handle: StateHandle, cause: OSError) -> CheckpointDamagedError:
    """The error for a file that is missing or cannot be read."""
    if isinstance(cause, FileNotFoundError):
        return CheckpointDamagedError(f"{handle.path} is missing; {_ADVICE}")
    return CheckpointDamagedError(f"cannot read {handle.path}: {cause}")
