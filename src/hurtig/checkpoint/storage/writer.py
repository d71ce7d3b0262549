"""Writers of one subtask's state: to files, and into the handles themselves."""

from __future__ import annotations

import logging
import re
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

from hurtig.checkpoint.errors import CheckpointError
from hurtig.checkpoint.handles import StateHandle
from hurtig.checkpoint.storage.contract import StateWriter
from hurtig.checkpoint.storage.filesystem import StateFileSystem
from hurtig.checkpoint.storage.filesystems import FileSystems, join_url

_log = logging.getLogger("hurtig.checkpoint")

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class FileStateWriter(StateWriter):
    """To files in ``folder`` and ``shared_folder``; small ones stay in their handles.

    File names begin with what they are and end at random: attempts never share one.
    """

    def __init__(
        self,
        filesystems: FileSystems,
        folder: str,
        shared_folder: str,
        inline_threshold: int,
        unique: Callable[[], str],
    ) -> None:
        self._filesystems = filesystems
        self._folder = folder
        self._shared_folder = shared_folder
        self._inline_threshold = inline_threshold
        self._unique = unique
        self._written: list[str] = []
        self._discarded = False
        self._lock = threading.Lock()

    def write(self, name: str, data: bytes) -> StateHandle:
        checksum = zlib.crc32(data)
        if len(data) <= self._inline_threshold:
            return StateHandle(len(data), "", data, checksum)
        url = join_url(self._folder, f"{_readable(name)}-{self._unique()}")
        self._store(url, lambda filesystem, path: filesystem.write(path, data))
        return StateHandle(len(data), url, None, checksum)

    def upload_shared(self, local_path: str) -> StateHandle:
        stem, dot, suffix = Path(local_path).name.partition(".")
        name = f"{_readable(stem)}-{self._unique()}{dot}{suffix}"
        return self._upload(join_url(self._shared_folder, name), local_path)

    def upload_own(self, name: str, local_path: str) -> StateHandle:
        return self._upload(
            join_url(self._folder, f"{_readable(name)}-{self._unique()}"), local_path
        )

    def discard(self) -> None:
        with self._lock:
            self._discarded = True
            written, self._written = self._written, []
        for url in written:
            delete_quietly(self._filesystems, url)

    def _is_discarded(self, written: str | None = None) -> bool:
        """If it is not, ``written`` is to be deleted when it will be."""
        with self._lock:
            if written is not None and not self._discarded:
                self._written.append(written)
            return self._discarded

    def _upload(self, url: str, local_path: str) -> StateHandle:
        found: list[tuple[int, int]] = []
        self._store(url, lambda filesystem, path: found.append(filesystem.upload(path, local_path)))
        (size, checksum) = found[0]
        return StateHandle(size, url, None, checksum)

    def _store(self, url: str, work: Callable[[StateFileSystem, str], None]) -> None:
        if self._is_discarded():
            raise CheckpointError(f"{url} is not written: the checkpoint was given up")
        filesystem, path = self._filesystems.resolve(url)
        try:
            work(filesystem, path)
        except OSError as e:
            raise write_error(url, e) from e
        if not self._is_discarded(url):
            return
        delete_quietly(self._filesystems, url)  # discarded meanwhile
        raise CheckpointError(f"{url} is not kept: the checkpoint was given up")


class InlineStateWriter(StateWriter):
    """Into the handles, which go to the JobManager."""

    def __init__(self, max_state_size: int) -> None:
        self._max_state_size = max_state_size

    def write(self, name: str, data: bytes) -> StateHandle:
        if len(data) > self._max_state_size:
            raise CheckpointError(
                f"the state {name!r} has {len(data)} bytes, and the JobManager's memory takes up "
                f"to {self._max_state_size} for one: set execution.checkpointing.dir to a path or "
                "URL that all workers see"
            )
        return StateHandle(len(data), "", data, zlib.crc32(data))

    def upload_shared(self, local_path: str) -> StateHandle:
        return self.upload_own(Path(local_path).name, local_path)

    def upload_own(self, name: str, local_path: str) -> StateHandle:
        try:
            return self.write(name, Path(local_path).read_bytes())
        except OSError as e:
            raise CheckpointError(f"cannot read the state file {local_path}: {e}") from e

    def discard(self) -> None:
        pass


def write_error(url: str, cause: OSError) -> CheckpointError:
    """Names the file, and what to do where that is known."""
    import errno

    advice = {
        errno.ENOSPC: "free space there, or set execution.checkpointing.dir elsewhere",
        errno.EDQUOT: "the quota is used up: free space, or set execution.checkpointing.dir "
        "elsewhere",
        errno.EACCES: "let the user of the job write there, or set execution.checkpointing.dir "
        "elsewhere",
        errno.EROFS: "set execution.checkpointing.dir to a folder that can be written",
    }.get(cause.errno or 0)
    reason = cause.strerror or str(cause)
    if cause.filename is not None and not url.endswith(str(cause.filename)):
        reason = f"{cause.filename}: {reason}"
    return CheckpointError(
        f"cannot write the checkpoint file {url}: {reason}" + (f"; {advice}" if advice else "")
    )


def delete_quietly(filesystems: FileSystems, url: str) -> None:
    """Delete a file; a failure is logged, since all it costs is space."""
    try:
        filesystem, path = filesystems.resolve(url)
        filesystem.delete_file(path)
    except Exception as e:
        _log.warning("could not delete %s: %s", url, e)


def _readable(name: str) -> str:
    return _UNSAFE.sub("_", name).strip("_.")[:80] or "state"
