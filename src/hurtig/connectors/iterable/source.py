"""Any Python iterable as a source (``env.from_iterable``); beyond PyFlink.

Lists and ranges are cut into batches. Everything else may block, so it is read in a thread of its
own: see ``pull.py``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from functools import partial
from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError, shorten
from hurtig.common.typeinfo import TypeInformation
from hurtig.connectors.iterable.passing import dump_thing, load_thing
from hurtig.connectors.iterable.pull import READY_MADE, Pull, as_sequence
from hurtig.connectors.source import (
    Boundedness,
    ReadStatus,
    Source,
    SourceBatch,
    SourceContext,
    SourceReader,
    SplitEnumerator,
)
from hurtig.connectors.user_code import user_function_error

__all__ = ["IterableSource", "IterableSplit"]


class IterableSplit(NamedTuple):
    """One iteration: which of how many parts, and how many records of it were read."""

    part: int
    parts: int
    position: int


class IterableSource(Source):
    """Reads ``thing``: an iterable, an async iterable, or a callable that gives one.

    ``bounded``     whether it ends by itself.
    ``timestamps``  event time of a record in epoch ms, ``timestamps(value)``.

    One subtask reads it; see :meth:`partitioned` for more. After a failure it is iterated anew
    without the records read before, so what is read should then be the same; what can be iterated
    only once, such as a generator object, can neither be restored nor leave this process: give
    the generator function.
    """

    def __init__(
        self,
        thing: Any,
        bounded: bool = True,
        timestamps: Callable[[Any], int] | None = None,
        type_info: TypeInformation | None = None,
    ) -> None:
        if not callable(thing) and not isinstance(thing, Iterable | AsyncIterable):
            raise ProgramError(
                f"{shorten(thing)} is neither an iterable nor an async iterable, nor a function "
                "that gives one"
            )
        self.thing = thing
        self.timestamps = timestamps
        self.produced_type = type_info
        self.boundedness = Boundedness.BOUNDED if bounded else Boundedness.CONTINUOUS_UNBOUNDED
        self._partitioned = False

    @classmethod
    def partitioned(
        cls,
        function: Callable[[int, int], Any],
        bounded: bool = True,
        timestamps: Callable[[Any], int] | None = None,
        type_info: TypeInformation | None = None,
    ) -> IterableSource:
        """Every subtask reads its part, ``function(subtask_index, parallelism)``."""
        if not callable(function):
            raise ProgramError(
                f"{shorten(function)} is not a function of subtask index and parallelism"
            )
        source = cls(function, bounded, timestamps, type_info)
        source._partitioned = True
        return source

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        parts = parallelism if self._partitioned else 1
        return _PerSubtaskEnumerator(
            [IterableSplit(i, parts, 0) for i in range(parts)], parallelism
        )

    def create_reader(self, context: SourceContext) -> SourceReader:
        return IterableReader(self, context)

    def iterate(self, split: IterableSplit) -> Any:
        """The iterable of one split; runs user code."""
        if self._partitioned:
            return self.thing(split.part, split.parts)
        thing = self.thing
        return thing if isinstance(thing, Iterable | AsyncIterable) else thing()

    @property
    def ready_made(self) -> bool:
        """Whether it can be cut into batches without a thread."""
        return type(self.thing) in READY_MADE

    def describe(self) -> str:
        """What the user calls it."""
        thing = self.thing
        return str(getattr(thing, "__qualname__", None) or type(thing).__qualname__)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"thing": dump_thing(self, self.thing)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state | {"thing": load_thing(state["thing"])}


class _PerSubtaskEnumerator(SplitEnumerator):
    """Keeps split n for subtask n: the parts are made for their subtasks."""

    def __init__(self, splits: list[IterableSplit], parallelism: int) -> None:
        self._splits = splits
        self._parallelism = parallelism

    def next_split(self, subtask_index: int) -> Any | None:
        for split in self._splits:
            if split.part % self._parallelism == subtask_index:
                self._splits.remove(split)
                return split
        return None

    @property
    def finished(self) -> bool:
        # What is left waits for another subtask; whoever asked gets nothing more.
        return True

    def add_splits_back(self, splits: list[Any]) -> None:
        self._splits += splits

    def snapshot_state(self) -> Any:
        return list(self._splits)

    def restore_state(self, state: Any) -> None:
        self._splits = list(state)


class IterableReader(SourceReader):
    def __init__(self, source: IterableSource, context: SourceContext) -> None:
        self._source = source
        self._context = context
        self._splits: deque[IterableSplit] = deque()
        self._pulls: dict[int, Pull] = {}
        self._ready: dict[int, Sequence[Any]] = {}
        """Splits by part whose records are there already: cut into batches without a thread."""

    def add_splits(self, splits: list[Any]) -> None:
        source = self._source
        self._splits.extend(splits)
        for split in splits:
            if source.ready_made:
                self._ready[split.part] = as_sequence(source.thing)
                continue
            pull = Pull(partial(self._iterate, split), self._context.wakeup)
            self._pulls[split.part] = pull
            pull.start(f"hurtig-{source.describe()}", split.position)

    def _iterate(self, split: IterableSplit) -> Any:
        thing = self._source.iterate(split)
        once = isinstance(thing, Iterator | AsyncIterator) and thing is self._source.thing
        if split.position and once:
            raise ProgramError(
                f"{self._source.describe()} was read up to record {split.position} and cannot be "
                "read again after a failure\n"
                "  fix       give the function that makes it, from_iterable(numbers)"
            )
        return thing

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        splits = self._splits
        if not splits:
            return ReadStatus.NEED_SPLIT
        for _ in range(len(splits)):
            split = splits.popleft()
            ready = self._ready.get(split.part)
            if ready is not None:
                return self._cut(split, ready, max_records)
            buffer = self._pulls[split.part].buffer
            if buffer.ready is not None:
                self._ready[split.part] = buffer.ready
                self._pulls.pop(split.part).close()
                return self._cut(split, self._ready[split.part], max_records)
            values = buffer.take(max_records)
            if values:
                splits.append(split._replace(position=split.position + len(values)))
                return self._batch(split, values)
            if buffer.exhausted:
                if buffer.error is not None:
                    splits.append(split)
                    raise self._error(buffer.error, split)
                self._pulls.pop(split.part).close()
                return SourceBatch(str(split.part), [], split_finished=True)
            splits.append(split)
        return ReadStatus.NOTHING_AVAILABLE

    def _cut(self, split: IterableSplit, values: Sequence[Any], max_records: int) -> SourceBatch:
        end = split.position + max_records
        batch = self._batch(split, list(values[split.position : end]))
        if end < len(values):
            self._splits.append(split._replace(position=end))
        else:
            batch.split_finished = True
        return batch

    def _batch(self, split: IterableSplit, values: list[Any]) -> SourceBatch:
        timestamps: list[int] | None = None
        if self._source.timestamps is not None:
            timestamps = []
            try:
                timestamps.extend(map(self._source.timestamps, values))
            except Exception as e:
                record = values[len(timestamps)]
                raise user_function_error(self._context, e, record, True) from None
        return SourceBatch(str(split.part), values, timestamps)

    def _error(self, error: BaseException, split: IterableSplit) -> BaseException:
        if not isinstance(error, Exception) or isinstance(error, ProgramError):
            return error
        location = f"{self._source.describe()}, after {split.position} records"
        return user_function_error(self._context, error, location=location)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self._splits)

    def close(self) -> None:
        for pull in self._pulls.values():
            pull.close()
