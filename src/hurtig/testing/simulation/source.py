"""The source of simulated jobs: records in several splits, read in small batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext, SourceReader


class SplitsSource(Source):
    """Each split is a list of records, or of ``(record, timestamp)`` where ``timestamped``."""

    def __init__(self, splits: Sequence[Sequence[Any]], timestamped: bool = False) -> None:
        super().__init__()
        self._splits = [list(split) for split in splits]
        self._timestamped = timestamped

    def splits(self) -> list[Any]:
        return [(number, 0) for number in range(len(self._splits))]

    def create_reader(self, context: SourceContext) -> SourceReader:
        return _Reader(self._splits, self._timestamped)


class _Reader(SourceReader):
    def __init__(self, contents: list[list[Any]], timestamped: bool) -> None:
        self._contents = contents
        self._timestamped = timestamped
        self._splits: list[tuple[int, int]] = []

    def add_splits(self, splits: list[Any]) -> None:
        self._splits += splits

    def split_ids(self) -> list[str]:
        return [str(number) for number, _ in self._splits]

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        number, position = self._splits.pop(0)
        content = self._contents[number]
        records = content[position : position + max_records]
        ended = position + len(records) >= len(content)
        if not ended:
            self._splits.append((number, position + len(records)))
        values, timestamps = records, None
        if self._timestamped:
            values = [value for value, _ in records]
            timestamps = [timestamp for _, timestamp in records]
        return SourceBatch(str(number), values, timestamps, split_finished=ended)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self._splits)
