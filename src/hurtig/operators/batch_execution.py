"""BATCH mode: a keyed operator sees one key after the other, each in order of time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.collector import Collector, ProcessCall, keyed_records, run_keyed
from hurtig.operators.contract import OperatorContext, StreamOperator
from hurtig.operators.fusion import FILTER, FLAT_MAP, FusableOperator
from hurtig.operators.output import Output
from hurtig.operators.processing_time import ProcessingTimeService

if TYPE_CHECKING:
    from hurtig.state.snapshot import OperatorSnapshot

FULL_BATCH = 4096


class _Rows:
    """Growing columns of a batch."""

    __slots__ = ("timed", "timestamps", "values")

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.values: list[Any] = []
        self.timestamps: list[int] = []
        self.timed = False

    def add(self, batch: RowBatch) -> None:
        self.values += batch.values
        if batch.timestamps is None:
            self.timestamps += [MIN_TIMESTAMP] * len(batch.values)
        else:
            self.timed = True
            self.timestamps += batch.timestamps

    def take(self) -> RowBatch:
        batch = RowBatch(self.values, self.timestamps if self.timed else None)
        self._clear()
        return batch


class _GatheringOutput(Output):
    """Gathers the few results of each key into full batches; lets no watermark through."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._main = _Rows()
        self._side: dict[str, _Rows] = {}

    def emit(self, batch: RowBatch) -> None:
        self._main.add(batch)
        if len(self._main.values) >= FULL_BATCH:
            self._output.emit(self._main.take())

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        rows = self._side.setdefault(tag_id, _Rows())
        rows.add(batch)
        if len(rows.values) >= FULL_BATCH:
            self._output.emit_side(tag_id, rows.take())

    def emit_watermark(self, timestamp: int) -> None:
        pass

    def emit_status(self, status: WatermarkStatus) -> None:
        pass

    def flush(self) -> None:
        for tag_id, rows in self._side.items():
            if rows.values:
                self._output.emit_side(tag_id, rows.take())
        if self._main.values:
            self._output.emit(self._main.take())


class _KeyEndProcessingTime(ProcessingTimeService):
    """Calls back at the end of a key, whatever the time is, in order of time."""

    def __init__(self, clock: ProcessingTimeService) -> None:
        self._clock = clock
        self._fired = MIN_TIMESTAMP
        self._sequence = 0
        self._timers: list[tuple[int, int, list[Callable[[int], None]]]] = []

    def now(self) -> int:
        return max(self._clock.now(), self._fired)

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        cell = [callback]
        self._sequence += 1
        heappush(self._timers, (timestamp, self._sequence, cell))
        return cell.clear

    def fire_all(self) -> None:
        while self._timers:
            timestamp, _, cell = heappop(self._timers)
            if cell:
                self._fired = timestamp
                cell[0](timestamp)
        self._fired = MIN_TIMESTAMP


class _StepOperator(StreamOperator):
    """Runs the step of a fusable operator by itself, where nothing fuses it into a chain."""

    keyed = True

    def __init__(self, operator: FusableOperator) -> None:
        self._operator = operator
        self.output_type = operator.output_type

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self._operator.setup(context)

    def open(self) -> None:
        self._operator.open()
        step = self._operator.step()
        self._call = _process_call(step.kind, step.function)

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        collector = Collector(self, batch.timestamps is not None)
        backend = self.context.keyed_state()
        run_keyed(collector, self._call, keyed_records(batch), _Timestamp(), backend)

    def close(self) -> None:
        self._operator.close()


def _process_call(kind: str, function: Callable[[Any], Any]) -> ProcessCall:
    if kind == FLAT_MAP:
        return lambda value, context: function(value)
    if kind == FILTER:
        return lambda value, context: (value,) if function(value) else None
    return lambda value, context: (function(value),)


class _Timestamp:
    element_timestamp = MIN_TIMESTAMP


_Record = tuple[int, int, Any]
"""Timestamp, input index, value."""


