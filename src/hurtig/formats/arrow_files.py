"""What Parquet and ORC share: a bulk writer that gathers batches, a reader over batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hurtig.common.serialization import BulkWriter
from hurtig.formats.contract import FormatReader, OnBadRecord, Position


class GatheringBulkWriter(BulkWriter):
    """Converts records to Arrow batches and writes them in groups of ``group_rows`` rows."""

    def __init__(
        self,
        convert: Callable[[Sequence[Any]], Any],
        write_group: Callable[[list[Any]], None],
        close: Callable[[], None],
        group_rows: int,
    ) -> None:
        self._convert = convert
        self._write_group = write_group
        self._close = close
        self._group_rows = group_rows
        self._batches: list[Any] = []
        self._rows = 0

    def add_elements(self, elements: Sequence[Any]) -> None:
        self._batches.append(self._convert(elements))
        self._rows += len(elements)
        if self._rows >= self._group_rows:
            self._write()

    def finish(self) -> None:
        if self._batches:
            self._write()
        self._close()

    def _write(self) -> None:
        batches, self._batches, self._rows = self._batches, [], 0
        self._write_group(batches)


class GroupReader(FormatReader):
    """Rows of a file that consists of groups (row groups, stripes).

    Its position is ``(groups read, rows of the next group read)``.
    """

    def __init__(
        self,
        groups: int,
        read_group: Callable[[int], Iterator[list[Any]]],
        position: Position | None,
        on_bad_record: OnBadRecord,
        errors: tuple[type[Exception], ...],
    ) -> None:
        self._groups = groups
        self._read_group = read_group
        self._on_bad_record = on_bad_record
        self._errors = errors
        self._group, skip = position or (0, 0)
        self._taken = 0
        self._rows: list[Any] = []
        self._at = 0
        self._batches = read_group(self._group) if self._group < groups else iter(())
        self._finished = False
        self._fill()
        while skip and not self._finished:
            skip -= len(self.read(skip))

    def read(self, max_records: int) -> list[Any]:
        if self._finished:
            return []
        at = self._at
        if at == 0 and len(self._rows) <= max_records:
            records = self._rows
        else:
            records = self._rows[at : at + max_records]
        self._at = at + len(records)
        self._taken += len(records)
        if self._at >= len(self._rows):
            self._fill()
        return records

    @property
    def finished(self) -> bool:
        return self._finished

    def position(self) -> Position:
        return self._group, self._taken

    def _fill(self) -> None:
        self._rows, self._at = [], 0
        try:
            while not self._rows:
                rows = next(self._batches, None)
                if rows is not None:
                    self._rows = rows
                elif self._group + 1 < self._groups:
                    self._group += 1
                    self._taken = 0
                    self._batches = self._read_group(self._group)
                else:
                    self._group, self._taken = self._groups, 0
                    self._finished = True
                    return
        except self._errors as e:
            self._finished = True
            self._on_bad_record(f"the file is damaged: {e}", f"group {self._group}", b"")


class NoReader(FormatReader):
    """The reader of a file that cannot be opened."""

    finished = True

    def read(self, max_records: int) -> list[Any]:
        return []

    def position(self) -> Position:
        return 0, 0
