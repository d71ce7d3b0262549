"""File systems behind URLs such as ``s3://``, through pyarrow or fsspec."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from hurtig.common.errors import ProgramError
from hurtig.connectors.filesystem.filesystem import FileStatus, FileSystem


class ArrowFileSystem(FileSystem):
    """Any ``pyarrow.fs.FileSystem``."""

    def __init__(self, filesystem: Any) -> None:
        self._fs = filesystem

    def status(self, path: str) -> FileStatus | None:
        from pyarrow import fs

        found = self._fs.get_file_info(path)
        return None if found.type == fs.FileType.NotFound else _status(found)

    def list(self, path: str) -> Iterable[FileStatus]:
        from pyarrow import fs

        return [_status(found) for found in self._fs.get_file_info(fs.FileSelector(path))]

    def open_input(self, path: str) -> BinaryIO:
        import io

        return cast(BinaryIO, io.BufferedReader(self._fs.open_input_file(path), 1 << 16))

    def open_output(self, path: str) -> BinaryIO:
        parent = path.rpartition("/")[0]
        if parent:
            self._fs.create_dir(parent, recursive=True)
        return cast(BinaryIO, self._fs.open_output_stream(path))

    def move(self, source: str, target: str) -> None:
        self._fs.move(source, target)

    def delete(self, path: str) -> None:
        if self.status(path) is not None:
            self._fs.delete_file(path)


def _status(found: Any) -> FileStatus:
    from pyarrow import fs

    return FileStatus(found.path, found.size or 0, found.type == fs.FileType.Directory)


def remote_filesystem(url: str) -> tuple[FileSystem, str]:
    """The file system of a URL and the path in it; ProgramError where there is none."""
    try:
        from pyarrow import fs
    except ImportError as e:
        from hurtig.formats.errors import missing_library

        raise missing_library("pyarrow", "arrow", f"{url!r}", e) from e
    try:
        filesystem, path = fs.FileSystem.from_uri(url)
    except (ValueError, OSError) as arrow_error:
        try:
            import fsspec  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except ImportError:
            raise ProgramError(
                f"no file system for {url!r}: {arrow_error}; install fsspec and its package "
                "for this scheme, or use a local path"
            ) from None
        try:
            inner, path = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as e:
            raise ProgramError(f"no file system for {url!r}: {e}") from None
        filesystem = fs.PyFileSystem(fs.FSSpecHandler(inner))
    return ArrowFileSystem(filesystem), path
