"""When a sink commits, and what happens when it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.sink import Committer, Sink, SinkContext, SinkWriter
from hurtig.messages import RowBatch
from hurtig.operators.commits import FIRST_PAUSE_MS, RETRIES, Commits
from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.operators.sink_operator import SinkOperator


class Log(Committer):
    """Fails as often as it is told to."""

    def __init__(self) -> None:
        self.commits: list[Any] = []
        self.again: list[Any] = []
        self.failures = 0
        self.error: Exception = ConnectionError("away")
        self.closed = False

    def commit(self, committables: list[Any]) -> None:
        if self.failures:
            self.failures -= 1
            raise self.error
        self.commits.append(committables)

    def commit_again(self, committables: list[Any]) -> None:
        self.again.append(committables)
        self.commit(committables)

    def close(self) -> None:
        self.closed = True


class Context:
    name = "sink"

    def __init__(self) -> None:
        self.processing_time = ManualProcessingTime()
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


class Fixture:
    def __init__(self) -> None:
        self.context = Context()
        self.log = Log()
        context: Any = self.context
        self.commits = Commits(context, self.log, Sink)

    def pause(self, ms: int) -> None:
        time = self.context.processing_time
        time.advance_to(time.now() + ms)


@pytest.fixture
def f() -> Fixture:
    return Fixture()


def test_a_checkpoint_commits_itself_and_those_before_it(f: Fixture) -> None:
    for id_ in (1, 2, 3):
        f.commits.add([f"c{id_}"])
        f.commits.assign(id_)
    f.commits.add(["later"])
    f.commits.complete(2)
    assert f.log.commits == [["c1", "c2"]]
    f.commits.complete(1)
    assert f.log.commits == [["c1", "c2"]]
    assert f.commits.snapshot() == [(1, 3, "c3")]
    f.commits.complete(3)
    assert f.log.commits[1:] == [["c3"]]
    assert f.log.again == []


def test_a_failed_commit_is_tried_again_later(f: Fixture) -> None:
    f.commits.add(["a"])
    f.commits.assign(1)
    f.log.failures = 2
    f.commits.complete(1)
    assert f.commits.waiting
    assert f.commits.snapshot() == [(1, 1, "a")], "it is not lost meanwhile"
    f.pause(FIRST_PAUSE_MS)
    assert f.commits.waiting
    f.pause(2 * FIRST_PAUSE_MS)
    assert f.log.commits == [["a"]]
    assert f.log.again == [["a"], ["a"]]
    assert not f.commits.waiting
    assert "ConnectionError: away; the next try follows in 200 ms" in f.context.warnings[0]


def test_a_later_checkpoint_waits_for_the_next_try(f: Fixture) -> None:
    f.commits.add(["a"])
    f.commits.assign(1)
    f.log.failures = 1
    f.commits.complete(1)
    f.commits.add(["b"])
    f.commits.assign(2)
    f.commits.complete(2)
    assert f.log.commits == []
    f.pause(FIRST_PAUSE_MS)
    assert f.log.commits == [["a", "b"]]


def test_at_last_the_job_fails(f: Fixture) -> None:
    f.commits.add(["a"])
    f.commits.assign(1)
    f.log.failures = 100
    f.commits.complete(1)
    for n in range(RETRIES - 1):
        f.pause(FIRST_PAUSE_MS << n)
    with pytest.raises(JobExecutionError, match=r"'sink' cannot commit: ConnectionError: away"):
        f.pause(1 << 20)
    assert 100 - f.log.failures == RETRIES + 1


def test_an_error_that_says_what_to_do_is_not_tried_again(f: Fixture) -> None:
    f.commits.add(["a"])
    f.commits.assign(1)
    f.log.failures, f.log.error = 1, JobExecutionError("do this")
    with pytest.raises(JobExecutionError, match="do this"):
        f.commits.complete(1)


def test_what_is_restored_is_committed_at_once(f: Fixture) -> None:
    f.commits.restore([(1, 4, "a"), (1, 5, "b")])
    assert f.log.again == [["a", "b"]]
    assert f.commits.snapshot() == []


def test_committables_of_a_later_release_are_an_error(f: Fixture) -> None:
    with pytest.raises(JobExecutionError, match="a later release"):
        f.commits.restore([(99, 4, "a")])


def test_closing_gives_up(f: Fixture) -> None:
    f.commits.add(["a"])
    f.commits.assign(1)
    f.log.failures = 1
    f.commits.complete(1)
    f.commits.close()
    f.pause(1 << 20)
    assert (f.log.commits, f.log.closed) == ([], True)


class Words(Sink):
    """A sink whose writer keeps words until they are committed."""

    def __init__(self) -> None:
        self.log = Log()

    def create_writer(self, context: SinkContext) -> SinkWriter:
        return _Words(context)

    def create_committer(self) -> Committer:
        return self.log


class _Words(SinkWriter):
    def __init__(self, context: SinkContext) -> None:
        self.context = context
        self.words: list[str] = []
        self.flushes: list[bool] = []

    def write_batch(self, batch: RowBatch) -> None:
        self.words += batch.values

    def flush(self, end_of_input: bool) -> None:
        self.flushes.append(end_of_input)

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        keep = 0 if end_of_input else 1
        ready, self.words = self.words[: len(self.words) - keep], self.words[-keep:] * keep
        return ready

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self.words)

    def restore_state(self, states: list[Any]) -> None:
        self.words = list(states)


def harness(sink: Sink, **options: Any) -> Any:
    from hurtig.testing import OperatorHarness

    return OperatorHarness(SinkOperator(sink), copy=False, **options)


def test_a_sink_without_checkpoints_commits_at_the_end() -> None:
    sink = Words()
    with harness(sink) as h:
        h.process_elements(["a", "b"])
        assert sink.log.commits == []
        h.end_input()
    assert sink.log.commits == [["a", "b"]]


def test_a_sink_with_checkpoints_commits_when_they_are_complete() -> None:
    sink = Words()
    with harness(sink, checkpointing=True) as h:
        h.process_elements(["a", "b"])
        h.snapshot()
        assert sink.log.commits == []
        h.notify_checkpoint_complete()
        assert sink.log.commits == [["a"]]
        h.end_input()
        assert sink.log.commits == [["a"]], "the end waits for a checkpoint too"
        h.snapshot()
        h.notify_checkpoint_complete()
        assert sink.log.commits == [["a"], ["b"]]


def test_a_restored_sink_goes_on_where_it_was() -> None:
    sink = Words()
    with harness(sink, checkpointing=True) as h:
        h.process_elements(["a", "b"])
        snapshot = h.snapshot()
    again = Words()
    with harness(again, checkpointing=True, snapshots=[snapshot]) as h:
        assert again.log.again == [["a"]]
        h.process_elements(["c"]).end_input()
        h.snapshot()
        h.notify_checkpoint_complete()
        assert again.log.commits == [["a"], ["b", "c"]]


def test_a_savepoint_holds_nothing_unfinished() -> None:
    sink = Words()
    with harness(sink, checkpointing=True) as h:
        h.process_elements(["a", "b"])
        snapshot = h.snapshot(savepoint=True)
    again = Words()
    with harness(again, checkpointing=True, snapshots=[snapshot]):
        assert again.log.again == [["a", "b"]]
