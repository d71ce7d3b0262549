"""Processing-time tumbling windows with the default trigger: a batch falls into one window."""

from __future__ import annotations

from heapq import heappop
from itertools import repeat

from hurtig.messages import RowBatch
from hurtig.operators.window.tumbling_fast import TumblingEventTimeOperator


class TumblingProcessingTimeOperator(TumblingEventTimeOperator):
    """The loops of event time, with the clock in place of timestamps and watermark.

    All records of a batch get the time at which the batch is handled.
    """

    def open(self) -> None:
        super().open()
        self._wake_me = self.wake_up_for(self.advance_processing_time).at
        self._schedule_wake_up()

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        assert batch.keys is not None
        now = self.context.processing_time.now()
        self.run_loop(zip(repeat(now), batch.keys, batch.values, strict=False))
        self._schedule_wake_up()

    def passed(self, start: int) -> bool:
        return False

    def is_late(self, start: int) -> bool:
        return False

    def waiting_for(self) -> int | None:
        return None

    def advance_watermark(self, timestamp: int) -> None:
        self.output.emit_watermark(timestamp)

    def advance_processing_time(self, now: int) -> None:
        """Fire the windows that have ended. Called by the clock."""
        while self._to_fire and self._to_fire[0] + self.size - 1 <= now:
            self._fire(heappop(self._to_fire))
        self._schedule_wake_up()

    def _schedule_wake_up(self) -> None:
        if self._to_fire:
            self._wake_me(self._to_fire[0] + self.size - 1)
