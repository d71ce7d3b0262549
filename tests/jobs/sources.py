"""Sources for random programs: several splits in several readers, some empty."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from hurtig.common.time import Duration
from hurtig.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext, SourceReader

Record = tuple[int, int]
Bag = list[tuple[Record, int]]

DISORDER = 10
"""How far behind an earlier record of its split a record may be, ms."""


class SplitSource(Source):
    """``interleaved``: a reader takes several splits at once and reads them in turn."""

    def __init__(self, splits: list[Bag], interleaved: bool) -> None:
        self._splits = splits
        self._interleaved = interleaved

    def splits(self) -> list[Any]:
        splits = list(enumerate(self._splits))
        if not self._interleaved:
            return [[split] for split in splits]
        return [splits[i : i + 2] for i in range(0, len(splits), 2)]

    def create_reader(self, context: SourceContext) -> SourceReader:
        return SplitReader()


class SplitReader(SourceReader):
    def __init__(self) -> None:
        self._splits: list[tuple[str, Iterator[Any], list[Any]]] = []

    def add_splits(self, splits: list[Any]) -> None:
        for group in splits:
            for number, records in group:
                self._splits.append((str(number), iter(records), []))

    def split_ids(self) -> list[str]:
        return [name for name, _, _ in self._splits]

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        name, records, _ = split = self._splits.pop(0)
        batch = list(islice(records, min(max_records, 3)))
        if batch:
            self._splits.append(split)
        values, times = [r for r, _ in batch], [t for _, t in batch]
        return SourceBatch(name, values, times, not batch)


class ByRecordTimestamp(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return record_timestamp


def strategy() -> WatermarkStrategy:
    bounded = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(DISORDER))
    return bounded.with_timestamp_assigner(ByRecordTimestamp())
