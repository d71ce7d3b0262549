"""File systems behind URLs, through pyarrow and, where it has none for a scheme, fsspec."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hurtig.checkpoint.storage.filesystem import CHUNK, Entry, StateFileSystem
from hurtig.checkpoint.storage.s3 import S3_SCHEMES, open_s3, s3_arguments, s3_path
from hurtig.common.errors import ProgramError


class ArrowStateFileSystem(StateFileSystem):
    """Any ``pyarrow.fs.FileSystem``.

    ``has_folders``  folders must be made; object stores only have names with slashes.
    ``can_move``     renaming is atomic, and a file is seen before it is closed.
    """

    def __init__(self, filesystem: Any, has_folders: bool = True, can_move: bool = True) -> None:
        self._fs = filesystem
        self._has_folders = has_folders
        self._can_move = can_move

    def make_folder(self, path: str) -> None:
        if self._has_folders:
            self._fs.create_dir(path, recursive=True)

    def write(self, path: str, data: bytes) -> None:
        try:
            with self._fs.open_output_stream(path) as stream:
                stream.write(data)
        except BaseException:
            self._remove_partial(path)
            raise

    def replace(self, path: str, data: bytes) -> None:
        if not self._can_move:  # an object appears when its upload is complete
            self.write(path, data)
            return
        partial = path + ".inprogress"
        self.write(partial, data)
        try:
            self._fs.move(partial, path)
        except BaseException:
            self._remove_partial(partial)
            raise

    def upload(self, path: str, local_path: str) -> tuple[int, int]:
        size = checksum = 0
        try:
            with (
                Path(local_path).open("rb") as reader,
                self._fs.open_output_stream(path) as stream,
            ):
                while chunk := reader.read(CHUNK):
                    stream.write(chunk)
                    size += len(chunk)
                    checksum = zlib.crc32(chunk, checksum)
        except BaseException:
            self._remove_partial(path)
            raise
        return size, checksum

    def read(self, path: str) -> bytes:
        with self._fs.open_input_stream(path) as stream:
            data: bytes = stream.read()
        return data

    def download(self, path: str, local_path: str) -> tuple[int, int]:
        size = checksum = 0
        with (
            self._fs.open_input_stream(path) as stream,
            Path(local_path).open("wb") as writer,
        ):
            while chunk := stream.read(CHUNK):
                writer.write(chunk)
                size += len(chunk)
                checksum = zlib.crc32(chunk, checksum)
        return size, checksum

    def list(self, path: str) -> list[Entry]:
        from pyarrow import fs

        found = self._fs.get_file_info(fs.FileSelector(path, allow_not_found=True))
        return sorted(
            Entry(each.base_name, each.size or 0, each.type == fs.FileType.Directory)
            for each in found
        )

    def delete_file(self, path: str) -> None:
        try:
            self._fs.delete_file(path)
        except FileNotFoundError:
            pass

    def delete_folder(self, path: str) -> None:
        try:
            self._fs.delete_dir(path)
        except FileNotFoundError:
            pass

    def _remove_partial(self, path: str) -> None:
        try:
            self._fs.delete_file(path)
        except Exception:  # the error that is on its way says more
            pass


def open_remote(url: str, settings: Mapping[str, str]) -> tuple[StateFileSystem, str]:
    """The file system of a URL and the path in it; ProgramError where there is none."""
    try:
        from pyarrow import fs
    except ImportError as e:
        from hurtig.formats.errors import missing_library

        raise missing_library("pyarrow", "arrow", f"checkpoint storage at {url!r}", e) from e
    scheme = url.partition("://")[0].lower()
    if scheme in S3_SCHEMES:
        filesystem = open_s3(s3_arguments(url, settings))
        return ArrowStateFileSystem(filesystem, has_folders=False, can_move=False), s3_path(url)
    if scheme in ("hdfs", "viewfs"):
        filesystem, path = _open_hdfs(url, fs)
        return ArrowStateFileSystem(filesystem), path
    try:
        filesystem, path = fs.FileSystem.from_uri(url)
    except (ValueError, OSError) as arrow_error:
        return _open_fsspec(url, arrow_error, fs)
    objects = scheme in ("gs", "gcs")
    return ArrowStateFileSystem(filesystem, not objects, not objects), path


def _open_hdfs(url: str, fs: Any) -> tuple[Any, str]:
    from urllib.parse import parse_qs, unquote, urlsplit

    parts = urlsplit(url)
    host = parts.hostname or "default"  # fs.defaultFS of core-site.xml
    if parts.scheme == "viewfs":
        host = f"viewfs://{parts.hostname or ''}"
    options: dict[str, Any] = {}
    if parts.username:
        options["user"] = unquote(parts.username)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if "user" in query:
        options["user"] = query["user"]
    if "replication" in query:
        options["replication"] = int(query["replication"])
    try:
        # Without a port, that of the configuration or of the name service.
        filesystem = fs.HadoopFileSystem(host, parts.port or 0, **options)
    except (OSError, ImportError, AttributeError) as e:
        why = str(e).partition("\n")[0]  # then come all places where no JVM is
        raise ProgramError(
            f"no access to {url!r}: {why}\n"
            "  HDFS is reached through Hadoop's libhdfs and a JVM: install Hadoop's client, set "
            "HADOOP_HOME, JAVA_HOME and CLASSPATH=$(hadoop classpath --glob), and "
            "ARROW_LIBHDFS_DIR to the folder of libhdfs.so; check that the name node answers"
        ) from None
    return filesystem, unquote(parts.path) or "/"


def _open_fsspec(url: str, arrow_error: Exception, fs: Any) -> tuple[StateFileSystem, str]:
    try:
        import fsspec  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise ProgramError(
            f"no file system for {url!r}: {arrow_error}; pip install fsspec and its package for "
            "this scheme, or use a path that all workers see"
        ) from None
    try:
        inner, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as e:
        raise ProgramError(f"no file system for {url!r}: {e}") from None
    return ArrowStateFileSystem(fs.PyFileSystem(fs.FSSpecHandler(inner))), path
