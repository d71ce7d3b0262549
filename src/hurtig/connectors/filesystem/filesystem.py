"""File systems: the local one, and how another is found by the scheme of a URL."""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

_CHUNK = 1 << 20


class FileStatus(NamedTuple):
    """One entry: ``path`` as its file system writes it, ``size`` in bytes."""

    path: str
    size: int
    is_directory: bool = False


class FileSystem(ABC):
    """What sources and sinks need of a file system; paths are plain, without a scheme."""

    can_resume: bool = False
    """Whether an unfinished file can be written on, in a copy, after a failure."""

    @abstractmethod
    def status(self, path: str) -> FileStatus | None:
        """The entry at ``path``; ``None`` where there is none."""

    @abstractmethod
    def list(self, path: str) -> Iterable[FileStatus]:
        """The entries of a directory, in no order."""

    @abstractmethod
    def open_input(self, path: str) -> BinaryIO:
        """The file, to be read from its start."""

    @abstractmethod
    def open_output(self, path: str) -> BinaryIO:
        """A new or emptied file; its directory is made where it is missing."""

    @abstractmethod
    def move(self, source: str, target: str) -> None:
        """Rename, replacing ``target``; atomic where the system can do it."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Remove a file; nothing happens where there is none."""

    def sync(self, file: BinaryIO) -> None:
        """Make what was written to ``file`` survive a crash."""
        file.flush()

    def sync_directory(self, path: str) -> None:
        """Make renames in a directory survive a crash."""

    def open_copy(self, path: str, length: int, target: str) -> BinaryIO:
        """A new file ``target`` with the first ``length`` bytes of another, to be written on."""
        raise NotImplementedError(f"{type(self).__name__} cannot write on in a copy of {path}")

    def directory_version(self, path: str) -> int | None:
        """A number that changes with the entries of a directory (modification time in ns)."""
        return None

    def join(self, *parts: str) -> str:
        """A path below another; empty parts are left out."""
        first, *rest = parts
        return "/".join([first.rstrip("/"), *filter(None, rest)]) if first else "/".join(rest)


class LocalFileSystem(FileSystem):
    """The file system of this machine."""

    can_resume = True

    def status(self, path: str) -> FileStatus | None:
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return FileStatus(path, found.st_size, stat.S_ISDIR(found.st_mode))

    def list(self, path: str) -> Iterable[FileStatus]:
        found = []
        with os.scandir(path) as entries:
            for entry in entries:
                try:
                    directory = entry.is_dir()
                    size = 0 if directory else entry.stat().st_size
                except FileNotFoundError:  # gone since it was listed
                    continue
                found.append(FileStatus(entry.path, size, directory))
        return found

    def open_input(self, path: str) -> BinaryIO:
        return Path(path).open("rb")

    def open_output(self, path: str) -> BinaryIO:
        try:
            return Path(path).open("wb")
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            return Path(path).open("wb")

    def move(self, source: str, target: str) -> None:
        os.replace(source, target)

    def delete(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def sync(self, file: BinaryIO) -> None:
        file.flush()
        os.fsync(file.fileno())

    def sync_directory(self, path: str) -> None:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def open_copy(self, path: str, length: int, target: str) -> BinaryIO:
        with Path(path).open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            if size < length:
                raise OSError(
                    f"{path} has {size} bytes, but the checkpoint says that {length} were "
                    "written: the file was changed from outside"
                )
            copy = self.open_output(target)
            try:
                while length:
                    chunk = source.read(min(length, _CHUNK))
                    copy.write(chunk)
                    length -= len(chunk)
            except BaseException:
                copy.close()
                raise
            return copy

    def directory_version(self, path: str) -> int | None:
        return os.stat(path).st_mtime_ns


LOCAL = LocalFileSystem()


def resolve(location: str | os.PathLike[str]) -> tuple[FileSystem, str]:
    """The file system and plain path of a path or URL; ``file:`` and plain paths are local."""
    text = os.fspath(location)
    scheme, colon, _ = text.partition(":")
    if not colon or "/" in scheme or len(scheme) < 2:
        return LOCAL, text
    if scheme == "file":
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(text)
        path = unquote(parts.path)
        # file://data/x is a relative path that was written with too many slashes.
        return LOCAL, parts.netloc + path if parts.netloc not in ("", "localhost") else path
    if "://" not in text:
        return LOCAL, text
    from hurtig.connectors.filesystem.remote import remote_filesystem

    return remote_filesystem(text)


def is_hidden(path: str) -> bool:
    """Whether a file or directory is left out by its name: it begins with ``.`` or ``_``."""
    return path.rstrip("/").rpartition("/")[2][:1] in (".", "_")


def plain_path(path: Any, user: str) -> str:
    """``path`` as text; TypeError naming ``user`` for what is no path."""
    try:
        text = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str) or not text:
        raise TypeError(f"{user} takes paths or URLs as str, got {path!r}")
    return text
