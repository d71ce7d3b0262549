"""Timestamps and watermarks for a batch: what sources and mid-stream assignment share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.contract import StreamOperator

if TYPE_CHECKING:
    from hurtig.common.watermark_strategy import WatermarkStrategy

_ONLY_INT = {int}


def assign_timestamps(
    operator: StreamOperator, assigner: Any, values: list[Any], timestamps: list[int] | None
) -> list[int]:
    """One timestamp per value from a :class:`TimestampAssigner`; errors name the record."""
    extract = assigner.extract_timestamp
    assigned: list[int] = []
    value = None
    try:
        if timestamps is None:
            for value in values:
                assigned.append(extract(value, MIN_TIMESTAMP))
        else:
            for value, timestamp in zip(values, timestamps, strict=True):
                assigned.append(extract(value, timestamp))
    except Exception as e:
        raise operator.user_error(e, value) from e
    if set(map(type, assigned)) != _ONLY_INT:
        for index, timestamp in enumerate(assigned):
            if type(timestamp) is not int:
                assigned[index] = _as_int(operator, timestamp, values[index])
    return assigned


def _as_int(operator: StreamOperator, timestamp: Any, value: Any) -> int:
    try:
        return int(timestamp)
    except Exception:
        error = TypeError(
            f"extract_timestamp must give epoch milliseconds as an int, got {timestamp!r}"
        )
        raise operator.user_error(error, value) from None


class _GeneratorOutput:
    """Receives what a watermark generator says of one stream of records."""

    def __init__(self) -> None:
        self.watermark = MIN_TIMESTAMP
        self.idle = False

    def emit_watermark(self, watermark: Any) -> None:
        timestamp = getattr(watermark, "timestamp", watermark)
        self.idle = False
        if timestamp > self.watermark:
            self.watermark = timestamp

    def mark_idle(self) -> None:
        self.idle = True

    def mark_active(self) -> None:
        self.idle = False


class WatermarkTracker:
    """A generator and what it has said so far.

    Generators that look at every event (no ``on_batch``) are called per record, and a batch is
    cut where one of them emits, so that the watermark stands between the right records.
    """

    def __init__(self, operator: StreamOperator, strategy: WatermarkStrategy, clock: Any) -> None:
        self._operator = operator
        try:
            self.generator: Any = strategy.create_generator(clock)
        except Exception as e:
            raise operator.user_error(e, has_record=False) from e
        self.output = _GeneratorOutput()
        self.last_record_at = 0
        self.has_records = False
        self._on_batch = getattr(self.generator, "on_batch", None)

    def cut(self, values: list[Any], timestamps: list[int] | None) -> list[tuple[int, int]]:
        """Feed the records; returns (end of slice, watermark after it) for each emission."""
        if self._on_batch is not None:
            self._on_batch(values, timestamps)
            return []
        cuts: list[tuple[int, int]] = []
        on_event, output = self.generator.on_event, self.output
        ts = timestamps or [MIN_TIMESTAMP] * len(values)
        for index, (value, timestamp) in enumerate(zip(values, ts, strict=True)):
            before = output.watermark
            try:
                on_event(value, timestamp, output)
            except Exception as e:
                raise self._operator.user_error(e, value) from e
            if output.watermark > before:
                cuts.append((index + 1, output.watermark))
        return cuts

    def periodic(self) -> None:
        """Let the generator say what it holds back until the periodic emission."""
        try:
            self.generator.on_periodic_emit(self.output)
        except Exception as e:
            raise self._operator.user_error(e, has_record=False) from e


def explain_strategy(strategy: WatermarkStrategy) -> str | None:
    """Why a strategy never gives a watermark; ``None`` where it may."""
    from hurtig.common.watermark_generators import NoWatermarks

    if isinstance(strategy.create_generator(), NoWatermarks):
        return (
            "has WatermarkStrategy.no_watermarks() and so never gives a watermark: use "
            "for_bounded_out_of_orderness() or for_monotonous_timestamps()"
        )
    return None


def slices(batch: RowBatch, cuts: list[tuple[int, int]]) -> list[tuple[RowBatch, int | None]]:
    """The batch in pieces, each with the watermark that follows it."""
    pieces: list[tuple[RowBatch, int | None]] = []
    start = 0
    for end, watermark in cuts:
        whole = start == 0 and end == len(batch)
        pieces.append((batch if whole else batch.slice(start, end), watermark))
        start = end
    if start < len(batch):
        pieces.append((batch if start == 0 else batch.slice(start, len(batch)), None))
    return pieces
