"""BATCH mode of an unkeyed stream joined with broadcast state."""

from __future__ import annotations

from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.batch_wrapper import BatchWrapper
from hurtig.operators.contract import OperatorContext, StreamOperator


class BatchBroadcastOperator(BatchWrapper):
    """Runs ``inner``, which has no keys, in BATCH mode: its broadcast input first, then the other.

    ``broadcast`` is the index of the broadcast input.
    """

    def __init__(self, inner: StreamOperator, broadcast: int) -> None:
        super().__init__(inner)
        self._broadcast = broadcast

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self.inner.error_policy = self.error_policy
        self.inner.setup(context)
        self._held: list[RowBatch] = []
        self._holding = True

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        if self._holding and input_index != self._broadcast:
            self._held.append(batch)
        else:
            self.inner.process_batch(batch, input_index)

    def advance_watermark(self, timestamp: int) -> None:
        if not self._holding:
            self.output.emit_watermark(timestamp)

    def end_input(self, input_index: int = 0) -> None:
        if input_index == self._broadcast:
            self._release()
        self.inner.end_input(input_index)

    def _release(self) -> None:
        if self._holding:
            self._holding = False
            held, self._held = self._held, []
            for batch in held:
                self.inner.process_batch(batch, 1 - self._broadcast)
            if self.current_watermark > MIN_TIMESTAMP:
                self.output.emit_watermark(self.current_watermark)

    def finish(self) -> None:
        self._release()
        self.inner.finish()
