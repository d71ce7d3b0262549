"""Tasks that share files between checkpoints, and a store that deletes them, in any order.

What a retained checkpoint names is there at all times, and nothing is left once all are gone.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.checkpoint.helpers import JOB, Files, all_files

from hurtig.checkpoint.completed_store import CompletedCheckpoints
from hurtig.checkpoint.handles import CompletedCheckpoint, OperatorState, StateHandle, SubtaskState
from hurtig.checkpoint.retention import Retention
from hurtig.checkpoint.shared_state import shared_files
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.upload import SubtaskUpload
from hurtig.common.job_status import JobStatus

SUBTASKS = 2


class Io:
    """Work waits until the test runs it."""

    def __init__(self) -> None:
        self.waiting: list[tuple] = []

    def run(self, work, done) -> None:
        self.waiting.append((work, done))

    def run_one(self, position: int) -> None:
        work, done = self.waiting.pop(position)
        done(work(), None)


class Checkpoint:
    def __init__(self, number: int, location: str, files: list[list[str]]) -> None:
        self.number = number
        self.location = location
        self.files = files
        """Names in each subtask's snapshot."""
        self.states: dict[int, SubtaskState] = {}


class Job:
    def __init__(self, folder: Path, chance: random.Random, retained: int) -> None:
        self.folder = folder
        self.chance = chance
        options = {
            "execution.checkpointing.dir": str(self.folder / "ck"),
            "execution.checkpointing.data-inline-threshold": "0",
        }
        self.storage = open_checkpoint_storage(options, JOB)
        self.io = Io()
        self.store = CompletedCheckpoints(
            self.storage, self.io, retained, Retention.NO_EXTERNALIZED_CHECKPOINTS
        )
        self.pending: list[Checkpoint] = []
        self.news: list[list[tuple[str, int]]] = [[] for _ in range(SUBTASKS)]
        """Notifications on their way to each subtask."""
        self.number = self.completed = 0
        self.file = 0
        self.live: list[list[str]] = [[] for _ in range(SUBTASKS)]
        self.deploy()

    def finish(self) -> None:
        self.settle()
        self.store.job_ended(JobStatus.FINISHED)
        self.run_all()
        assert all_files(self.folder / "ck") == []

    def settle(self) -> None:
        """Nothing is under way any more: what lies in the storage is what is needed."""
        for each in list(self.pending):
            self.abort(each)
        for subtask in range(SUBTASKS):
            while self.news[subtask]:
                self.notify(subtask)
        self.run_all()
        needed = {path for each in self.store.all() for path in shared_files(each)}
        folder = self.folder / "ck" / JOB / "shared"
        assert {str(folder / name) for name in all_files(folder)} == needed

    def run_all(self) -> None:
        while self.io.waiting:
            self.io.run_one(0)

    def deploy(self) -> None:
        self.tasks = [SubtaskUpload(self.storage, i, 1) for i in range(SUBTASKS)]
        self.backends = [Files(self.folder / f"db{i}") for i in range(SUBTASKS)]

    # -- the state changes: files come, and later go for good ---------------------------------

    def new_file(self) -> None:
        self.file += 1
        self.chance.choice(self.live).append(f"{self.file}.sst")

    def compact(self) -> None:
        files = self.chance.choice(self.live)
        if files:
            files.remove(self.chance.choice(files))

    # -- checkpoints --------------------------------------------------------------------------

    def trigger(self) -> None:
        if len(self.pending) < 4:
            self.number += 1
            location = self.storage.checkpoint_location(self.number)
            files = [list(live) for live in self.live]
            self.pending.append(Checkpoint(self.number, location, files))

    def upload(self) -> None:
        """Of each subtask in the order of the barriers."""
        subtask = self.chance.randrange(SUBTASKS)
        todo = [each for each in self.pending if subtask not in each.states]
        if todo:
            each = todo[0]
            names = {name: name.encode() for name in each.files[subtask]}
            snapshot = self.backends[subtask].snapshot(names, {"M": b"m"})
            each.states[subtask] = self.tasks[subtask].upload(
                each.number, each.location, {"op": snapshot}
            )

    def complete(self) -> None:
        ready = [each for each in self.pending if len(each.states) == SUBTASKS]
        if not ready:
            return
        each = self.chance.choice(ready)
        states = {i: s.operators["op"] for i, s in each.states.items()}
        operator = OperatorState("op", "Op", SUBTASKS, 128, states)
        completed = CompletedCheckpoint(
            JOB, "job", each.number, 0, False, {"op": operator}, {}, each.location
        )
        self.storage.write_metadata(completed)
        self.store.add(completed)
        self.completed += 1
        self.pending.remove(each)
        self.tell("complete", each.number)
        for older in [p for p in self.pending if p.number < each.number]:
            self.abort(older)

    def expire(self) -> None:
        if self.pending:
            self.abort(self.chance.choice(self.pending))

    def abort(self, each: Checkpoint) -> None:
        self.pending.remove(each)
        self.tell("aborted", each.number)
        files = [h for s in each.states.values() for h in s.operators["op"].files.values()]
        self.store.discard(files)
        self.io.run(lambda: self.storage.discard_location(each.location), lambda r, e: None)

    def tell(self, kind: str, number: int) -> None:
        for queue in self.news:
            queue.append((kind, number))

    # -- what takes its time ------------------------------------------------------------------

    def notify_one(self) -> None:
        self.notify(self.chance.randrange(SUBTASKS))

    def notify(self, subtask: int) -> None:
        if self.news[subtask]:
            kind, number = self.news[subtask].pop(0)
            task = self.tasks[subtask]
            told = task.notify_complete if kind == "complete" else task.notify_aborted
            discard = told(number)
            if discard is not None:
                self.io.run(discard, lambda r, e: None)

    def input_output(self) -> None:
        if self.io.waiting:
            self.io.run_one(self.chance.randrange(len(self.io.waiting)))

    def restart(self) -> None:
        """The job fails and goes on from the latest checkpoint, with the files it has."""
        self.settle()
        self.deploy()
        latest = self.store.latest()
        for subtask in range(SUBTASKS):
            files: dict[str, StateHandle] = {}
            if latest is not None:
                files = latest.operators["op"].subtasks[subtask].files
            self.live[subtask] = list(files)
            self.tasks[subtask].adopt("op", files)


ACTIONS = {
    Job.new_file: 4,
    Job.compact: 3,
    Job.trigger: 4,
    Job.upload: 8,
    Job.complete: 3,
    Job.expire: 1,
    Job.notify_one: 6,
    Job.input_output: 6,
    Job.restart: 0.2,
}
"""What may happen, and how often."""


@pytest.mark.parametrize("retained", [1, 2])
@pytest.mark.parametrize("seed", range(10))
def test_shared_files(tmp_path: Path, seed: int, retained: int) -> None:
    job = Job(tmp_path, random.Random(seed), retained)
    for action in job.chance.choices(list(ACTIONS), list(ACTIONS.values()), k=400):
        action(job)
        for completed in job.store.all():
            job.storage.verify(completed)
    assert job.completed >= 8
    job.finish()
