"""What checkpoint storage needs of a file system, and the local one.

Paths are plain and absolute, without a scheme, with ``/`` between their parts.
"""

from __future__ import annotations

import os
import shutil
import zlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

CHUNK = 1 << 20
"""Bytes that are copied at a time."""


class Entry(NamedTuple):
    """One name in a folder; ``size`` in bytes."""

    name: str
    size: int
    is_folder: bool


class StateFileSystem(ABC):
    """Whole files are written and read. All methods may be called from several threads.

    Reading what is not there raises FileNotFoundError; other trouble raises OSError.
    """

    @abstractmethod
    def make_folder(self, path: str) -> None:
        """Create a folder and those above it; nothing happens where it is there."""

    @abstractmethod
    def write(self, path: str, data: bytes) -> None:
        """A new file that survives a crash. Leaves none behind where it fails."""

    @abstractmethod
    def replace(self, path: str, data: bytes) -> None:
        """As :meth:`write`, but readers see all of it or what was there before."""

    @abstractmethod
    def upload(self, path: str, local_path: str) -> tuple[int, int]:
        """Copy a local file to a new one; its size and CRC32."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """All of a file."""

    @abstractmethod
    def download(self, path: str, local_path: str) -> tuple[int, int]:
        """Copy to a new local file; its size and CRC32."""

    @abstractmethod
    def list(self, path: str) -> list[Entry]:
        """What is in a folder, by name; empty where it is not there."""

    @abstractmethod
    def delete_file(self, path: str) -> None:
        """Nothing happens where it is not there."""

    @abstractmethod
    def delete_folder(self, path: str) -> None:
        """With all in it. Nothing happens where it is not there."""

    def sync_folder(self, path: str) -> None:
        """Make the names of new files in a folder survive a crash."""

    def delete_empty_folder(self, path: str) -> None:
        """Only if nothing is in it."""
        if not self.list(path):
            self.delete_folder(path)


class LocalStateFileSystem(StateFileSystem):
    """The file system of this machine, or one that is mounted on all of them."""

    def make_folder(self, path: str) -> None:
        missing = []
        while not os.path.isdir(path) and path != os.path.dirname(path):
            missing.append(path)
            path = os.path.dirname(path)
        for each in reversed(missing):
            try:
                os.mkdir(each)
            except FileExistsError:
                if not os.path.isdir(each):
                    raise
            self.sync_folder(os.path.dirname(each))

    def write(self, path: str, data: bytes) -> None:
        try:
            with Path(path).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self._remove_partial(path)
            raise

    def replace(self, path: str, data: bytes) -> None:
        partial = path + ".inprogress"
        self.write(partial, data)
        try:
            os.replace(partial, path)
        except BaseException:
            self._remove_partial(partial)
            raise
        self.sync_folder(os.path.dirname(path))

    def upload(self, path: str, local_path: str) -> tuple[int, int]:
        try:
            return copy_local(local_path, path, sync=True)
        except BaseException:
            self._remove_partial(path)
            raise

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def download(self, path: str, local_path: str) -> tuple[int, int]:
        return copy_local(path, local_path)

    def list(self, path: str) -> list[Entry]:
        found = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    try:
                        is_folder = entry.is_dir()
                        size = 0 if is_folder else entry.stat().st_size
                    except FileNotFoundError:  # gone since it was listed
                        continue
                    found.append(Entry(entry.name, size, is_folder))
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(found)

    def delete_file(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def delete_folder(self, path: str) -> None:
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            pass

    def sync_folder(self, path: str) -> None:
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            os.fsync(handle)
        except OSError:  # some network file systems cannot
            pass
        finally:
            os.close(handle)

    def delete_empty_folder(self, path: str) -> None:
        try:
            os.rmdir(path)
        except OSError:  # not empty, or not there
            pass

    @staticmethod
    def _remove_partial(path: str) -> None:
        try:
            os.unlink(path)
        except OSError:
            pass


def copy_local(source: str, target: str, sync: bool = False) -> tuple[int, int]:
    """Copy between two local files; size and CRC32 of what was copied."""
    size = checksum = 0
    with Path(source).open("rb") as reader, Path(target).open("wb") as writer:
        while chunk := reader.read(CHUNK):
            writer.write(chunk)
            size += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
        if sync:
            writer.flush()
            os.fsync(writer.fileno())
    return size, checksum


def checksum_local(path: str) -> tuple[int, int]:
    """Size and CRC32 of a local file."""
    size = checksum = 0
    with Path(path).open("rb") as reader:
        while chunk := reader.read(CHUNK):
            size += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
    return size, checksum
