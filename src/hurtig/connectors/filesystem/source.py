"""FileSource: reads files and directories, once or watching for new files."""

from __future__ import annotations

from typing import Any

from hurtig.common.time import to_millis
from hurtig.connectors.filesystem.file_enumerator import FileEnumerator, FileEnumeratorProvider
from hurtig.connectors.filesystem.filesystem import plain_path
from hurtig.connectors.filesystem.reader import FileSourceReader
from hurtig.connectors.filesystem.split_assigner import (
    FileSplitAssigner,
    FileSplitAssignerProvider,
)
from hurtig.connectors.filesystem.split_enumerator import FileSplitEnumerator
from hurtig.connectors.source import (
    Boundedness,
    Source,
    SourceContext,
    SourceReader,
    SplitEnumerator,
)
from hurtig.formats.contract import BulkFormat, FileFormat, StreamFormat


class FileSource(Source):
    """Reads files with a format. Mirrors Flink's ``FileSource``; made by its two methods.

    Paths are files or directories, plain or as URLs. Directories are read recursively in the order
    of names; files whose names begin with ``.`` or ``_`` are left out. Files that end in ``.gz``,
    ``.bz2``, ``.xz``, ``.zst`` or ``.deflate`` are decompressed.
    """

    def __init__(
        self,
        file_format: FileFormat,
        paths: tuple[str, ...],
        file_enumerator: FileEnumerator | None = None,
        split_assigner: type[FileSplitAssigner] | None = None,
        discovery_interval: int | None = None,
    ) -> None:
        self._format = file_format
        self._paths = paths
        self._file_enumerator = file_enumerator or (
            FileEnumeratorProvider.default_splittable_file_enumerator()
            if file_format.splittable
            else FileEnumeratorProvider.default_non_splittable_file_enumerator()
        )
        self._split_assigner = (
            split_assigner or FileSplitAssignerProvider.locality_aware_split_assigner()
        )
        self._discovery_interval = discovery_interval
        self.boundedness = (
            Boundedness.BOUNDED if discovery_interval is None else Boundedness.CONTINUOUS_UNBOUNDED
        )
        self.produced_type = file_format.get_produced_type()

    @staticmethod
    def for_record_stream_format(stream_format: StreamFormat, *paths: str) -> FileSourceBuilder:
        """A builder for files that are read record after record."""
        return FileSourceBuilder(_format(stream_format, "for_record_stream_format"), paths)

    @staticmethod
    def for_bulk_file_format(bulk_format: BulkFormat, *paths: str) -> FileSourceBuilder:
        """A builder for files that are read in blocks of records."""
        return FileSourceBuilder(_format(bulk_format, "for_bulk_file_format"), paths)

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Finds the files; ProgramError at its first use where a path does not exist."""
        return FileSplitEnumerator(
            self._paths,
            self._file_enumerator,
            self._split_assigner(),
            parallelism,
            self._discovery_interval,
        )

    def create_reader(self, context: SourceContext) -> SourceReader:
        """The reader of one subtask."""
        return FileSourceReader(self._format, context)

    def __repr__(self) -> str:
        return f"FileSource({type(self._format).__name__}, {', '.join(self._paths)})"


def _format(given: Any, method: str) -> FileFormat:
    if not isinstance(given, FileFormat):
        raise TypeError(
            f"FileSource.{method} needs a format such as StreamFormat.text_line_format(), "
            f"got {given!r}"
        )
    return given


class FileSourceBuilder:
    """Builder of :class:`FileSource`; the files of the start are read once by default."""

    def __init__(self, file_format: FileFormat, paths: tuple[str, ...]) -> None:
        if not paths:
            raise ValueError("a FileSource needs at least one path")
        self._format = file_format
        self._paths = tuple(plain_path(path, "FileSource") for path in paths)
        self._discovery_interval: int | None = None
        self._file_enumerator: FileEnumerator | None = None
        self._split_assigner: type[FileSplitAssigner] | None = None

    def monitor_continuously(self, discovery_interval: Any) -> FileSourceBuilder:
        """Look for new files every ``discovery_interval`` (a Duration or milliseconds), forever."""
        millis = to_millis(discovery_interval, "discovery_interval")
        if millis <= 0:
            raise ValueError(f"discovery_interval must be positive, got {discovery_interval!r}")
        self._discovery_interval = millis
        return self

    def process_static_file_set(self) -> FileSourceBuilder:
        """Read the files that are there at the start, and end."""
        self._discovery_interval = None
        return self

    def set_file_enumerator(self, file_enumerator: FileEnumerator) -> FileSourceBuilder:
        """How files are found and cut into splits."""
        if file_enumerator.splittable and not self._format.splittable:
            file_enumerator = FileEnumeratorProvider.default_non_splittable_file_enumerator()
        self._file_enumerator = file_enumerator
        return self

    def set_split_assigner(self, split_assigner: type[FileSplitAssigner]) -> FileSourceBuilder:
        """Which reader gets which split."""
        self._split_assigner = split_assigner
        return self

    def build(self) -> FileSource:
        """The source."""
        return FileSource(
            self._format,
            self._paths,
            self._file_enumerator,
            self._split_assigner,
            self._discovery_interval,
        )
