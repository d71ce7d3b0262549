"""What an operator in BATCH mode sees in place of its output and of its clock."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from hurtig.messages import MIN_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.output import Output
from hurtig.operators.processing_time import ProcessingTimeService

FULL_BATCH = 4096


class _Rows:
    """Growing columns of a batch."""

    __slots__ = ("timed", "timestamps", "values")

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.values: list[Any] = []
        self.timestamps: list[int] = []
        self.timed = False

    def add(self, batch: RowBatch) -> None:
        self.values += batch.values
        if batch.timestamps is None:
            self.timestamps += [MIN_TIMESTAMP] * len(batch.values)
        else:
            self.timed = True
            self.timestamps += batch.timestamps

    def take(self) -> RowBatch:
        batch = RowBatch(self.values, self.timestamps if self.timed else None)
        self._clear()
        return batch


class GatheringOutput(Output):
    """Gathers the few results of each key into full batches; lets no watermark through."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._main = _Rows()
        self._side: dict[str, _Rows] = {}

    def emit(self, batch: RowBatch) -> None:
        self._main.add(batch)
        if len(self._main.values) >= FULL_BATCH:
            self._output.emit(self._main.take())

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        rows = self._side.setdefault(tag_id, _Rows())
        rows.add(batch)
        if len(rows.values) >= FULL_BATCH:
            self._output.emit_side(tag_id, rows.take())

    def emit_watermark(self, timestamp: int) -> None:
        pass

    def emit_status(self, status: WatermarkStatus) -> None:
        pass

    def flush(self) -> None:
        for tag_id, rows in self._side.items():
            if rows.values:
                self._output.emit_side(tag_id, rows.take())
        if self._main.values:
            self._output.emit(self._main.take())


class KeyEndProcessingTime(ProcessingTimeService):
    """Calls back at the end of a key, whatever the time is, in order of time."""

    def __init__(self, clock: ProcessingTimeService) -> None:
        self._clock = clock
        self._fired = MIN_TIMESTAMP
        self._sequence = 0
        self._timers: list[tuple[int, int, list[Callable[[int], None]]]] = []

    def now(self) -> int:
        return max(self._clock.now(), self._fired)

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        cell = [callback]
        self._sequence += 1
        heappush(self._timers, (timestamp, self._sequence, cell))
        return cell.clear

    def fire_all(self) -> None:
        while self._timers:
            timestamp, _, cell = heappop(self._timers)
            if cell:
                self._fired = timestamp
                cell[0](timestamp)
        self._fired = MIN_TIMESTAMP
