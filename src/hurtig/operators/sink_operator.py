"""The end of a chain: a sink's writer, and its committer."""

from __future__ import annotations

from typing import Any

from hurtig.common.error_policy import DEAD_LETTER, DEAD_LETTER_TAG, SKIP, DeadLetter
from hurtig.common.errors import BadRecordError
from hurtig.connectors.sink import Committer, Sink, SinkContext
from hurtig.messages import RowBatch
from hurtig.operators.contract import StreamOperator


class SinkOperator(StreamOperator):
    """Writes batches; commits at the end of the input. Mirrors Flink's ``SinkWriterOperator``."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def open(self) -> None:
        runtime = self.context.runtime_context
        self._committer: Committer | None = self.sink.create_committer()
        self._writer = self.sink.create_writer(
            SinkContext(
                runtime.get_index_of_this_subtask(),
                runtime.get_number_of_parallel_subtasks(),
                self.context.processing_time,
                self._bad_record,
                self.context.name,
                commit=self._commit,
                uid=self.context.uid,
            )
        )

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        self._writer.write_batch(batch)

    def advance_watermark(self, timestamp: int) -> None:
        self._writer.write_watermark(timestamp)
        self.output.emit_watermark(timestamp)

    def finish(self) -> None:
        self._writer.flush(end_of_input=True)
        self._commit(self._writer.prepare_commit(end_of_input=True))

    def _commit(self, committables: list[Any]) -> None:
        if committables:
            if self._committer is None:
                raise TypeError(f"{type(self.sink).__name__} has committables but no committer")
            self._committer.commit(committables)

    def close(self) -> None:
        writer = getattr(self, "_writer", None)
        if writer is not None:
            writer.close()
        committer = getattr(self, "_committer", None)
        if committer is not None:
            committer.close()

    def _bad_record(self, reason: str, location: str, content: Any) -> None:
        if self.error_policy == SKIP:
            self.metrics.skipped += 1
        elif self.error_policy == DEAD_LETTER:
            self.metrics.skipped += 1
            letter = DeadLetter(self.context.name, self.context.uid, reason, content, location)
            self.output.emit_side(DEAD_LETTER_TAG, RowBatch([letter]))
        else:
            raise BadRecordError(reason, location, content)