class BatchKeyedOperator(StreamOperator):
    """Runs ``inner`` in BATCH mode.

    Keeps the records of keyed inputs until all inputs have ended. Then, per key in order of first
    appearance: its records by timestamp (stable; of both inputs together), all its event-time
    timers, all its processing-time timers; then the key's state is dropped. Watermarks are not
    shown, nothing is late. Records without keys, those of a broadcast input, are handled as they
    come and so before the others. Mirrors Flink's sorted inputs and batch state backend.
    """

    keyed = True

    def __init__(self, inner: StreamOperator) -> None:
        self.inner = _StepOperator(inner) if isinstance(inner, FusableOperator) else inner
        self.num_inputs = inner.num_inputs
        self.output_type = inner.output_type
        self.error_policy = inner.error_policy

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self._gathered = _GatheringOutput(context.output)
        self._clock = _KeyEndProcessingTime(context.processing_time)
        inner_context = copy.copy(context)
        inner_context.output = self._gathered
        inner_context.processing_time = self._clock
        self.inner.error_policy = self.error_policy
        self.inner.setup(inner_context)
        self._records: dict[Any, list[_Record]] = {}
        self._timed = False

    def open(self) -> None:
        self.inner.open()

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        if batch.keys is None:
            self._guarded(lambda: self.inner.process_batch(batch, input_index))
            return
        records = self._records
        timestamps = batch.timestamps
        if timestamps is None:
            timestamps = [MIN_TIMESTAMP] * len(batch.values)
        else:
            self._timed = True
        for key, timestamp, value in zip(batch.keys, timestamps, batch.values, strict=True):
            of_key = records.get(key)
            if of_key is None:
                of_key = records[key] = []
            of_key.append((timestamp, input_index, value))

    def process_watermark(self, timestamp: int, input_index: int = 0) -> None:
        pass

    def process_status(self, status: WatermarkStatus, input_index: int = 0) -> None:
        pass

    def finish(self) -> None:
        self._guarded(self._run_keys)
        self.metrics.watermark = MAX_TIMESTAMP
        self.output.emit_watermark(MAX_TIMESTAMP)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:  # what was made before an error counts
            self._gathered.flush()

    def _run_keys(self) -> None:
        inner, context = self.inner, self.context
        backend, timers = context.keyed_state(), context.timer_service
        records, self._records = self._records, {}
        while records:
            key = next(iter(records))
            for batch, input_index in self._batches(key, records.pop(key)):
                inner.process_batch(batch, input_index)
            backend.current_key = key
            for input_index in range(self.num_inputs):
                inner.process_watermark(MAX_TIMESTAMP, input_index)
            self._clock.fire_all()
            inner.reset_watermark()
            timers.current_watermark = MIN_TIMESTAMP
            backend.clear_key(key)
        for input_index in range(self.num_inputs):
            inner.end_input(input_index)
        inner.finish()

    def _batches(self, key: Any, records: list[_Record]) -> list[tuple[RowBatch, int]]:
        """A key's records in order, as batches of one input each."""
        if self.num_inputs == 1:
            records.sort(key=_time)
            return [(self._batch(key, records), 0)]
        records.sort(key=_time_and_input)
        batches = []
        start = 0
        for index in range(1, len(records) + 1):
            if index == len(records) or records[index][1] != records[start][1]:
                batches.append((self._batch(key, records[start:index]), records[start][1]))
                start = index
        return batches

    def _batch(self, key: Any, records: list[_Record]) -> RowBatch:
        return RowBatch(
            [record[2] for record in records],
            [record[0] for record in records] if self._timed else None,
            [key] * len(records),
        )

    def close(self) -> None:
        self.inner.close()

    def snapshot_state(self, checkpoint_id: int) -> OperatorSnapshot | None:
        return self.inner.snapshot_state(checkpoint_id)

    def restore_state(self, snapshots: list[OperatorSnapshot]) -> None:
        self.inner.restore_state(snapshots)


def _time(record: _Record) -> int:
    return record[0]


def _time_and_input(record: _Record) -> tuple[int, int]:
    return record[0], record[1]


class BatchBroadcastOperator(StreamOperator):
    """Runs ``inner``, which has no keys, in BATCH mode: its broadcast input first, then the other.

    ``broadcast`` is the index of the broadcast input.
    """

    num_inputs = 2

    def __init__(self, inner: StreamOperator, broadcast: int) -> None:
        self.inner = inner
        self.output_type = inner.output_type
        self.error_policy = inner.error_policy
        self._broadcast = broadcast

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self.inner.error_policy = self.error_policy
        self.inner.setup(context)
        self._held: list[RowBatch] = []
        self._holding = True

    def open(self) -> None:
        self.inner.open()

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        if self._holding and input_index != self._broadcast:
            self._held.append(batch)
        else:
            self.inner.process_batch(batch, input_index)

    def advance_watermark(self, timestamp: int) -> None:
        if not self._holding:
            self.output.emit_watermark(timestamp)

    def end_input(self, input_index: int = 0) -> None:
        if input_index == self._broadcast:
            self._release()
        self.inner.end_input(input_index)

    def _release(self) -> None:
        if self._holding:
            self._holding = False
            held, self._held = self._held, []
            for batch in held:
                self.inner.process_batch(batch, 1 - self._broadcast)
            if self.current_watermark > MIN_TIMESTAMP:
                self.output.emit_watermark(self.current_watermark)

    def finish(self) -> None:
        self._release()
        self.inner.finish()

    def close(self) -> None:
        self.inner.close()

    def snapshot_state(self, checkpoint_id: int) -> OperatorSnapshot | None:
        return self.inner.snapshot_state(checkpoint_id)

    def restore_state(self, snapshots: list[OperatorSnapshot]) -> None:
        self.inner.restore_state(snapshots)
