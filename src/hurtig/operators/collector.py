"""The loops that call process functions on a batch, and what collects their results.

A user's function is called exactly once per record: after a failure that the error policy
tolerates, the same iterator of records goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol

from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.output_tag import OutputTag
from hurtig.operators.record_failure import ResultError, set_aside

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator
    from hurtig.state.backends.contract import KeyedStateBackend

ProcessCall = Callable[[Any, Any], Iterable[Any] | None]
"""(record, context) -> results."""


class TimestampedContext(Protocol):
    """A context that is told each record's timestamp."""

    element_timestamp: int


class Collector:
    """Results of user functions on one batch, until they are emitted.

    ``timed``     whether results carry timestamps.
    ``describe``  (record, key) -> what an error shows in the record's place.
    """

    __slots__ = ("_describe", "_operator", "_side", "_timed", "timestamps", "values")

    def __init__(
        self,
        operator: StreamOperator,
        timed: bool,
        describe: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self.values: list[Any] = []
        self.timestamps: list[int] = []
        self._operator = operator
        self._timed = timed
        self._describe = describe
        self._side: dict[str, tuple[list[Any], list[int]]] = {}

    def add_side(self, result: tuple[Any, ...], timestamp: int) -> None:
        """Collect a pair of output tag and value."""
        if len(result) != 2:
            raise ResultError(
                f"a side output takes a pair (OutputTag, value), got a tuple of {len(result)} "
                f"that begins with {result[0]!r}"
            )
        tag_id = result[0].tag_id
        side = self._side.get(tag_id)
        if side is None:
            side = self._side[tag_id] = ([], [])
        side[0].append(result[1])
        side[1].append(timestamp)

    def failed(self, exc: Exception, record: Any, key: Any, timestamp: int, results: Any) -> None:
        """A function failed on ``record``: emit what was made before, then follow the policy.

        ``results`` is what the function had returned, if it had. Returns where work goes on.
        """
        if not _iterable(results):
            exc = ResultError(
                f"{type(results).__name__!r} object is not iterable: a process function returns "
                "an iterable of results (yield each, or return a list) or None"
            )
        self.emit()
        if self._describe is not None:
            record = self._describe(record, key)
        set_aside(self._operator, exc, record, timestamp)

    def emit(self) -> None:
        """Send all that was collected; the lists of the collector are new ones then."""
        output, timed = self._operator.output, self._timed
        values, timestamps, side = self.values[:], self.timestamps[:], self._side
        # The loops hold on to these lists.
        self.values.clear()
        self.timestamps.clear()
        self._side = {}
        for tag_id, (side_values, side_timestamps) in side.items():
            output.emit_side(tag_id, RowBatch(side_values, side_timestamps if timed else None))
        if values:
            output.emit(RowBatch(values, timestamps if timed else None))


def _iterable(results: Any) -> bool:
    kind = type(results)
    return results is None or hasattr(kind, "__iter__") or hasattr(kind, "__getitem__")


def keyed_records(batch: RowBatch) -> Iterator[tuple[Any, int, Any]]:
    """``(value, timestamp, key)`` of each record."""
    if batch.keys is None:
        raise AssertionError("a batch without keys reached a keyed operator")
    return zip(batch.values, batch.timestamps or repeat(MIN_TIMESTAMP), batch.keys, strict=False)


def unkeyed_records(batch: RowBatch) -> Iterator[tuple[Any, int]]:
    """``(value, timestamp)`` of each record."""
    return zip(batch.values, batch.timestamps or repeat(MIN_TIMESTAMP), strict=False)


def run_keyed(
    collector: Collector,
    process: ProcessCall,
    records: Iterator[tuple[Any, int, Any]],
    context: TimestampedContext,
    backend: KeyedStateBackend,
) -> None:
    """Call ``process(value, context)`` on each ``(value, timestamp, key)``; emit the results."""
    append, append_timestamp = collector.values.append, collector.timestamps.append
    tag_class = OutputTag
    value = key = results = None
    timestamp = MIN_TIMESTAMP
    while True:
        try:
            for value, timestamp, key in records:
                backend.current_key = key
                context.element_timestamp = timestamp
                results = process(value, context)
                if results is not None:
                    for result in results:
                        if (
                            result.__class__ is tuple
                            and result
                            and result[0].__class__ is tag_class
                        ):
                            collector.add_side(result, timestamp)
                        else:
                            append(result)
                            append_timestamp(timestamp)
            break
        except Exception as e:
            collector.failed(e, value, key, timestamp, results)
            results = None
    collector.emit()


def run_unkeyed(
    collector: Collector,
    process: ProcessCall,
    records: Iterator[tuple[Any, int]],
    context: TimestampedContext,
) -> None:
    """Call ``process(value, context)`` on each ``(value, timestamp)``; emit the results."""
    append, append_timestamp = collector.values.append, collector.timestamps.append
    tag_class = OutputTag
    value = results = None
    timestamp = MIN_TIMESTAMP
    while True:
        try:
            for value, timestamp in records:
                context.element_timestamp = timestamp
                results = process(value, context)
                if results is not None:
                    for result in results:
                        if (
                            result.__class__ is tuple
                            and result
                            and result[0].__class__ is tag_class
                        ):
                            collector.add_side(result, timestamp)
                        else:
                            append(result)
                            append_timestamp(timestamp)
            break
        except Exception as e:
            collector.failed(e, value, None, timestamp, results)
            results = None
    collector.emit()
