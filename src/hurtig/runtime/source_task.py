"""A task whose head is a source."""

from __future__ import annotations

import time

from hurtig.connectors.source import ReadStatus
from hurtig.messages import CheckpointBarrier
from hurtig.operators.contract import StreamOperator
from hurtig.operators.source_operator import SourceOperator
from hurtig.runtime.batch_limit import TARGET_SECONDS, BatchLimit
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.task import Task

_seconds = time.perf_counter

ALIGNED_RECORDS = 256
"""Records that an aligned source takes at once."""


class SourceTask(Task):
    """Polls the source; begins checkpoints."""

    def __init__(
        self, name: str, operators: list[StreamOperator], outputs: list[ChannelOutput]
    ) -> None:
        super().__init__(name, operators, outputs)
        head = operators[0]
        assert isinstance(head, SourceOperator)
        self.source = head
        interval = head.context.watermark_interval_ms
        # Shorter than the interval, or the watermark would move in longer steps than asked; few
        # records where splits wait for each other, or they would overshoot before they pause.
        seconds = min(TARGET_SECONDS, interval / 1000) if interval > 0 else TARGET_SECONDS
        aligned = head.strategy.alignment is not None
        self.limit = BatchLimit(seconds, ALIGNED_RECORDS if aligned else None)

    def step(self) -> bool:
        if self.finished or self.drained or self.stopping or self.source.paused or self.blocked:
            if self.ending:
                self.finish_when_committed()
            else:
                self._hold_back()
            return False
        started = _seconds()
        result = self.source.poll(self.limit.limit)
        if isinstance(result, int):
            self._worked(result, _seconds() - started)
            return True
        if result is ReadStatus.END_OF_INPUT:
            self._end_data(self.checkpointing is not None and self.checkpointing.wait_at_end)
            return True
        self._flush_idle()
        return False

    def trigger_checkpoint(self, barrier: CheckpointBarrier) -> None:
        """Snapshot and send the barrier now; behind one that stops the job nothing is read."""
        if self.finished or self.checkpointing is None:
            return
        if barrier.drain and not self.drained:
            self.source.end_early()
            self._end_data(True)
        self.checkpointing.trigger(barrier)
