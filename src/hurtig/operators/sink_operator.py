"""The end of a chain: a sink's writer, and its committer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.sink import Committer, Sink, SinkContext
from hurtig.messages import RowBatch
from hurtig.operators.contract import StreamOperator
from hurtig.operators.record_failure import set_bad_input_aside


class SinkOperator(StreamOperator):
    """Writes batches; commits at the end of the input. Mirrors Flink's ``SinkWriterOperator``."""

    def __init__(self, sink: Sink, prepare: Callable[[list[Any]], list[Any]] | None = None) -> None:
        self.sink = sink
        self._prepare = prepare
        """Gives the values the form in which they leave the job."""

    def open(self) -> None:
        with self._told():
            self._create_writer()

    def _create_writer(self) -> None:
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
        if self._prepare is not None:
            batch = RowBatch(self._prepare(batch.values), batch.timestamps, batch.keys)
        with self._told():
            self._writer.write_batch(batch)

    def advance_watermark(self, timestamp: int) -> None:
        with self._told():
            self._writer.write_watermark(timestamp)
        self.output.emit_watermark(timestamp)

    def finish(self) -> None:
        with self._told():
            self._writer.flush(end_of_input=True)
            self._commit(self._writer.prepare_commit(end_of_input=True))

    def _commit(self, committables: list[Any]) -> None:
        if committables:
            if self._committer is None:
                raise TypeError(f"{type(self.sink).__name__} has committables but no committer")
            self._committer.commit(committables)

    def close(self) -> None:
        try:
            if (writer := getattr(self, "_writer", None)) is not None:
                writer.close()
        finally:
            if (committer := getattr(self, "_committer", None)) is not None:
                committer.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Let an error of the system name the sink. A print whose reader is gone is no error of
        the sink."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as e:
            raise JobExecutionError(
                f"{self.context.name!r} cannot write: {type(e).__name__}: {e}"
            ) from e

    def _bad_record(self, reason: str, location: str, content: Any) -> None:
        set_bad_input_aside(self, reason, location, content)
