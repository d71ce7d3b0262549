"""Consecutive integers, divided among the subtasks."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.connectors.source import (
    ListEnumerator,
    ReadStatus,
    Source,
    SourceBatch,
    SourceContext,
    SourceReader,
    SplitEnumerator,
)

__all__ = ["NumberSequenceSource", "NumberSplit", "split_range"]


class NumberSplit(NamedTuple):
    """Some of the numbers: the next to read, the first no longer to be read."""

    id: str
    position: int
    stop: int


def split_range(start: int, stop: int, parts: int) -> list[NumberSplit]:
    """``range(start, stop)`` in at most ``parts`` parts, the longer ones first, none empty."""
    size, longer = divmod(stop - start, parts)
    splits: list[NumberSplit] = []
    for index in range(parts if size else longer):
        end = start + size + (index < longer)
        splits.append(NumberSplit(str(index + 1), start, end))
        start = end
    return splits


class NumberSequenceSource(Source):
    """The numbers from ``start`` to ``end``, both included, as LONG.

    Bounded. In order within one subtask; with several, each reads one range. Mirrors Flink's
    ``NumberSequenceSource``.
    """

    produced_type = Types.LONG()

    def __init__(self, start: int, end: int) -> None:
        if start > end:
            raise ProgramError(f"the first number must not be above the last: {start} > {end}")
        self.start = start
        self.end = end

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        return ListEnumerator(split_range(self.start, self.end + 1, parallelism))

    def create_reader(self, context: SourceContext) -> SourceReader:
        return NumberSequenceReader()


class NumberSequenceReader(SourceReader):
    def __init__(self) -> None:
        self._splits: deque[NumberSplit] = deque()

    def add_splits(self, splits: list[Any]) -> None:
        self._splits.extend(splits)

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        split_id, position, stop = self._splits.popleft()
        end = min(stop, position + max_records)
        if end < stop:
            self._splits.appendleft(NumberSplit(split_id, end, stop))
        return SourceBatch(split_id, list(range(position, end)), split_finished=end == stop)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self._splits)
