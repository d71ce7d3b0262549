"""Sources read one after the other: files of the past, then the live stream."""

from __future__ import annotations

from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError, shorten
from hurtig.connectors.source import (
    Boundedness,
    ReadStatus,
    Source,
    SourceBatch,
    SourceContext,
    SourceReader,
    SplitEnumerator,
)

__all__ = ["HybridSource", "HybridSourceBuilder", "HybridSplit"]


class HybridSplit(NamedTuple):
    """A split of one of the sources."""

    source: int
    split: Any


class HybridSource(Source):
    """Reads each source to its end in all subtasks, then the next. Mirrors ``HybridSource``.

    ``HybridSource.builder(first).add_source(second).build()``; all but the last are bounded.
    """

    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources
        self.boundedness = sources[-1].boundedness
        self.produced_type = sources[0].produced_type

    @staticmethod
    def builder(first_source: Source) -> HybridSourceBuilder:
        """A builder that starts with this source."""
        return HybridSourceBuilder(first_source)

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        return _HybridEnumerator(self.sources, parallelism)

    def create_reader(self, context: SourceContext) -> SourceReader:
        return HybridReader(self.sources, context)


class HybridSourceBuilder:
    """Collects the sources. Mirrors Flink's ``HybridSourceBuilder``."""

    def __init__(self, first_source: Source) -> None:
        self._sources = [_checked(first_source)]

    def add_source(self, source: Source) -> HybridSourceBuilder:
        """The source to read after those before it, which must be bounded."""
        before = self._sources[-1]
        if before.boundedness is not Boundedness.BOUNDED:
            raise ProgramError(
                f"source {len(self._sources)} of the hybrid source, {type(before).__name__}, is "
                "unbounded, so that no other can follow it\n"
                "  fix       make it bounded, or put it last"
            )
        self._sources.append(_checked(source))
        return self

    def build(self) -> HybridSource:
        """The hybrid source."""
        return HybridSource(list(self._sources))


def _checked(source: Any) -> Source:
    if hasattr(source, "as_source"):
        source = source.as_source()
    if not isinstance(source, Source):
        raise ProgramError(f"a hybrid source is made of sources, got {shorten(source)}")
    return source


class _HybridEnumerator(SplitEnumerator):
    """The enumerator of one source after the other.

    A reader that asks has read all its splits, so the next source begins when all readers ask
    and there is nothing left to give.
    """

    def __init__(self, sources: list[Source], parallelism: int) -> None:
        self._sources = sources
        self._parallelism = parallelism
        self._asking: set[int] = set()
        self._returned: list[HybridSplit] = []
        self._index = 0
        self._current = sources[0].create_enumerator(parallelism)

    def next_split(self, subtask_index: int) -> Any | None:
        self._asking.add(subtask_index)
        while True:
            split = self._next(subtask_index)
            if split is not None:
                self._asking.discard(subtask_index)
                return split
            if not self._exhausted or self._is_last or len(self._asking) < self._parallelism:
                return None
            self._switch_to(self._index + 1)
            self._asking = {subtask_index}

    def _next(self, subtask_index: int) -> HybridSplit | None:
        if self._returned:
            return self._returned.pop(0)
        split = self._current.next_split(subtask_index)
        return None if split is None else HybridSplit(self._index, split)

    @property
    def _exhausted(self) -> bool:
        return not self._returned and self._current.finished

    @property
    def _is_last(self) -> bool:
        return self._index == len(self._sources) - 1

    def _switch_to(self, index: int) -> None:
        self._current.close()
        self._index = index
        self._current = self._sources[index].create_enumerator(self._parallelism)

    @property
    def finished(self) -> bool:
        return self._is_last and self._exhausted

    def discover(self, now: int) -> int | None:
        return self._current.discover(now)

    def add_splits_back(self, splits: list[Any]) -> None:
        self._returned += splits

    def snapshot_state(self) -> Any:
        return self._index, self._current.snapshot_state(), list(self._returned)

    def restore_state(self, state: Any) -> None:
        index, inner, returned = state
        if index != self._index:
            self._switch_to(index)
        self._current.restore_state(inner)
        self._returned = list(returned)

    def close(self) -> None:
        self._current.close()


class HybridReader(SourceReader):
    """Holds the reader of one source at a time."""

    def __init__(self, sources: list[Source], context: SourceContext) -> None:
        self._sources = sources
        self._context = context
        self._index = -1
        self._reader: SourceReader | None = None
        self._following: list[HybridSplit] = []
        """Splits of a later source, given while the reader of the current one still ends."""
        self._paused: set[str] = set()

    def add_splits(self, splits: list[Any]) -> None:
        self._following += splits
        self._start_following()

    def _start_following(self) -> None:
        """Hand the waiting splits to their reader, as soon as the one before has ended."""
        first = min(split.source for split in self._following)
        if self._reader is not None and first > self._index:
            self._reader.no_more_splits()
            return
        if self._reader is None:
            self._index = first
            self._reader = self._sources[first].create_reader(self._context)
            self._reader.open()
            self._pause()
        mine = [s.split for s in self._following if s.source == self._index]
        self._following = [s for s in self._following if s.source != self._index]
        self._reader.add_splits(mine)

    def split_ids(self) -> list[str]:
        held = [] if self._reader is None else self._reader.split_ids()
        return [f"{self._index}:{split}" for split in held]

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if self._reader is None:
            return ReadStatus.NEED_SPLIT
        result = self._reader.poll(max_records)
        if isinstance(result, SourceBatch):
            result.split_id = f"{self._index}:{result.split_id}"
            return result
        if result is ReadStatus.NOTHING_AVAILABLE:
            return result
        if not self._following:
            # The end of one source is not the end of all; the enumerator knows.
            return ReadStatus.NEED_SPLIT
        self._reader.close()
        self._reader = None
        self._start_following()
        return self.poll(max_records)

    def no_more_splits(self) -> None:
        if self._reader is not None:
            self._reader.no_more_splits()

    def pause_splits(self, split_ids: set[str]) -> None:
        self._paused = split_ids
        self._pause()

    def _pause(self) -> None:
        if self._reader is not None:
            prefix = f"{self._index}:"
            self._reader.pause_splits(
                {s.removeprefix(prefix) for s in self._paused if s.startswith(prefix)}
            )

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        held = [] if self._reader is None else self._reader.snapshot_state(checkpoint_id)
        return [HybridSplit(self._index, split) for split in held] + self._following

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        if self._reader is not None:
            self._reader.notify_checkpoint_complete(checkpoint_id)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
