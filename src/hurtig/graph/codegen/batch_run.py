"""One batch on its way through a chain, with what an error policy needs to go on behind a record.

No function runs twice on a record: the loop's iterator stands behind the failed record, and the
iterators of flat_maps around the failed step are carried on before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hurtig.graph.codegen.generate import ChainStep, generate, needs_keys
from hurtig.graph.codegen.generated import Failure, Generated
from hurtig.messages import RowBatch
from hurtig.operators.fusion import MAP, REDUCE


class ChainFunctions:
    """The compiled variants of a chain, each made when it is first needed."""

    def __init__(self, steps: Sequence[ChainStep], resumable: bool) -> None:
        self.steps = steps
        self.resumable = resumable
        self.keyed = needs_keys(steps[0].step)
        self.one_to_one = all(step.kind in (MAP, REDUCE) for step in steps)
        self._compiled: dict[tuple[int, bool], Generated] = {}

    def variant(self, first: int, timed: bool) -> Generated:
        """The function for the steps from ``first`` on, with timestamps or without."""
        compiled = self._compiled.get((first, timed))
        if compiled is None:
            compiled = self._compiled[first, timed] = generate(
                self.steps[first:], first=first, timed=timed, resumable=self.resumable
            )
        return compiled


class BatchRun:
    """Iterator, results and accounts of one batch."""

    __slots__ = (
        "_batch",
        "_failed_in",
        "_functions",
        "_main",
        "_pending",
        "_position",
        "_records",
        "_times",
        "dropped",
        "out",
        "skipped",
    )

    def __init__(self, functions: ChainFunctions, batch: RowBatch) -> None:
        self._functions = functions
        self._batch = batch
        self.out: list[Any] = []
        self.dropped: list[int] = []
        self.skipped: dict[int, int] = {}
        self._pending: list[tuple[int, Iterator[Any], Any]] = []
        self._position = position = iter(batch.values)
        timestamps = batch.timestamps
        # Steps that keep every record in its place leave the list of timestamps as it is.
        timed = timestamps is not None and not functions.one_to_one
        self._times: list[int] | None = [] if timed else None
        self._main = self._failed_in = functions.variant(0, timed)
        columns: list[Any] = [position]
        if functions.keyed:
            if batch.keys is None:
                raise AssertionError("a keyed chain was given a batch without keys")
            columns.append(batch.keys)
        if timed:
            columns.append(timestamps)
        self._records: Iterator[Any] = position if len(columns) == 1 else zip(*columns)  # noqa: B905

    def advance(self) -> None:
        """Run until the batch is done or a function raises; after that, call again to go on."""
        pending, out = self._pending, self.out
        while pending:
            first, rest, _ = pending[-1]
            self._failed_in = self._functions.variant(first, False)
            self._failed_in.function(rest, out)
            pending.pop()
            self._fill_times()
        self._failed_in = self._main
        if self._times is None:
            self._main.function(self._records, out)
        else:
            self._main.function(self._records, out, self._times)

    def failure(self, error: Exception) -> Failure | None:
        """Where ``error``, which left :meth:`advance`, comes from; must be asked exactly once."""
        failure = self._failed_in.locate(error.__traceback__)
        if failure is None and self._pending and self._failed_in.was_running(error.__traceback__):
            # What is left of a flat_map's results is a generator that has raised now.
            first, _, record = self._pending[-1]
            failure = Failure(first - 1, record, [])
        if failure is not None:
            self._pending += failure.pending
            self._fill_times()
        return failure

    def drop(self, step: int) -> None:
        """Account for the failed record, which step ``step`` does not pass on."""
        self.skipped[step] = self.skipped.get(step, 0) + 1
        if self._functions.one_to_one:
            self.dropped.append(self.index)

    @property
    def index(self) -> int:
        """Position in the batch of the record in hand."""
        return self.taken - 1

    @property
    def taken(self) -> int:
        """How many records have been taken from the batch."""
        left: int = self._position.__length_hint__()  # type: ignore[attr-defined]
        return len(self._batch.values) - left

    @property
    def timestamp(self) -> int | None:
        """The timestamp of the record in hand."""
        timestamps = self._batch.timestamps
        return None if timestamps is None else timestamps[self.index]

    def results(self) -> RowBatch:
        """All that has come out so far."""
        timestamps = self._batch.timestamps
        if timestamps is None:
            return RowBatch(self.out)
        if self._times is not None:
            return RowBatch(self.out, self._times)
        if self.dropped:
            gone = set(self.dropped)
            timestamps = [t for i, t in enumerate(timestamps) if i not in gone]
        if len(timestamps) > len(self.out):
            timestamps = timestamps[: len(self.out)]
        return RowBatch(self.out, timestamps)

    def _fill_times(self) -> None:
        """Give the record's timestamp to results of a flat_map that came without one."""
        times, timestamp = self._times, self.timestamp
        if times is not None and timestamp is not None:
            times.extend([timestamp] * (len(self.out) - len(times)))
