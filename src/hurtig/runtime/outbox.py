"""Outputs of operators: the next operator of the chain, channels, or several of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.messages import (
    CheckpointBarrier,
    EndOfData,
    EndOfInput,
    RowBatch,
    Watermark,
    WatermarkStatus,
)
from hurtig.operators.contract import OperatorMetrics, StreamOperator
from hurtig.operators.output import Output
from hurtig.runtime.batch_limit import MAX_RECORDS
from hurtig.runtime.channel import Channel
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.isolation import copier, unchangeable
from hurtig.runtime.keying import Keying
from hurtig.runtime.partitioning import Router
from hurtig.runtime.type_check import TypeCheck

FULL_BATCH = MAX_RECORDS
"""Records that wait for no company: as many as a task takes at once."""


class ChainingOutput(Output):
    """Hands batches to the next operator of the chain by a call."""

    def __init__(self, operator: StreamOperator, metrics: OperatorMetrics) -> None:
        self._operator = operator
        self._metrics = metrics

    def emit(self, batch: RowBatch) -> None:
        self._metrics.records_in += len(batch.values)
        self._operator.process_batch(batch)

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        raise AssertionError("side outputs are sorted out before")

    def emit_watermark(self, timestamp: int) -> None:
        self._operator.process_watermark(timestamp)

    def emit_status(self, status: WatermarkStatus) -> None:
        self._operator.process_status(status)


class KeyingOutput(ChainingOutput):
    """A keyed edge inside a chain: gives each batch its keys."""

    def __init__(
        self,
        operator: StreamOperator,
        metrics: OperatorMetrics,
        keying: Keying,
        fire_due: Callable[[], None],
    ) -> None:
        super().__init__(operator, metrics)
        self._extract = keying.extract
        self._canonical = keying.canonical
        self._fire_due = fire_due

    def emit(self, batch: RowBatch) -> None:
        self._metrics.records_in += len(batch.values)
        self._fire_due()
        keys = self._canonical(self._extract(batch.values), batch.values)
        self._operator.process_batch(RowBatch(batch.values, batch.timestamps, keys))


class ChannelOutput(Output):
    """Sends over an edge to another task; small batches wait for company until the input is
    idle, the batch is full, the buffer timeout has passed or an event follows.

    ``ids`` name the channels in checkpoints.
    """

    def __init__(
        self,
        channels: list[Channel],
        router: Router,
        timeout_ms: int,
        now: Callable[[], int],
        ids: list[ChannelId] | None = None,
    ) -> None:
        self._channels = channels
        self.ids = ids or [ChannelId("", 0, 0, n) for n in range(len(channels))]
        self._router = router
        self._timeout_ms = timeout_ms
        self._now = now
        self._pending: list[list[RowBatch]] = [[] for _ in channels]
        self._pending_records = [0] * len(channels)
        self._waiting_since: int | None = None

    def emit(self, batch: RowBatch) -> None:
        for channel, piece in self._router.route(batch):
            if len(piece) >= FULL_BATCH and not self._pending[channel]:
                self._channels[channel].send(piece)
                continue
            self._pending[channel].append(piece)
            self._pending_records[channel] += len(piece)
            if self._pending_records[channel] >= FULL_BATCH:
                self._flush_channel(channel)
            elif self._waiting_since is None:
                self._waiting_since = self._now()

    def _flush_channel(self, channel: int) -> None:
        pending = self._pending[channel]
        if pending:
            self._channels[channel].send(merge(pending) if len(pending) > 1 else pending[0])
            self._pending[channel] = []
            self._pending_records[channel] = 0

    def flush(self) -> None:
        """Send all that waits."""
        if self._waiting_since is not None:
            for channel in range(len(self._channels)):
                self._flush_channel(channel)
            self._waiting_since = None

    def flush_if_due(self) -> None:
        """Send what has waited for the buffer timeout (never, where that is negative)."""
        since = self._waiting_since
        if since is not None and 0 <= self._timeout_ms <= self._now() - since:
            self.flush()

    def flush_when_idle(self) -> None:
        """The input is idle: with any timeout but a negative one nothing waits longer."""
        if self._timeout_ms >= 0:
            self.flush()

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        raise AssertionError("side outputs are sorted out before")

    def broadcast(self, event: Any) -> None:
        """Send an event to all readers, behind all records."""
        self.flush()
        for channel in self._channels:
            channel.send(event)

    def emit_watermark(self, timestamp: int) -> None:
        self.broadcast(Watermark(timestamp))

    def emit_status(self, status: WatermarkStatus) -> None:
        self.broadcast(status)

    def overtake(self, barrier: CheckpointBarrier) -> list[tuple[ChannelId, list[Any]]]:
        """Send a barrier before all that waits; what it passed and this side still holds."""
        self.flush()
        return [
            (id_, held)
            for id_, channel in zip(self.ids, self._channels, strict=True)
            if (held := channel.overtake(barrier))
        ]

    def send_restored(self, id_: ChannelId, message: Any) -> None:
        """Send a message that was on its way in this channel when a checkpoint was taken."""
        self._channels[self.ids.index(id_)].send(message)

    def end_data(self) -> None:
        """No records will follow."""
        self.broadcast(EndOfData())

    def end(self) -> None:
        """Nothing will follow."""
        self.broadcast(EndOfInput())

    @property
    def full(self) -> bool:
        """Whether one of the channels asks for a pause."""
        return any(channel.full for channel in self._channels)


def merge(batches: list[RowBatch]) -> RowBatch:
    """Several batches as one; a batch without timestamps gives its records the smallest one."""
    from hurtig.messages import MIN_TIMESTAMP

    values: list[Any] = []
    timed = any(b.timestamps is not None for b in batches)
    keyed = batches[0].keys is not None
    timestamps: list[int] = []
    keys: list[Any] = []
    for b in batches:
        values += b.values
        if timed:
            timestamps += b.timestamps or [MIN_TIMESTAMP] * len(b.values)
        if keyed:
            keys += b.keys or []
    return RowBatch(values, timestamps if timed else None, keys if keyed else None)


class OperatorOutput(Output):
    """Everything that reads one operator: its main output and its side outputs.

    ``check`` checks and converts the values to the declared type, ``side_checks`` those of each
    side output. Where several operators read one output each gets records of its own, unless
    object reuse is on: no reader sees what another one does to a record.
    """

    def __init__(
        self,
        metrics: OperatorMetrics,
        main: list[Output],
        side: dict[str, list[Output]],
        check: TypeCheck | None,
        object_reuse: bool,
        side_checks: dict[str, TypeCheck] | None = None,
    ) -> None:
        self._metrics = metrics
        self._main = main
        self._side = side
        self._check = check
        self._side_checks = side_checks or {}
        self._object_reuse = object_reuse
        self._all = [*main, *(o for outputs in side.values() for o in outputs)]
        self._single = main[0] if len(main) == 1 else None

    def emit(self, batch: RowBatch) -> None:
        if self._check is not None:
            batch = self._check(batch, self.emit_side)
            if not batch.values:
                return
        self._metrics.records_out += len(batch.values)
        if self._single is not None:
            self._single.emit(batch)
        elif self._main:
            self._fan_out(self._main, batch)

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        outputs = self._side.get(tag_id)
        if outputs:
            check = self._side_checks.get(tag_id)
            if check is not None:
                batch = check(batch, self.emit_side)
                if not batch.values:
                    return
            self._fan_out(outputs, batch)

    def _fan_out(self, outputs: list[Output], batch: RowBatch) -> None:
        values, timestamps = batch.values, batch.timestamps
        if self._object_reuse or len(outputs) == 1 or unchangeable(values):
            for output in outputs:
                output.emit(batch)
            return
        copy = copier(values)  # before the first reader can change them
        outputs[0].emit(batch)
        for output in outputs[1:]:
            output.emit(RowBatch(copy(), timestamps))

    def emit_watermark(self, timestamp: int) -> None:
        for output in self._all:
            output.emit_watermark(timestamp)

    def emit_status(self, status: WatermarkStatus) -> None:
        for output in self._all:
            output.emit_status(status)
