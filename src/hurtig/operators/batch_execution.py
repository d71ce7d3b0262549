"""BATCH mode: a keyed operator sees one key after the other, each in order of time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.batch_gathering import GatheringOutput, KeyEndProcessingTime
from hurtig.operators.batch_wrapper import BatchWrapper
from hurtig.operators.contract import OperatorContext, StreamOperator
from hurtig.operators.fusion import FusableOperator
from hurtig.operators.step_operator import StepOperator

_Record = tuple[int, int, Any]
"""Timestamp, input index, value."""


class BatchKeyedOperator(BatchWrapper):
    """Runs ``inner`` in BATCH mode.

    Keeps the records of keyed inputs until all inputs have ended. Then, per key in order of first
    appearance: its records by timestamp (stable; of both inputs together), all its event-time
    timers, all its processing-time timers; then the key's state is dropped. Watermarks are not
    shown, nothing is late. Records without keys, those of a broadcast input, are handled as they
    come and so before the others. Mirrors Flink's sorted inputs and batch state backend.
    """

    keyed = True

    def __init__(self, inner: StreamOperator) -> None:
        super().__init__(inner)
        if isinstance(inner, FusableOperator):
            self.inner = StepOperator(inner)

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self._gathered = GatheringOutput(context.output)
        self._clock = KeyEndProcessingTime(context.processing_time)
        inner_context = copy.copy(context)
        inner_context.output = self._gathered
        inner_context.processing_time = self._clock
        self.inner.error_policy = self.error_policy
        self.inner.setup(inner_context)
        self._records: dict[Any, list[_Record]] = {}
        self._timed = False

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
        for key in list(records):
            for batch, input_index in self._batches(key, records.pop(key)):
                inner.process_batch(batch, input_index)
            backend.current_key = key
            for input_index in range(self.num_inputs):
                inner.process_watermark(MAX_TIMESTAMP, input_index)
            self._clock.fire_all()
            while timers.next_event_time() is not None:  # registered by the ones before
                inner.advance_watermark(MAX_TIMESTAMP)
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


def _time(record: _Record) -> int:
    return record[0]


def _time_and_input(record: _Record) -> tuple[int, int]:
    return record[0], record[1]
