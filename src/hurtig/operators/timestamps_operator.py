"""``assign_timestamps_and_watermarks`` in the middle of a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hurtig.common.time_text import format_time
from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.contract import StreamOperator
from hurtig.operators.idle_clock import IdleClock
from hurtig.operators.timestamps import (
    WatermarkTracker,
    assign_timestamps,
    explain_strategy,
    slices,
)

if TYPE_CHECKING:
    from hurtig.common.watermark_strategy import WatermarkStrategy


class TimestampsAndWatermarksOperator(StreamOperator):
    """Replaces timestamps and watermarks of its input; only the final MAX passes through.

    Mirrors Flink's ``TimestampsAndWatermarksOperator``.
    """

    def __init__(self, strategy: WatermarkStrategy) -> None:
        self.strategy = strategy
        self._cancel: Callable[[], None] | None = None

    def open(self) -> None:
        time = self.context.processing_time
        interval = self.context.watermark_interval_ms
        self._idle_clock = IdleClock(time.now, 2 * interval)
        self._tracker = WatermarkTracker(self, self.strategy, self._idle_clock.now)
        self._emitted_idle = False
        if interval > 0 and not self.context.batch_mode:
            self._schedule()

    def _schedule(self) -> None:
        time = self.context.processing_time
        due = time.now() + self.context.watermark_interval_ms
        self._cancel = time.schedule(due, self._on_timer)

    def held_back(self) -> None:
        self._idle_clock.pause()

    def _on_timer(self, timestamp: int) -> None:
        # A look that may have missed something: records may wait behind slow operators.
        self._idle_clock.looked(found=True)
        self._tracker.periodic()
        self._send()
        self._schedule()

    def _send(self) -> None:
        said = self._tracker.output
        if said.idle != self._emitted_idle:
            self._emitted_idle = said.idle
            self.output.emit_status(IDLE if said.idle else ACTIVE)
        self._advance(said.watermark)

    def _advance(self, watermark: int) -> None:
        if watermark > self.current_watermark and not self.context.batch_mode:
            self.current_watermark = self.metrics.watermark = watermark
            self.output.emit_watermark(watermark)

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        assigner = self.strategy.timestamp_assigner
        timestamps = batch.timestamps
        if assigner is not None:
            timestamps = assign_timestamps(self, assigner, batch.values, timestamps)
        if self._emitted_idle:
            self._tracker.output.idle = False
            self._send()
        timed = RowBatch(batch.values, timestamps)
        for piece, watermark in slices(timed, self._tracker.cut(timed.values, timestamps)):
            self.output.emit(piece)
            if watermark is not None:
                self._advance(watermark)

    def process_watermark(self, timestamp: int, input_index: int = 0) -> None:
        if timestamp == MAX_TIMESTAMP and self.current_watermark < MAX_TIMESTAMP:
            if self._cancel is not None:
                self._cancel()
            if self._emitted_idle:
                self._emitted_idle = False
                self.output.emit_status(ACTIVE)
            self.current_watermark = self.metrics.watermark = MAX_TIMESTAMP
            self.output.emit_watermark(MAX_TIMESTAMP)

    def process_status(self, status: WatermarkStatus, input_index: int = 0) -> None:
        """Upstream idleness says nothing here: the records themselves decide."""

    def explain_watermark(self) -> str:
        return explain_strategy(self.strategy) or f"is at {format_time(self.current_watermark)}"

    def close(self) -> None:
        if self._cancel is not None:  # else it was never opened
            self._cancel()
