"""What came out of a harness."""

from __future__ import annotations

from typing import Any

from hurtig.messages import MIN_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.contract import OperatorMetrics
from hurtig.operators.output import CollectingOutput
from hurtig.runtime.type_check import TypeCheck

Record = tuple[Any, int | None]
"""A value with its timestamp (epoch ms), ``None`` where it has none."""


class RecordedOutput(CollectingOutput):
    """Keeps batches and events, converted to the declared type.

    As the reader behind a channel would, it takes no watermark that goes back and no status that
    is no news: after a restart the operator may repeat old ones. At other times that is an error.
    """

    def __init__(self, metrics: OperatorMetrics, check: TypeCheck | None) -> None:
        super().__init__()
        self._metrics = metrics
        self._check = check
        self._watermark = MIN_TIMESTAMP
        self._idle = False
        self.restarted()

    def restarted(self) -> None:
        """A fresh operator writes from now on."""
        self._watermark_now = MIN_TIMESTAMP
        self._idle_now = False

    def emit(self, batch: RowBatch) -> None:
        if not batch.values:
            raise AssertionError("an operator emitted an empty batch")
        if self._check is not None:
            batch = self._check(batch, self.emit_side)
            if not batch.values:
                return
        self._metrics.records_out += len(batch.values)
        super().emit(batch)

    def emit_watermark(self, timestamp: int) -> None:
        if timestamp <= self._watermark_now:
            raise AssertionError(
                f"an operator emitted the watermark {timestamp} behind {self._watermark_now}"
            )
        self._watermark_now = timestamp
        if timestamp > self._watermark:
            self._watermark = timestamp
            super().emit_watermark(timestamp)

    def emit_status(self, status: WatermarkStatus) -> None:
        if status.idle == self._idle_now:
            raise AssertionError(f"an operator emitted {status} twice")
        self._idle_now = status.idle
        if status.idle != self._idle:
            self._idle = status.idle
            super().emit_status(status)

    def clear(self) -> None:
        """Forget what came out so far."""
        self.batches.clear()
        self.side.clear()
        self.watermarks.clear()
        self.statuses.clear()
        self.events.clear()


def records_of(batches: list[RowBatch]) -> list[Record]:
    """All records of the batches in order."""
    records: list[Record] = []
    for batch in batches:
        times: list[Any] = batch.timestamps or [MIN_TIMESTAMP] * len(batch.values)
        records += [
            (value, None if time == MIN_TIMESTAMP else time)
            for value, time in zip(batch.values, times, strict=True)
        ]
    return records
