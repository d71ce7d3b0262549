"""File enumerators: which files a path stands for, and how they are cut into splits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from hurtig.common.errors import ProgramError
from hurtig.connectors.filesystem.compression import is_compressed
from hurtig.connectors.filesystem.filesystem import FileStatus, FileSystem, is_hidden, resolve
from hurtig.connectors.filesystem.split import FileSourceSplit

MIN_SPLIT_SIZE = 8 << 20
"""Bytes below which a file is not cut."""

MAX_SPLIT_SIZE = 64 << 20
"""Bytes of the largest split of a file that can be cut."""

# A directory that changed within this time may change again under the same modification time.
_SETTLED_NS = 2_000_000_000


class FileEnumerator:
    """Makes splits of files; ``splittable`` cuts large files into byte ranges."""

    def __init__(self, splittable: bool) -> None:
        self.splittable = splittable

    def splits(self, file: FileStatus, url: str, parallelism: int) -> list[FileSourceSplit]:
        """The splits of one file, which are at least one; ``url`` is its full name."""
        size = file.size
        if not self.splittable or parallelism < 2 or size <= MIN_SPLIT_SIZE or is_compressed(url):
            return [FileSourceSplit(url, url)]
        target = max(MIN_SPLIT_SIZE, min(MAX_SPLIT_SIZE, -(-size // (parallelism * 2))))
        count = -(-size // target)
        cuts = [i * size // count for i in range(count)]
        ends: list[int | None] = [*cuts[1:], None]
        return [
            FileSourceSplit(f"{url}@{start}", url, start, end)
            for start, end in zip(cuts, ends, strict=True)
        ]


class FileEnumeratorProvider:
    """Makes file enumerators. Mirrors PyFlink's ``FileEnumeratorProvider``."""

    @staticmethod
    def default_splittable_file_enumerator() -> FileEnumerator:
        """Directories recursively, without hidden files; large files in several splits."""
        return FileEnumerator(True)

    @staticmethod
    def default_non_splittable_file_enumerator() -> FileEnumerator:
        """Directories recursively, without hidden files; each file is one split."""
        return FileEnumerator(False)


class _Directory(NamedTuple):
    version: int | None
    subdirectories: list[str]


class DirectoryScanner:
    """Lists the files below the paths of a source, again and again.

    A directory whose modification time is as it was is not listed again: then polling costs one
    ``stat`` for each directory, however many files there are.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._roots = [(path, *resolve(path)) for path in paths]
        self._known: dict[str, _Directory] = {}

    def scan(self) -> Iterator[tuple[FileStatus, str]]:
        """Files that may be new, with their full names, sorted within each directory.

        ProgramError where a path of the source does not exist.
        """
        for given, filesystem, path in self._roots:
            root = filesystem.status(path)
            if root is None:
                raise ProgramError(f"FileSource: there is no file or directory {given!r}")
            prefix = given[: len(given) - len(path)] if given.endswith(path) else ""
            if prefix.startswith("file:"):
                prefix = ""
            if root.is_directory:
                yield from self._scan_directory(filesystem, path.rstrip("/") or "/", prefix)
            else:
                yield root, prefix + path

    def _scan_directory(
        self, filesystem: FileSystem, path: str, prefix: str
    ) -> Iterator[tuple[FileStatus, str]]:
        known = self._known.get(prefix + path)
        try:
            version = filesystem.directory_version(path)
            if known is not None and version is not None and known.version == version:
                subdirectories = known.subdirectories
            else:
                entries = sorted(filesystem.list(path))
                entries = [entry for entry in entries if not is_hidden(entry.path)]
                yield from ((e, prefix + e.path) for e in entries if not e.is_directory)
                subdirectories = [e.path for e in entries if e.is_directory]
                if version is not None and time.time_ns() - version < _SETTLED_NS:
                    version = None
                self._known[prefix + path] = _Directory(version, subdirectories)
        except FileNotFoundError:  # a subdirectory that is gone
            self._known.pop(prefix + path, None)
            return
        for subdirectory in subdirectories:
            yield from self._scan_directory(filesystem, subdirectory, prefix)
