"""Line formats: records that end in a line feed, read in blocks of whole lines."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, BinaryIO

from hurtig.common.serialization import check_charset
from hurtig.formats.contract import FileRange, FormatReader, OnBadRecord, Position, StreamFormat

BLOCK_SIZE = 1 << 20
"""Bytes that are read, decoded and split at a time."""


class LineBlocks:
    """The lines of a byte range, as blocks that end after a line feed or with the file.

    A line belongs to the range in which its first byte lies.
    """

    __slots__ = ("_end", "_file", "_read_to", "_tail", "offset")

    def __init__(self, file: BinaryIO, start: int, end: int | None, at_line_start: bool) -> None:
        self._file = file
        self._end = end
        self._tail = b""
        self.offset = start
        """Where the next block begins."""
        if at_line_start or start == 0:
            skip_to(file, start)
        else:
            # The byte before tells whether a line starts exactly here.
            skip_to(file, start - 1)
            self.offset += len(file.readline()) - 1
        self._read_to = self.offset

    @property
    def exhausted(self) -> bool:
        """Whether nothing more is to be read, as far as is known without reading."""
        return not self._tail and self._end is not None and self.offset >= self._end

    def next_block(self) -> bytes:
        """The next whole lines; empty at the end."""
        if self._end is not None and self.offset >= self._end:
            return b""
        parts = [self._tail]
        self._tail = b""
        while True:
            last_read = False
            size = BLOCK_SIZE
            if self._end is not None:
                left = self._end - self._read_to
                if left <= 0:
                    # Only the line that began before the end is still to be completed.
                    parts.append(self._file.readline())
                    break
                last_read = left <= size
                size = min(size, left)
            chunk = self._file.read(size)
            if not chunk:
                break
            self._read_to += len(chunk)
            cut = chunk.rfind(b"\n") + 1
            if cut == len(chunk):
                parts.append(chunk)
                break
            if cut and not last_read:
                parts.append(chunk[:cut])
                self._tail = chunk[cut:]
                break
            parts.append(chunk)
        block = parts[0] if len(parts) == 1 else b"".join(parts)
        self.offset += len(block)
        return block


class LineReader(FormatReader):
    """Base of readers with one record a line; a subclass splits blocks and decodes lines.

    Its position is ``(offset of a block, lines of it that are read, lines before it or -1)``.
    """

    def __init__(self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord) -> None:
        start, end, position = file_range
        self._on_bad_record = on_bad_record
        self._blocks = LineBlocks(
            file, start if position is None else position[0], end, position is not None
        )
        self._block_start = self._blocks.offset
        self._lines_before = (0 if start == 0 else -1) if position is None else position[2]
        self._lines: list[Any] = []
        self._at = 0
        self._finished = False
        skip = 0 if position is None else position[1]
        self._next_lines()
        while skip:
            if self._finished:
                break
            step = min(skip, len(self._lines))
            self._at = step
            skip -= step
            if skip:
                self._next_lines()

    @abstractmethod
    def split(self, block: bytes) -> list[Any]:
        """The lines of a block without their ends."""

    @abstractmethod
    def decode(self, lines: list[Any], first: int) -> list[Any]:
        """The records of ``lines``, of which the first is number ``first`` of its block."""

    def read(self, max_records: int) -> list[Any]:
        while not self._finished:
            lines, at = self._lines, self._at
            if at == 0 and len(lines) <= max_records:
                records = self.decode(lines, 0)
                self._next_lines()
            else:
                records = self.decode(lines[at : at + max_records], at)
                self._at = at + max_records
                if self._at >= len(lines):
                    self._next_lines()
            if records:
                return records
        return []

    @property
    def finished(self) -> bool:
        return self._finished

    def position(self) -> Position:
        return self._block_start, self._at, self._lines_before

    def where(self, index: int) -> str:
        """The place of line ``index`` of the block in hand, for an error message."""
        if self._lines_before >= 0:
            return f"line {self._lines_before + index + 1}"
        offset = self._block_start + sum(len(line) + 1 for line in self._lines[:index])
        return f"byte {offset}"

    def _next_lines(self) -> None:
        if self._lines_before >= 0:
            self._lines_before += len(self._lines)
        self._block_start = self._blocks.offset
        self._at = 0
        block = self._blocks.next_block()
        self._lines = self.split(block) if block else []
        self._finished = not block


class RawLineReader(LineReader):
    """Lines as bytes, which keep their carriage return; subclasses decode them."""

    def split(self, block: bytes) -> list[Any]:
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return lines


class _TextLineReader(LineReader):
    def __init__(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord, charset: str
    ) -> None:
        self._charset = charset
        super().__init__(file, file_range, on_bad_record)

    def split(self, block: bytes) -> list[Any]:
        lines = block.decode(self._charset, "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        if b"\r" in block:
            return [line[:-1] if line[-1:] == "\r" else line for line in lines]
        return lines

    def decode(self, lines: list[Any], first: int) -> list[Any]:
        return lines


class _WideTextLineReader(FormatReader):
    """Lines of a charset in which the byte 10 alone does not end a line (UTF-16, UTF-32).

    Its position is the number of lines that are read.
    """

    def __init__(self, file: BinaryIO, position: Position | None, charset: str) -> None:
        import codecs

        self._file = file
        self._decoder = codecs.getincrementaldecoder(charset)("replace")
        self._tail = ""
        self._lines: list[str] = []
        self._count = 0
        self._eof = False
        self._fill()
        left = 0 if position is None else position[0]
        while left and not self.finished:
            left -= len(self.read(left))

    def read(self, max_records: int) -> list[Any]:
        records = self._lines[:max_records]
        del self._lines[:max_records]
        self._count += len(records)
        self._fill()
        return records

    @property
    def finished(self) -> bool:
        return not self._lines

    def position(self) -> Position:
        return (self._count,)

    def _fill(self) -> None:
        while not self._lines and not self._eof:
            data = self._file.read(BLOCK_SIZE)
            self._eof = not data
            lines = (self._tail + self._decoder.decode(data, self._eof)).split("\n")
            self._tail = lines.pop()
            if self._eof and self._tail:
                lines.append(self._tail)
            self._lines = [line[:-1] if line.endswith("\r") else line for line in lines]


class TextLineFormat(StreamFormat):
    """Each line as a str; bytes that the charset does not know become U+FFFD, as in Java."""

    def __init__(self, charset_name: str = "UTF-8") -> None:
        from hurtig.common.typeinfo import Types

        self._charset = check_charset(charset_name)
        self._wide = "\n".encode(self._charset)[-1:] != b"\n" or len("\n".encode(self._charset)) > 1
        self.splittable = not self._wide
        self.produced_type = Types.STRING()

    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader of lines; it never finds a bad one."""
        if self._wide:
            return _WideTextLineReader(file, file_range.position, self._charset)
        return _TextLineReader(file, file_range, on_bad_record, self._charset)


def skip_to(file: BinaryIO, offset: int) -> None:
    """Moves to ``offset``, by reading where the file cannot jump."""
    if offset == 0:
        return
    if file.seekable():
        file.seek(offset)
        return
    while offset > 0:
        data = file.read(min(offset, BLOCK_SIZE))
        if not data:
            return
        offset -= len(data)
