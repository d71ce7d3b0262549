"""A task that reads channels."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hurtig.messages import (
    CancelBarrier,
    CheckpointBarrier,
    EndOfData,
    EndOfInput,
    RowBatch,
    Watermark,
    WatermarkStatus,
)
from hurtig.operators.contract import OperatorMetrics, StreamOperator
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.task import Task

_seconds = time.perf_counter


class StreamTask(Task):
    """Takes messages from its inbox and hands them to the head of the chain."""

    def __init__(
        self,
        name: str,
        operators: list[StreamOperator],
        outputs: list[ChannelOutput],
        inbox: Inbox,
        head_metrics: OperatorMetrics,
        canonical: Callable[[list[Any], list[Any]], list[Any]] | None = None,
    ) -> None:
        super().__init__(name, operators, outputs)
        self.inbox = inbox
        self.head = operators[0]
        self.head_metrics = head_metrics
        self._batch: RowBatch | None = None
        self._position = 0
        self._gate = inbox.gates[0]
        self._channel = 0
        self.canonical = canonical
        self._waits_at_end = False
        """Whether a sender waits for a last checkpoint."""
        self._open_inputs = len(inbox.places)
        """Channels on which barriers may still come."""
        self._may_finish = False
        """Whether all that it wrote is in a complete checkpoint."""

    def step(self) -> bool:
        if self.inbox.urgent and self.checkpointing is not None and not self.finished:
            self.checkpointing.receive_urgent()
        if self.ending:
            self.finish_when_committed()
            return False
        if self.finished or self.blocked:
            self._hold_back()
            return False
        if self._batch is None:
            received = self.inbox.receive()
            if received is None:
                self._flush_idle()
                return False
            gate, channel, message = received
            if isinstance(message, RowBatch):
                self._batch, self._position = message, 0
                self._gate, self._channel = gate, channel
            else:
                self._handle_event(gate, channel, message)
                self._flush_due()
                return True
        self._process_slice(self._batch)
        return True

    def trigger_checkpoint(self, barrier: CheckpointBarrier) -> None:
        if not self.finished and self.checkpointing is not None:
            self.checkpointing.trigger(barrier)

    def finish_when_committed(self) -> None:
        """Not before its senders have: a barrier that is on its way must be passed on."""
        if self._open_inputs:
            self._may_finish = True
        elif not self.finished:
            super().finish_when_committed()

    @property
    def unprocessed(self) -> tuple[InputGate, int, RowBatch] | None:
        """What is left of the batch in hand, which was received on this channel."""
        batch = self._batch
        if batch is None:
            return None
        return self._gate, self._channel, batch.slice(self._position, len(batch))

    def _process_slice(self, batch: RowBatch) -> None:
        size, start = len(batch), self._position
        stop = min(size, start + self.limit.limit)
        piece = batch if stop - start == size else batch.slice(start, stop)
        if stop == size:
            self._batch = None
        else:
            self._position = stop
        self.head_metrics.records_in += stop - start
        if piece.keys is not None and self.canonical is not None:
            piece = RowBatch(
                piece.values, piece.timestamps, self.canonical(piece.keys, piece.values)
            )
        started = _seconds()
        self.head.process_batch(piece, self._gate.input_index)
        self._worked(stop - start, _seconds() - started)

    def _handle_event(self, gate: InputGate, channel: int, message: Any) -> None:
        if isinstance(message, Watermark | WatermarkStatus):
            self._handle_time(gate, channel, message)
        elif isinstance(message, EndOfData):
            self._waits_at_end = True
            self._end_channel(gate, channel)
        elif isinstance(message, EndOfInput):
            self._end_channel(gate, channel)
            self._open_inputs -= 1
            if self.checkpointing is not None and not self.finished:
                self.checkpointing.end_of_input(gate, channel)
            if self._may_finish:
                self.finish_when_committed()
        elif self.checkpointing is not None:
            if isinstance(message, CheckpointBarrier):
                self.checkpointing.barrier(gate, channel, message)
            elif isinstance(message, CancelBarrier):
                self.checkpointing.cancel(message.checkpoint_id)

    def _handle_time(
        self, gate: InputGate, channel: int, message: Watermark | WatermarkStatus
    ) -> None:
        merge = gate.watermarks
        before, was_idle = merge.watermark, merge.idle
        if isinstance(message, Watermark):
            merge.update(channel, message.timestamp)
        elif message.idle:
            merge.mark_idle(channel)
        else:
            merge.mark_active(channel)
        if was_idle and not merge.idle:
            self.head.process_status(WatermarkStatus(False), gate.input_index)
        if merge.watermark > before:
            self.head.process_watermark(merge.watermark, gate.input_index)
        if merge.idle and not was_idle:
            self.head.process_status(WatermarkStatus(True), gate.input_index)

    def _end_channel(self, gate: InputGate, channel: int) -> None:
        """No more records on this channel. Behind a savepoint that ends the job that is no end of
        the data: what the operators hold is in the savepoint."""
        if gate.ended[channel] or self.stopping:
            return
        gate.ended[channel] = True
        gate.open_channels -= 1
        if not gate.open_channels:
            self.head.end_input(gate.input_index)
            if self.inbox.ended:
                checkpointing = self.checkpointing
                waits = checkpointing is not None and checkpointing.wait_at_end
                self._end_data(waits or self._waits_at_end)
