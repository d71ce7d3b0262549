"""A tiny runtime for file sources and sinks."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.errors import BadRecordError
from hurtig.connectors.sink import Committer, Sink, SinkContext, SinkWriter
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext
from hurtig.messages import RowBatch
from hurtig.operators.processing_time import ManualProcessingTime


class BadRecords:
    """Applies an error policy and keeps what was set aside."""

    def __init__(self, policy: str = "fail") -> None:
        self.policy = policy
        self.skipped = 0
        self.dead: list[tuple[str, str, Any]] = []

    def __call__(self, reason: str, location: str, content: Any) -> None:
        if self.policy == "fail":
            raise BadRecordError(reason, location, content)
        if self.policy == "skip":
            self.skipped += 1
        else:
            self.dead.append((reason, location, content))


def source_context(bad: BadRecords, subtask: int = 0, parallelism: int = 1) -> SourceContext:
    return SourceContext(subtask, parallelism, lambda: None, lambda: 0, bad)


def read_all(
    source: Source,
    parallelism: int = 1,
    max_records: int = 1000,
    policy: str = "fail",
    bad: BadRecords | None = None,
) -> list[list[Any]]:
    """Runs a bounded source; the records of each reader, which take turns."""
    bad = bad or BadRecords(policy)
    enumerator = source.create_enumerator(parallelism)
    enumerator.discover(0)
    readers = [
        source.create_reader(source_context(bad, i, parallelism)) for i in range(parallelism)
    ]
    outputs: list[list[Any]] = [[] for _ in readers]
    try:
        take_turns(enumerator, readers, outputs, max_records)
    finally:
        for reader in readers:
            reader.close()
    return outputs


def take_turns(enumerator: Any, readers: Any, outputs: Any, max_records: int) -> None:
    running = set(range(len(readers)))
    while running:
        for i in sorted(running):
            result = readers[i].poll(max_records)
            if isinstance(result, SourceBatch):
                assert len(result.values) <= max_records
                assert result.values or result.split_finished
                outputs[i] += result.values
            elif result is ReadStatus.NEED_SPLIT:
                split = enumerator.next_split(i)
                if split is not None:
                    readers[i].add_splits([split])
                else:
                    assert enumerator.finished
                    readers[i].no_more_splits()
            else:
                assert result is ReadStatus.END_OF_INPUT
                running.remove(i)


class SinkDriver:
    """Drives a sink's writer and committer as a runtime does."""

    def __init__(
        self,
        sink: Sink,
        checkpointing: bool = False,
        now: int = 0,
        subtask: int = 0,
        states: list[Any] | None = None,
    ) -> None:
        self.time = ManualProcessingTime(now)
        self.bad_records = BadRecords()
        committer = sink.create_committer()
        assert committer is not None
        self.committer: Committer = committer
        self.writer: SinkWriter = sink.create_writer(
            SinkContext(
                subtask,
                1,
                self.time,
                self.bad_records,
                checkpointing=checkpointing,
                commit=committer.commit,
                job_id="0123456789",
            )
        )
        if states:
            self.writer.restore_state(states)
        self.prepared: list[Any] = []

    def write(self, *values: Any, timestamps: list[int] | None = None) -> None:
        self.writer.write_batch(RowBatch(list(values), timestamps))

    def checkpoint(self, checkpoint_id: int = 1) -> list[Any]:
        """All up to the commit, which :meth:`commit` does."""
        self.writer.flush(False)
        self.prepared += self.writer.prepare_commit(False)
        return self.writer.snapshot_state(checkpoint_id)

    def commit(self) -> None:
        prepared, self.prepared = self.prepared, []
        self.committer.commit(prepared)

    def finish(self) -> None:
        self.writer.flush(True)
        self.prepared += self.writer.prepare_commit(True)
        self.commit()
        self.writer.close()
        self.committer.close()


@pytest.fixture(scope="session", name="read_all")
def read_all_fixture() -> Any:
    return read_all


@pytest.fixture(scope="session", name="bad_records")
def bad_records_fixture() -> Any:
    return BadRecords


@pytest.fixture(scope="session", name="sink_driver")
def sink_driver_fixture() -> Any:
    return SinkDriver


@pytest.fixture(scope="session", name="make_source_context")
def source_context_fixture() -> Any:
    return source_context
