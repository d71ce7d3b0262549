"""What surrounds a checkpoint coordinator, for tests: everything is recorded and done on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hurtig.checkpoint.coordinator import CheckpointCoordinator
from hurtig.checkpoint.handles import (
    CompletedCheckpoint,
    OperatorSubtaskState,
    StateHandle,
    SubtaskId,
    SubtaskState,
)
from hurtig.checkpoint.ids import CheckpointIdCounter
from hurtig.checkpoint.plan import (
    CheckpointPlan,
    PlanOperator,
    PlanVertex,
    Upstream,
    create_plan,
)
from hurtig.checkpoint.settings import CheckpointSettings
from hurtig.checkpoint.storage.contract import CheckpointStorage, StateWriter
from hurtig.messages import CheckpointBarrier
from hurtig.testing.virtual_time import VirtualTime

VERTICES = (
    PlanVertex(
        0, "Source -> Map", 2, 128, (PlanOperator("src", "Source"), PlanOperator("m", "Map"))
    ),
    PlanVertex(1, "Sink", 1, 64, (PlanOperator("sink", "Sink"),), (Upstream(0, False),)),
)
A, B, C = SubtaskId(0, 0), SubtaskId(0, 1), SubtaskId(1, 0)
ALL = (A, B, C)


def state_of(uid: str, data: bytes = b"x", **files: str) -> SubtaskState:
    """State of one operator; ``files``: local name -> URL of a shared file."""
    shared = {name: StateHandle(10, url) for name, url in files.items()}
    operator = OperatorSubtaskState(StateHandle(len(data), "", data), shared)
    return SubtaskState({uid: operator}, None, len(data))


class ManualIo:
    """Work waits until it is told to run, in any order."""

    def __init__(self, main: VirtualTime) -> None:
        self._main = main
        self.waiting: list[
            tuple[Callable[[], Any], Callable[[Any, BaseException | None], None]]
        ] = []

    def run(
        self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        self.waiting.append((work, done))

    def finish(self, index: int = 0, error: BaseException | None = None) -> None:
        """Do one piece of work, or let it fail."""
        work, done = self.waiting.pop(index)
        result = None
        if error is None:
            try:
                result = work()
            except Exception as failed:
                error = failed
        self._main.submit(lambda: done(result, error))
        self._main.run()

    def finish_all(self) -> None:
        while self.waiting:
            self.finish()


class MemoryWriter(StateWriter):
    def write(self, name: str, data: bytes) -> StateHandle:
        return StateHandle(len(data), "", data)

    def upload_shared(self, local_path: str) -> StateHandle:
        raise NotImplementedError

    def upload_own(self, name: str, local_path: str) -> StateHandle:
        raise NotImplementedError

    def discard(self) -> None:
        pass


class RecordingStorage(CheckpointStorage):
    """Knows which folders exist and for which metadata was written."""

    def __init__(self) -> None:
        self.folders: set[str] = set()
        self.metadata: list[int] = []
        self._savepoints = 0

    def checkpoint_location(self, checkpoint_id: int) -> str:
        location = f"mem://chk-{checkpoint_id}"
        assert location not in self.folders
        self.folders.add(location)
        return location

    def savepoint_location(self, directory: str | None) -> str:
        self._savepoints += 1
        location = f"{directory or 'mem://savepoints'}/savepoint-{self._savepoints}"
        self.folders.add(location)
        return location

    def writer(self, location: str) -> StateWriter:
        assert location in self.folders
        return MemoryWriter()

    def read(self, handle: StateHandle) -> bytes:
        raise NotImplementedError

    def download(self, handle: StateHandle, local_path: str) -> None:
        raise NotImplementedError

    def write_metadata(self, checkpoint: CompletedCheckpoint) -> None:
        assert checkpoint.location in self.folders
        self.metadata.append(checkpoint.checkpoint_id)

    def discard_location(self, location: str) -> None:
        self.folders.discard(location)

    def delete(self, handles: Iterable[StateHandle]) -> None:
        raise NotImplementedError

    def discard_job(self) -> None:
        raise NotImplementedError

    def completed_checkpoints(self) -> list[CompletedCheckpoint]:
        return []


class RecordingStore:
    """Keeps all."""

    def __init__(self) -> None:
        self.checkpoints: list[CompletedCheckpoint] = []
        self.discarded: list[str] = []
        self.error: Exception | None = None

    def add(self, checkpoint: CompletedCheckpoint) -> None:
        if self.error is not None:
            raise self.error
        self.checkpoints.append(checkpoint)

    def latest(self) -> CompletedCheckpoint | None:
        return self.checkpoints[-1] if self.checkpoints else None

    def discard(self, files: Iterable[StateHandle]) -> None:
        self.discarded += [handle.path for handle in files]


class World:
    """A coordinator among fakes, which is also its hooks."""

    def __init__(
        self,
        settings: CheckpointSettings | None = None,
        vertices: tuple[PlanVertex, ...] = VERTICES,
        start: bool = True,
    ) -> None:
        self.main = VirtualTime(1_000_000)
        self.io = ManualIo(self.main)
        self.storage = RecordingStorage()
        self.store = RecordingStore()
        self.vertices = vertices
        self.finished: set[SubtaskId] = set()
        self.all_running = True
        self.events: list[tuple[str, int]] = []
        self.barriers: dict[int, CheckpointBarrier] = {}
        self.triggered: dict[int, list[SubtaskId]] = {}
        self.failures: list[BaseException] = []
        self.messages: list[str] = []
        self.enumerator_error: Exception | None = None
        self.ids = CheckpointIdCounter()
        self.coordinator = CheckpointCoordinator(
            settings or CheckpointSettings(interval=1000),
            "job",
            "Job",
            self.plan,
            self,
            self.main,
            self.io,
            self.storage,
            self.store,
            self.ids,
        )
        if start:
            self.coordinator.start()

    def plan(self) -> CheckpointPlan | None:
        return create_plan(self.vertices, self.finished) if self.all_running else None

    # -- hooks --------------------------------------------------------------------------------

    def snapshot_enumerators(self, checkpoint_id: int) -> dict[str, bytes]:
        if self.enumerator_error is not None:
            raise self.enumerator_error
        self.events.append(("enumerators", checkpoint_id))
        return {"src": b"splits"}

    def send_trigger(self, barrier: CheckpointBarrier, subtasks: Iterable[SubtaskId]) -> None:
        self.events.append(("trigger", barrier.checkpoint_id))
        self.barriers[barrier.checkpoint_id] = barrier
        self.triggered[barrier.checkpoint_id] = list(subtasks)

    def notify_complete(self, checkpoint_id: int) -> None:
        self.events.append(("complete", checkpoint_id))

    def notify_aborted(self, checkpoint_id: int) -> None:
        self.events.append(("aborted", checkpoint_id))

    def fail_job(self, error: BaseException) -> None:
        self.failures.append(error)

    def log(self, message: str) -> None:
        self.messages.append(message)

    # -- steps --------------------------------------------------------------------------------

    def advance(self, millis: int) -> None:
        """Let time pass; I/O takes none."""
        end = self.main.now() + millis
        self.io.finish_all()
        while (due := self.main.next_timer()) is not None and due <= end:
            self.main.advance(max(due - self.main.now(), 0))
            self.io.finish_all()
        self.main.advance(end - self.main.now())

    def acknowledge(self, checkpoint_id: int, *subtasks: SubtaskId) -> None:
        """By all subtasks that have not finished, where none are named."""
        for subtask in subtasks or [s for s in ALL if s not in self.finished]:
            uid = self.vertices[subtask.vertex].uid
            self.coordinator.acknowledge(subtask, checkpoint_id, state_of(uid))
            self.main.run()

    def complete(self, checkpoint_id: int) -> None:
        """Acknowledge all, with the I/O that follows."""
        self.acknowledge(checkpoint_id)
        self.io.finish_all()

    def finish(self, subtask: SubtaskId) -> None:
        self.finished.add(subtask)
        self.coordinator.subtask_finished(subtask)

    def of(self, kind: str) -> list[int]:
        """Ids of the checkpoints with which this happened."""
        return [checkpoint_id for what, checkpoint_id in self.events if what == kind]
