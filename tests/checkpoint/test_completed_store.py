"""Which checkpoints stay, and what is deleted with those that do not."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.checkpoint.helpers import JOB, all_files, checkpoint

from hurtig.checkpoint.completed_store import CompletedCheckpoints
from hurtig.checkpoint.handles import CompletedCheckpoint, OperatorSubtaskState, StateHandle
from hurtig.checkpoint.retention import Retention
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.common.job_status import JobStatus


class InlineIo:
    """Runs at once, or when told to."""

    def __init__(self) -> None:
        self.hold = False
        self.waiting: list[Callable[[], None]] = []

    def run(
        self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        def both() -> None:
            try:
                result = work()
            except Exception as e:
                done(None, e)
            else:
                done(result, None)

        if self.hold:
            self.waiting.append(both)
        else:
            both()


class Job:
    """Writes checkpoints that share files."""

    def __init__(self, folder: Path, job_id: str = JOB) -> None:
        self.folder = folder
        settings = {
            "execution.checkpointing.dir": str(folder / "ck"),
            "execution.checkpointing.data-inline-threshold": "0",
        }
        self.storage: CheckpointStorage = open_checkpoint_storage(settings, job_id)
        self.job_id = job_id
        self.job = folder / "ck" / job_id
        self.shared: dict[str, StateHandle] = {}

    def take(self, number: int, *names: str, savepoint: bool = False) -> CompletedCheckpoint:
        location = (
            self.storage.savepoint_location(str(self.folder / "sp"))
            if savepoint
            else self.storage.checkpoint_location(number)
        )
        writer = self.storage.writer(location)
        files = {}
        for name in names:
            if name not in self.shared or savepoint:
                (self.folder / name).write_text(name)
                handle = writer.upload_shared(str(self.folder / name))
                if savepoint:
                    files[name] = handle
                    continue
                self.shared[name] = handle
            files[name] = self.shared[name]
        states = {0: OperatorSubtaskState(writer.write("op-0", b"own"), files)}
        completed = checkpoint(number, location, states, savepoint=savepoint, job_id=self.job_id)
        self.storage.write_metadata(completed)
        return completed

    def store(self, **options: Any) -> CompletedCheckpoints:
        return CompletedCheckpoints(self.storage, InlineIo(), **options)

    def content(self) -> tuple[list[str], list[str]]:
        """Checkpoints and shared files in the storage."""
        if not self.job.exists():
            return [], []
        chk = sorted(n for n in os.listdir(self.job) if n.startswith("chk-"))
        return chk, sorted(n.partition("-")[0] for n in os.listdir(self.job / "shared"))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def ids(store: CompletedCheckpoints) -> list[int]:
    return [c.checkpoint_id for c in store.all()]


def test_the_last_are_kept(job: Job) -> None:
    store = job.store(num_retained=2)
    assert store.latest() is None
    store.add(job.take(1, "a", "b"))
    store.add(job.take(2, "b", "c"))
    assert job.content() == (["chk-1", "chk-2"], ["a", "b", "c"])
    store.add(job.take(3, "c", "d"))
    assert ids(store) == [2, 3]
    assert job.content() == (["chk-2", "chk-3"], ["b", "c", "d"])
    latest = store.latest()
    assert latest is not None
    assert latest.checkpoint_id == 3


def test_deleting_goes_through_the_executor(job: Job) -> None:
    io = InlineIo()
    store = CompletedCheckpoints(job.storage, io)
    io.hold = True
    store.add(job.take(1, "a"))
    store.add(job.take(2, "b"))
    assert ids(store) == [2]
    assert job.content() == (["chk-1", "chk-2"], ["a", "b"])
    for work in io.waiting:
        work()
    assert job.content() == (["chk-2"], ["b"])


def test_files_of_a_failed_checkpoint(job: Job) -> None:
    store = job.store()
    store.add(job.take(1, "a"))
    failed = job.take(2, "a", "b")
    store.discard(failed.operators["op"].subtasks[0].files.values())
    assert job.content()[1] == ["a"]
    store.discard([])


def test_a_savepoint_neither_counts_nor_goes(job: Job) -> None:
    store = job.store()
    store.add(job.take(1, "a"))
    savepoint = job.take(2, "a", savepoint=True)
    store.add(savepoint)
    assert ids(store) == [1, 2]
    assert store.latest() is savepoint
    store.add(job.take(3, "b"))
    assert ids(store) == [3]
    store.job_ended(JobStatus.FINISHED)
    assert job.content() == ([], [])
    assert len(all_files(Path(savepoint.location))) == 3


@pytest.mark.parametrize(
    ("retention", "kept_when"),
    [
        (Retention.RETAIN_ON_CANCELLATION, [JobStatus.CANCELED, JobStatus.FAILED]),
        (Retention.DELETE_ON_CANCELLATION, [JobStatus.FAILED]),
        (Retention.NO_EXTERNALIZED_CHECKPOINTS, []),
    ],
)
@pytest.mark.parametrize(
    "status", [JobStatus.FINISHED, JobStatus.CANCELED, JobStatus.FAILED, JobStatus.SUSPENDED]
)
def test_the_end(
    job: Job, retention: Retention, kept_when: list[JobStatus], status: JobStatus
) -> None:
    store = job.store(retention=retention)
    store.add(job.take(1, "a"))
    job.storage.checkpoint_location(2)
    ended: list[bool] = []
    store.job_ended(status, lambda: ended.append(True))
    assert ended == [True]
    if status in [*kept_when, JobStatus.SUSPENDED]:
        assert job.content() == (["chk-1", "chk-2"], ["a"])
    else:
        assert not job.job.exists()


def test_a_new_job_master_finds_them(job: Job, caplog: pytest.LogCaptureFixture) -> None:
    first = job.store(num_retained=3)
    for number in (1, 2, 3):
        first.add(job.take(number, "a", str(number)))
    damaged = job.job / "chk-3" / "_metadata"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    store = job.store(num_retained=1)
    errors: list[BaseException | None] = []
    with caplog.at_level(logging.WARNING):
        store.recover(errors.append)
        store.recover(errors.append)
    assert errors == [None, None]
    assert ids(store) == [1, 2]
    assert f"checkpoint 3 cannot be used: {damaged} is cut off" in caplog.text
    store.add(job.take(4, "a", "4"))
    assert ids(store) == [4]
    assert job.content() == (["chk-3", "chk-4"], ["3", "4", "a"])


def test_a_storage_that_fails(job: Job, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*arguments: object) -> Any:
        raise OSError("no way")

    store = job.store()
    store.add(job.take(1, "a"))
    job.storage.completed_checkpoints = broken  # type: ignore[method-assign]
    job.storage.discard_location = broken  # type: ignore[method-assign]
    errors: list[BaseException | None] = []
    store.recover(errors.append)
    assert str(errors[0]) == "no way"
    assert ids(store) == [1]
    store.add(job.take(2, "a"))
    assert "could not delete checkpoint 1: no way" in caplog.text


class TestRestored:
    def test_not_owned(self, tmp_path: Path, job: Job) -> None:
        other = Job(tmp_path, "other")
        restored = other.take(7, "x")
        store = job.store()
        store.add_restored(restored, owned=False)
        assert store.latest() is restored
        job.shared["x"] = other.shared["x"]  # as in mode LEGACY
        store.add(job.take(1, "x", "a"))
        assert ids(store) == [1]
        store.add(job.take(2, "b"))
        store.job_ended(JobStatus.FINISHED)
        assert job.content() == ([], [])
        assert other.content() == (["chk-7"], ["x"])

    def test_owned(self, tmp_path: Path, job: Job) -> None:
        other = Job(tmp_path, "other")
        store = job.store()
        store.add_restored(other.take(7, "x", "y"), owned=True)
        job.shared["x"] = other.shared["x"]
        store.add(job.take(8, "x", "a"))
        assert other.content() == ([], ["x"])
        store.add(job.take(9, "a"))
        assert other.content() == ([], [])

    def test_an_owned_savepoint_whose_files_are_still_needed(self, job: Job) -> None:
        restored = job.take(7, "x", "y", savepoint=True)
        store = job.store()
        store.add_restored(restored, owned=True)
        job.shared["x"] = restored.operators["op"].subtasks[0].files["x"]
        store.add(job.take(8, "x", "a"))
        assert job.shared["x"].path in [str(p) for p in Path(restored.location).iterdir()]
        store.add(job.take(9, "a"))
        assert not Path(restored.location).exists()
        assert job.content() == (["chk-9"], ["a"])
