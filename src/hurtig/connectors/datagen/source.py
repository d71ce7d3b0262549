"""Records made by a function of their number, at a given rate. Mirrors Flink's DataGen source."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError, shorten
from hurtig.common.typeinfo import TypeInformation
from hurtig.connectors.datagen.rate_limiter import RateLimiterStrategy
from hurtig.connectors.number_sequence.source import split_range
from hurtig.connectors.source import (
    Boundedness,
    ListEnumerator,
    ReadStatus,
    Source,
    SourceBatch,
    SourceContext,
    SourceReader,
    SplitEnumerator,
)
from hurtig.connectors.user_code import bad_user_record
from hurtig.connectors.wakeup_timer import shared_timer

__all__ = ["DataGeneratorSource", "GeneratorSplit"]

ENDLESS = (1 << 63) - 1


class GeneratorSplit(NamedTuple):
    """Numbers still to be made into records: ``range(position, stop, step)``."""

    id: str
    position: int
    stop: int
    step: int


class DataGeneratorSource(Source):
    """``generator_function(number)`` for the numbers 0 ... ``count`` - 1.

    ``generator_function``     a callable, or an object with ``map(number)``.
    ``count``                  how many records over all subtasks; ``None`` for no end.
    ``rate_limiter_strategy``  see :class:`RateLimiterStrategy`; no limit by default.

    Each subtask makes one range of the numbers; of an endless source, every n-th number.
    """

    def __init__(
        self,
        generator_function: Any,
        count: int | None = None,
        rate_limiter_strategy: RateLimiterStrategy | None = None,
        type_info: TypeInformation | None = None,
    ) -> None:
        if not callable(generator_function) and not hasattr(generator_function, "map"):
            raise ProgramError(
                f"{shorten(generator_function)} cannot make records: give a function of the "
                "record's number, or an object with map(number)"
            )
        if count is not None and count < 0:
            raise ProgramError(f"count must not be negative, got {count}")
        self.generator_function = generator_function
        self.count = count
        self.rate_limiter_strategy = rate_limiter_strategy or RateLimiterStrategy.no_op()
        self.produced_type = type_info
        self.boundedness = (
            Boundedness.CONTINUOUS_UNBOUNDED if count is None else Boundedness.BOUNDED
        )

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        if self.count is None:
            splits = [
                GeneratorSplit(str(i + 1), i, ENDLESS, parallelism) for i in range(parallelism)
            ]
        else:
            splits = [GeneratorSplit(*s, 1) for s in split_range(0, self.count, parallelism)]
        return ListEnumerator(splits)

    def create_reader(self, context: SourceContext) -> SourceReader:
        limiter = self.rate_limiter_strategy.create_rate_limiter(
            context.subtask_index, context.parallelism
        )
        return DataGeneratorReader(self.generator_function, limiter, context)


class DataGeneratorReader(SourceReader):
    def __init__(
        self,
        function: Any,
        limiter: Any,
        context: SourceContext,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._function = function
        self._generate = function if callable(function) else function.map
        self._limiter = limiter
        self._context = context
        self._clock = clock
        self._splits: deque[GeneratorSplit] = deque()
        self._wakeup_at: float | None = None
        self._timer = shared_timer()
        self._open = False

    def open(self) -> None:
        self._timer.acquire()
        self._open = True

    def add_splits(self, splits: list[Any]) -> None:
        self._splits.extend(splits)

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        split_id, position, stop, step = self._splits[0]
        now = self._clock()
        granted = self._limiter.acquire(min(max_records, len(range(position, stop, step))), now)
        if not granted:
            self._wake_later(now)
            return ReadStatus.NOTHING_AVAILABLE
        # An endless range turns (in turn) into the next one of a restored reader.
        end = position + granted * step
        self._splits.popleft()
        if end < stop:
            split = GeneratorSplit(split_id, end, stop, step)
            if stop == ENDLESS:
                self._splits.append(split)
            else:
                self._splits.appendleft(split)
        values = self._make(range(position, min(end, stop), step))
        return SourceBatch(split_id, values, split_finished=end >= stop)

    def _make(self, numbers: range) -> list[Any]:
        values: list[Any] = []
        made = 0
        while made < len(numbers):
            before = len(values)
            try:
                values.extend(map(self._generate, numbers[made:]))  # keeps what came before
                break
            except Exception as e:
                made += len(values) - before
                bad_user_record(self._context, e, numbers[made], f"record number {numbers[made]}")
                made += 1
        return values

    def _wake_later(self, now: float) -> None:
        when = self._limiter.next_time(now)
        if when is not None and (self._wakeup_at is None or self._wakeup_at <= now):
            self._wakeup_at = when
            self._timer.call_at(when, self._context.wakeup)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self._splits)

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._limiter.notify_checkpoint_complete(checkpoint_id)
        self._context.wakeup()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._timer.release()
