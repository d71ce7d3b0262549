"""A file system in memory that can be told to fail."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

from hurtig.checkpoint.storage.filesystem import Entry, StateFileSystem


class MemoryFiles(StateFileSystem):
    """Path -> bytes. ``fails(operation, path)`` decides before each write whether it fails."""

    def __init__(self, fails: Callable[[str, str], bool] = lambda operation, path: False) -> None:
        self.files: dict[str, bytes] = {}
        self.fails = fails

    def _maybe_fail(self, operation: str, path: str) -> None:
        if self.fails(operation, path):
            raise OSError(28, "simulated: no space left", path)

    def make_folder(self, path: str) -> None:
        self._maybe_fail("make_folder", path)

    def write(self, path: str, data: bytes) -> None:
        self._maybe_fail("write", path)
        self.files[path] = bytes(data)

    def replace(self, path: str, data: bytes) -> None:
        self._maybe_fail("replace", path)
        self.files[path] = bytes(data)

    def upload(self, path: str, local_path: str) -> tuple[int, int]:
        data = Path(local_path).read_bytes()
        self.write(path, data)
        return len(data), zlib.crc32(data)

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(2, "simulated: no such file", path)
        return self.files[path]

    def download(self, path: str, local_path: str) -> tuple[int, int]:
        data = self.read(path)
        Path(local_path).write_bytes(data)
        return len(data), zlib.crc32(data)

    def list(self, path: str) -> list[Entry]:
        found: dict[str, Entry] = {}
        prefix = path.rstrip("/") + "/"
        for name, data in self.files.items():
            if name.startswith(prefix):
                first, slash, _ = name[len(prefix) :].partition("/")
                found[first] = Entry(first, 0 if slash else len(data), bool(slash))
        return [found[name] for name in sorted(found)]

    def delete_file(self, path: str) -> None:
        self.files.pop(path, None)

    def delete_folder(self, path: str) -> None:
        prefix = path.rstrip("/") + "/"
        for name in [name for name in self.files if name.startswith(prefix)]:
            del self.files[name]
