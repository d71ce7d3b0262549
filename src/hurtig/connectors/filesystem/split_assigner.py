"""Split assigners: which reader gets which split."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hurtig.connectors.filesystem.split import FileSourceSplit


class FileSplitAssigner:
    """Holds splits until a reader asks; hands them out in order. Subclass to choose others."""

    def __init__(self) -> None:
        self._splits: deque[FileSourceSplit] = deque()

    def next_split(self, subtask_index: int) -> FileSourceSplit | None:
        """A split for this reader; ``None`` where there is none."""
        return self._splits.popleft() if self._splits else None

    def add_splits(self, splits: Iterable[FileSourceSplit]) -> None:
        """More splits, behind those at hand."""
        self._splits.extend(splits)

    def remaining(self) -> list[FileSourceSplit]:
        """The splits that are not handed out, in order."""
        return list(self._splits)


class FileSplitAssignerProvider:
    """Makes split assigners. Mirrors PyFlink's ``FileSplitAssignerProvider``."""

    @staticmethod
    def locality_aware_split_assigner() -> type[FileSplitAssigner]:
        """Splits in order: no file is nearer to one reader than to another here."""
        return FileSplitAssigner
