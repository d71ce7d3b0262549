"""``env.from_collection``: a list as a source. The example of the contract in ``source.py``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hurtig.common.typeinfo import TypeInformation
from hurtig.connectors.collection.pickling import ProgramValues
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext, SourceReader


class CollectionSource(Source):
    """All values in one split, which is the position of the next one."""

    def __init__(self, values: Iterable[Any], type_info: TypeInformation | None = None) -> None:
        self.values = ProgramValues(values)
        self.produced_type = type_info

    def splits(self) -> list[Any]:
        return [0]

    def create_reader(self, context: SourceContext) -> SourceReader:
        return CollectionReader(self.values)


class CollectionReader(SourceReader):
    def __init__(self, values: list[Any]) -> None:
        self._values = values
        self._splits: list[int] = []

    def add_splits(self, splits: list[Any]) -> None:
        self._splits += splits

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        start = self._splits.pop()
        end = start + max_records
        if end < len(self._values):
            self._splits.append(end)
        return SourceBatch("0", self._values[start:end], split_finished=not self._splits)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self._splits)
