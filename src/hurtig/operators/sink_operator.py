"""The end of a chain: a sink's writer, and its committer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.sink import Sink, SinkContext
from hurtig.messages import RowBatch
from hurtig.operators.commits import Commits
from hurtig.operators.contract import StreamOperator
from hurtig.operators.record_failure import set_bad_input_aside
from hurtig.state.descriptors import ListStateDescriptor

WRITER_STATE = "sink-writer"
COMMITTABLES = "sink-committables"


class SinkOperator(StreamOperator):
    """Writes batches; commits behind checkpoints, without them at the end of the input.

    Mirrors Flink's ``SinkWriterOperator`` and ``CommitterOperator``.
    """

    def __init__(self, sink: Sink, prepare: Callable[[list[Any]], list[Any]] | None = None) -> None:
        self.sink = sink
        self._prepare = prepare
        """Gives the values the form in which they leave the job."""

    def open(self) -> None:
        with self._told():
            self._create_writer()

    def _create_writer(self) -> None:
        runtime = self.context.runtime_context
        state = self.context.operator_state
        self._finished = False
        self._commits = Commits(self.context, self.sink.create_committer(), type(self.sink))
        self._writer = self.sink.create_writer(
            SinkContext(
                runtime.get_index_of_this_subtask(),
                runtime.get_number_of_parallel_subtasks(),
                self.context.processing_time,
                self._bad_record,
                self.context.name,
                checkpointing=self.context.checkpointing,
                commit=self._commits.now,
                uid=self.context.uid,
                job_id=self.context.job_id,
            )
        )
        self._writer_state = state.get_list_state(ListStateDescriptor(WRITER_STATE))
        self._committables = state.get_list_state(ListStateDescriptor(COMMITTABLES))
        self._commits.restore(self._committables.get())
        restored = self._writer_state.get()
        if restored:
            self._writer.restore_state(restored)

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
        self._finished = True
        with self._told():
            self._writer.flush(end_of_input=True)
            self._commits.add(self._writer.prepare_commit(end_of_input=True))
            if not self.context.checkpointing:
                self._commits.finish()

    # -- checkpoints --------------------------------------------------------------------------

    def prepare_snapshot(self, checkpoint_id: int, savepoint: bool = False) -> None:
        with self._told():
            if not self._finished:
                self._writer.flush(end_of_input=False)
                # A savepoint holds nothing unfinished: the writer goes on with it meanwhile.
                self._commits.add(self._writer.prepare_commit(end_of_input=savepoint))
            self._commits.assign(checkpoint_id)

    def snapshot_state(self, checkpoint_id: int) -> None:
        self._writer_state.update(self._writer.snapshot_state(checkpoint_id))
        self._committables.update(self._commits.snapshot())

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        with self._told():
            self._commits.complete(checkpoint_id)

    def notify_checkpoint_aborted(self, checkpoint_id: int) -> None:
        if not self.context.checkpointing:
            with self._told():
                self._commits.complete(checkpoint_id)

    @property
    def committing(self) -> bool:
        return self._commits.waiting

    def close(self) -> None:
        try:
            if (writer := getattr(self, "_writer", None)) is not None:
                writer.close()
        finally:
            if (commits := getattr(self, "_commits", None)) is not None:
                commits.close()

    # -- helpers ------------------------------------------------------------------------------

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
