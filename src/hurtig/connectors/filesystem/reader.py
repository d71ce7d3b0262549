"""The reader of a file source: opens splits one after the other and reads them in batches."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any, BinaryIO

from hurtig.common.errors import HurtigError, ProgramError
from hurtig.connectors.filesystem.compression import (
    DECOMPRESSION_ERRORS,
    decompress,
    is_compressed,
)
from hurtig.connectors.filesystem.filesystem import resolve
from hurtig.connectors.filesystem.split import FileSourceSplit
from hurtig.connectors.source import ReadStatus, SourceBatch, SourceContext, SourceReader
from hurtig.formats.contract import FileFormat, FileRange, FormatReader


class _OpenSplit:
    """A split with its open file."""

    __slots__ = ("files", "reader", "split")

    def __init__(self, split: FileSourceSplit, format_: FileFormat, context: SourceContext) -> None:
        self.split = split
        path = split.path
        filesystem, plain = resolve(path)
        try:
            raw = filesystem.open_input(plain)
        except FileNotFoundError:
            raise ProgramError(
                f"FileSource: {path} was there when the source listed it and is gone now"
            ) from None
        self.files: list[BinaryIO] = [raw]
        try:
            file = raw
            if is_compressed(plain):
                if format_.seekable:
                    raise ProgramError(
                        f"{path}: {type(format_).__name__} cannot read compressed files"
                    )
                file = decompress(raw, plain)
                self.files.insert(0, file)
            self.reader: FormatReader = format_.create_reader(
                file,
                FileRange(split.start, split.end, split.position),
                partial(_bad_record, context, path),
            )
        except BaseException:
            self.close_files()
            raise

    def close(self) -> None:
        self.reader.close()
        self.close_files()

    def close_files(self) -> None:
        for file in self.files:
            file.close()


def _bad_record(context: SourceContext, path: str, reason: str, where: str, content: Any) -> None:
    context.bad_record(reason, f"{path}, {where}", content)


class FileSourceReader(SourceReader):
    """Reads the splits of one subtask."""

    def __init__(self, format_: FileFormat, context: SourceContext) -> None:
        self._format = format_
        self._context = context
        self._waiting: deque[FileSourceSplit] = deque()
        self._open: list[_OpenSplit] = []
        self._paused: set[str] = set()
        self._no_more_splits = False

    def add_splits(self, splits: list[Any]) -> None:
        self._waiting.extend(FileSourceSplit(*split) for split in splits)

    def no_more_splits(self) -> None:
        self._no_more_splits = True

    def pause_splits(self, split_ids: set[str]) -> None:
        self._paused = set(split_ids)

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        split = self._current()
        if isinstance(split, ReadStatus):
            return split
        if isinstance(split, SourceBatch):
            return split
        split_id = split.split.split_id
        reader = split.reader
        try:
            values = reader.read(max_records)
            finished = not values or reader.finished
        except HurtigError:
            raise
        except DECOMPRESSION_ERRORS as e:
            values, finished = [], True
            self._damaged(split.split, e)
        if finished:
            self._open.remove(split)
            split.close()
        return SourceBatch(split_id, values, None, finished)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        states = [s.split._replace(position=s.reader.position()) for s in self._open]
        return [tuple(split) for split in (*states, *self._waiting)]

    def close(self) -> None:
        opened, self._open = self._open, []
        for split in opened:
            split.close()

    def _current(self) -> _OpenSplit | SourceBatch | ReadStatus:
        paused = self._paused
        for opened in self._open:
            if opened.split.split_id not in paused:
                return opened
        for split in self._waiting:
            if split.split_id not in paused:
                break
        else:
            if self._open or self._waiting:
                return ReadStatus.NOTHING_AVAILABLE
            return ReadStatus.END_OF_INPUT if self._no_more_splits else ReadStatus.NEED_SPLIT
        self._waiting.remove(split)
        try:
            opened = _OpenSplit(split, self._format, self._context)
        except HurtigError:
            raise
        except DECOMPRESSION_ERRORS as e:
            if not is_compressed(split.path):
                raise
            self._damaged(split, e)
            return SourceBatch(split.split_id, [], None, True)
        self._open.append(opened)
        return opened

    def _damaged(self, split: FileSourceSplit, error: BaseException) -> None:
        """A file that cannot be decompressed: a bad record, and the end of the file."""
        if not is_compressed(split.path):
            raise error
        reason = f"the compressed file is damaged: {error or type(error).__name__}"
        self._context.bad_record(reason, split.path, b"")
