"""Processing-time tumbling windows with the default trigger: a batch falls into one window."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop
from itertools import repeat

from hurtig.messages import RowBatch
from hurtig.operators.processing_time import over
from hurtig.operators.window.tumbling_fast import TumblingEventTimeOperator


class TumblingProcessingTimeOperator(TumblingEventTimeOperator):
    """The loops of event time, with the clock in place of timestamps and watermark.

    All records of a batch get the time at which the batch is handled.
    """

    def open(self) -> None:
        super().open()
        self._wake_up: tuple[int, Callable[[], None]] | None = None
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
        self._wake_up = None
        while self._to_fire and self._to_fire[0] + self.size - 1 <= now:
            self._fire(heappop(self._to_fire))
        self._schedule_wake_up()

    def _schedule_wake_up(self) -> None:
        if not self._to_fire:
            return
        due = self._to_fire[0] + self.size - 1
        if self._wake_up is not None:
            if self._wake_up[0] <= due:
                return
            self._wake_up[1]()
        clock = self.context.processing_time
        cancel = clock.schedule(due, lambda t: self.advance_processing_time(over(t, clock)))
        self._wake_up = (due, cancel)

    def close(self) -> None:
        wake_up = getattr(self, "_wake_up", None)
        if wake_up is not None:
            wake_up[1]()
        super().close()
