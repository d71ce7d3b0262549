"""Interval join: pairs of equal key whose timestamps lie within an interval of each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import Collector, run_keyed
from hurtig.operators.contract import StreamOperator
from hurtig.operators.functions import ProcessJoinFunction
from hurtig.operators.user_function import close_function, open_function
from hurtig.operators.window.assigner import MissingTimestampError
from hurtig.state.descriptors import MapStateDescriptor

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from hurtig.common.typeinfo import TypeInformation

LEFT, RIGHT = 0, 1
"""Input indices."""

_STATES = ("LEFT_BUFFER", "RIGHT_BUFFER")
_CLEAN_UP = ("CLEANUP_TIMER_LEFT", "CLEANUP_TIMER_RIGHT")

Bucket = dict[int, list[Any]]
"""Timestamp -> the records of one key, in order of arrival."""


class _JoinContext(ProcessJoinFunction.Context):
    def __init__(self) -> None:
        self.element_timestamp = MIN_TIMESTAMP
        self.left = MIN_TIMESTAMP
        self.right = MIN_TIMESTAMP

    def get_left_timestamp(self) -> int:
        return self.left

    def get_right_timestamp(self) -> int:
        return self.right

    def get_timestamp(self) -> int:
        return self.element_timestamp


class IntervalJoinOperator(StreamOperator):
    """Calls a :class:`ProcessJoinFunction` on each pair, once.

    A pair matches if ``left + lower <= right <= left + upper`` (ms, both bounds inclusive).
    Results carry the larger timestamp of their pair. Records below the watermark are late: they
    go to the side output ``left_late_tag`` or ``right_late_tag``, or are dropped and counted.
    A record is kept until the watermark has passed all that it can match. Mirrors Flink's
    ``IntervalJoinOperator``.
    """

    num_inputs = 2
    keyed = True

    def __init__(
        self,
        function: Any,
        lower: int,
        upper: int,
        left_late_tag: str | None = None,
        right_late_tag: str | None = None,
        output_type: TypeInformation | None = None,
    ) -> None:
        if not callable(getattr(function, "process_element", None)) or isinstance(function, type):
            raise TypeError(f"an interval join takes a ProcessJoinFunction, got {function!r}")
        self.function = function
        self.lower = lower
        self.upper = upper
        self.late_tags = (left_late_tag, right_late_tag)
        self.output_type = output_type

    def open(self) -> None:
        self._backend = self.context.keyed_state()
        self._timers = self.context.timer_service
        self._tables: list[MutableMapping[Any, Bucket]] = [
            self._backend.table(MapStateDescriptor(name)) for name in _STATES
        ]
        self._pair_context = _JoinContext()
        self._warned_late = False
        open_function(self, self.function)

    def close(self) -> None:
        close_function(self, self.function)

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        timestamps = batch.timestamps
        if timestamps is None or MIN_TIMESTAMP in timestamps:
            raise MissingTimestampError(
                f"a record without timestamp reached the interval join {self.context.name!r}: "
                "it joins by event time. Call assign_timestamps_and_watermarks(...) with a "
                "timestamp assigner on both streams"
            )
        if min(timestamps) < self.current_watermark:
            batch = self._without_late(batch, timestamps, input_index)
            if not batch.values:
                return
        process = self.function.process_element
        run_keyed(
            Collector(self, True),
            lambda pair, context: process(pair[0], pair[1], context),
            self._pairs(batch, input_index),
            self._pair_context,
            self._backend,
        )

    def _pairs(self, batch: RowBatch, side: int) -> Iterator[tuple[Any, int, Any]]:
        """Store each record, then yield its pairs with their timestamp and key."""
        assert batch.timestamps is not None
        assert batch.keys is not None
        context = self._pair_context
        for value, timestamp, key in zip(batch.values, batch.timestamps, batch.keys, strict=True):
            self._store(side, key, timestamp, value)
            other = self._tables[1 - side].get(key)
            if not other:
                continue
            if side == LEFT:
                low, high = timestamp + self.lower, timestamp + self.upper
            else:
                low, high = timestamp - self.upper, timestamp - self.lower
            for time in _times_between(other, low, high):
                if side == LEFT:
                    context.left, context.right = timestamp, time
                else:
                    context.left, context.right = time, timestamp
                later = max(timestamp, time)
                for match in other[time]:
                    yield (value, match) if side == LEFT else (match, value), later, key

    def _store(self, side: int, key: Any, timestamp: int, value: Any) -> None:
        table = self._tables[side]
        bucket = table.get(key)
        if bucket is None:
            bucket = table[key] = {}
        at_time = bucket.get(timestamp)
        if at_time is not None:
            at_time.append(value)
            return
        bucket[timestamp] = [value]
        self._backend.current_key = key
        self._timers.register_event_time_timer(_CLEAN_UP[side], timestamp + self._keep(side))

    def _keep(self, side: int) -> int:
        """Behind its timestamp, the watermark (ms) at which no match of a record is on time."""
        return 1 + (self.upper if side == LEFT else -self.lower)

    def advance_watermark(self, timestamp: int) -> None:
        for time, key, name in self._timers.advance_watermark(timestamp):
            side = _CLEAN_UP.index(name)
            table = self._tables[side]
            bucket = table.get(key)
            if bucket is not None:
                bucket.pop(time - self._keep(side), None)
                if not bucket:
                    del table[key]
        self.output.emit_watermark(timestamp)

    def _without_late(self, batch: RowBatch, timestamps: list[int], side: int) -> RowBatch:
        watermark = self.current_watermark
        late = batch.select([i for i, time in enumerate(timestamps) if time < watermark])
        tag = self.late_tags[side]
        if tag is not None:
            self.output.emit_side(tag, RowBatch(late.values, late.timestamps))
        else:
            self._drop(late, side)
        return batch.select([i for i, time in enumerate(timestamps) if time >= watermark])

    def _drop(self, late: RowBatch, side: int) -> None:
        self.metrics.late_dropped += len(late.values)
        if self._warned_late:
            return
        self._warned_late = True
        from hurtig.common.errors import shorten

        assert late.timestamps is not None
        name = "left" if side == LEFT else "right"
        self.context.warn(
            f"dropped a late record of the {name} stream with timestamp {late.timestamps[0]} ms: "
            f"the watermark is at {self.current_watermark} ms. Record: {shorten(late.values[0])}. "
            "Raise the bound of for_bounded_out_of_orderness(), or read late records with "
            f"side_output_{name}_late_data(). Further late records are only counted (late_dropped)."
        )


def _times_between(bucket: Bucket, low: int, high: int) -> list[int]:
    """The timestamps of a bucket within bounds, in order."""
    if high - low < len(bucket):
        return [time for time in range(low, high + 1) if time in bucket]
    return sorted([time for time in bucket if low <= time <= high])
