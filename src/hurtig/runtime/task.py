"""A task: a chain of operators with its inbox, run in slices by its slot."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from hurtig.common.closing import close_all
from hurtig.connectors.source import ReadStatus
from hurtig.messages import EndOfInput, RowBatch, Watermark, WatermarkStatus
from hurtig.operators.contract import OperatorMetrics, StreamOperator
from hurtig.operators.source_operator import SourceOperator
from hurtig.runtime.batch_limit import TARGET_SECONDS, BatchLimit
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.outbox import ChannelOutput

_seconds = time.perf_counter

ALIGNED_RECORDS = 256
"""Records that an aligned source takes at once."""


class Task(ABC):
    """Common part: the operators of the chain, head first, and the outgoing channels."""

    def __init__(
        self, name: str, operators: list[StreamOperator], outputs: list[ChannelOutput]
    ) -> None:
        self.name = name
        self.operators = operators
        self.outputs = outputs
        self.limit = BatchLimit()
        self.finished = False
        self._closed = False

    def open(self) -> None:
        """Open the operators, last first, so that whoever emits finds its reader open."""
        for operator in reversed(self.operators):
            operator.open()

    @abstractmethod
    def step(self) -> bool:
        """Do a bounded amount of work; whether there was any."""

    @property
    def blocked(self) -> bool:
        """Whether a reader asks for a pause."""
        return any(output.full for output in self.outputs)

    def _worked(self, records: int, seconds: float) -> None:
        """After a slice: where it was slow, its results do not wait for those of the next one."""
        self.limit.observe(records, seconds)
        if seconds > TARGET_SECONDS:
            self._flush_idle()
        else:
            self._flush_due()

    def _hold_back(self) -> None:
        for operator in self.operators:
            operator.held_back()
        self._flush_due()

    def _flush_due(self) -> None:
        for output in self.outputs:
            output.flush_if_due()

    def _flush_idle(self) -> None:
        for output in self.outputs:
            output.flush_when_idle()

    def _finish(self) -> None:
        """All input is read: finish the operators in order, then end the channels."""
        for operator in self.operators:
            operator.finish()
        for output in self.outputs:
            output.end()
        self.close()
        self.finished = True

    def close(self) -> None:
        """Close all operators once; the first error is raised after all were tried."""
        if self._closed:
            return
        self._closed = True
        close_all(operator.close for operator in self.operators)


class SourceTask(Task):
    """A task whose head is a source."""

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
        if self.finished or self.blocked or self.source.paused:
            self._hold_back()
            return False
        started = _seconds()
        result = self.source.poll(self.limit.limit)
        if isinstance(result, int):
            self._worked(result, _seconds() - started)
            return True
        if result is ReadStatus.END_OF_INPUT:
            self._finish()
            return True
        self._flush_idle()
        return False


class StreamTask(Task):
    """A task that reads channels."""

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
        self._canonical = canonical

    def step(self) -> bool:
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
                self._batch, self._position, self._gate = message, 0, gate
            else:
                self._handle_event(gate, channel, message)
                self._flush_due()
                return True
        self._process_slice(self._batch)
        return True

    def _process_slice(self, batch: RowBatch) -> None:
        size, start = len(batch), self._position
        stop = min(size, start + self.limit.limit)
        piece = batch if stop - start == size else batch.slice(start, stop)
        if stop == size:
            self._batch = None
        else:
            self._position = stop
        self.head_metrics.records_in += stop - start
        if piece.keys is not None and self._canonical is not None:
            piece = RowBatch(
                piece.values, piece.timestamps, self._canonical(piece.keys, piece.values)
            )
        started = _seconds()
        self.head.process_batch(piece, self._gate.input_index)
        self._worked(stop - start, _seconds() - started)

    def _handle_event(self, gate: InputGate, channel: int, message: Any) -> None:
        merge = gate.watermarks
        before, was_idle = merge.watermark, merge.idle
        if isinstance(message, Watermark):
            merge.update(channel, message.timestamp)
        elif isinstance(message, WatermarkStatus):
            if message.idle:
                merge.mark_idle(channel)
            else:
                merge.mark_active(channel)
        elif isinstance(message, EndOfInput):
            gate.open_channels -= 1
        if was_idle and not merge.idle:
            self.head.process_status(WatermarkStatus(False), gate.input_index)
        if merge.watermark > before:
            self.head.process_watermark(merge.watermark, gate.input_index)
        if merge.idle and not was_idle:
            self.head.process_status(WatermarkStatus(True), gate.input_index)
        if isinstance(message, EndOfInput) and not gate.open_channels:
            self.head.end_input(gate.input_index)
            if self.inbox.ended:
                self._finish()
