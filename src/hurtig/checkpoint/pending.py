"""A checkpoint that is under way: who has acknowledged, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING

from hurtig.checkpoint.handles import (
    CompletedCheckpoint,
    OperatorState,
    StateHandle,
    SubtaskId,
    SubtaskState,
)
from hurtig.messages import CheckpointBarrier

if TYPE_CHECKING:
    from hurtig.checkpoint.errors import CheckpointError
    from hurtig.checkpoint.plan import CheckpointPlan
    from hurtig.checkpoint.settings import CheckpointSettings
    from hurtig.checkpoint.storage.contract import CheckpointStorage

Callback = Callable[[CompletedCheckpoint | None, "CheckpointError | None"], None]
"""Called once: with the completed checkpoint, or with why there is none."""


class CheckpointRequest:
    """What somebody, or the clock, wants."""

    __slots__ = ("callbacks", "directory", "drain", "is_savepoint", "stop", "tries")

    def __init__(
        self,
        callbacks: Iterable[Callback] = (),
        is_savepoint: bool = False,
        directory: str | None = None,
        stop: bool = False,
        drain: bool = False,
    ) -> None:
        self.callbacks = list(callbacks)
        self.is_savepoint = is_savepoint
        self.directory = directory
        self.stop = stop
        self.drain = drain
        """The sources end as at the end of their data before it."""
        self.tries = 1


class PendingStatus(Enum):
    """Where a pending checkpoint is."""

    LOCATING = "its folder is created"
    WAITING = "subtasks take their snapshots"
    WRITING = "its metadata is written"
    COMPLETED = "it can be restored"
    ABORTED = "it will never be complete"


class Acceptance(Enum):
    """What became of an acknowledgement."""

    TAKEN = "acknowledged"
    DUPLICATE = "acknowledged twice"
    UNKNOWN = "acknowledged when nobody waited; the state is deleted"


class PendingCheckpoint:
    """Mirrors Flink's ``PendingCheckpoint``. Pure: told what happened."""

    def __init__(self, checkpoint_id: int, timestamp: int, request: CheckpointRequest) -> None:
        self.checkpoint_id = checkpoint_id
        self.timestamp = timestamp
        """When its trigger began, epoch ms."""
        self.request = request
        self.status = PendingStatus.LOCATING
        self.location = ""
        self.plan: CheckpointPlan | None = None
        self.enumerators: dict[str, bytes] = {}
        self.acknowledged: dict[SubtaskId, SubtaskState | None] = {}
        """``None``: the subtask finished instead."""
        self.after_drain = False
        """Every subtask had read everything when its barrier was sent."""
        self.copies: list[str] = []
        """Other folders with its metadata, once it is written."""
        self.cancel_timeout: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        """For messages."""
        return f"{'savepoint' if self.is_savepoint else 'checkpoint'} {self.checkpoint_id}"

    @property
    def is_savepoint(self) -> bool:
        """Whether it was asked for as one."""
        return self.request.is_savepoint

    @property
    def is_stop(self) -> bool:
        """Whether the job ends with it."""
        return self.request.stop

    @property
    def restores(self) -> bool:
        """Whether failed jobs go on from it and sinks commit with it. Not true for a savepoint
        beside the regular checkpoints: it belongs to the user, who may delete it."""
        return not self.is_savepoint or self.is_stop

    def triggered(self, location: str, plan: CheckpointPlan, enumerators: dict[str, bytes]) -> None:
        """Its folder exists and the barriers are on their way."""
        self.status = PendingStatus.WAITING
        self.location = location
        self.plan = plan
        self.enumerators = enumerators

    def barrier(self, settings: CheckpointSettings, now: int) -> CheckpointBarrier:
        """What its sources send; savepoints are always aligned."""
        unaligned = settings.unaligned and not self.is_savepoint
        aligned_first = unaligned and settings.aligned_timeout > 0
        return CheckpointBarrier(
            self.checkpoint_id,
            now,
            unaligned and not aligned_first,
            self.is_savepoint,
            settings.aligned_timeout if aligned_first else -1,
            self.location,
            self.is_stop,
            self.request.drain,
        )

    def acknowledge(self, subtask: SubtaskId, state: SubtaskState) -> Acceptance:
        """A subtask has stored its part. It counts also if the subtask finished meanwhile."""
        if self.plan is None or subtask not in self.plan.waiting:
            return Acceptance.UNKNOWN
        if self.acknowledged.get(subtask) is not None:
            return Acceptance.DUPLICATE
        if self.status is not PendingStatus.WAITING:
            return Acceptance.UNKNOWN
        self.acknowledged[subtask] = state
        return Acceptance.TAKEN

    def finish(self, subtask: SubtaskId) -> None:
        """A subtask has ended well: it has nothing to store any more."""
        if (
            self.status is PendingStatus.WAITING
            and self.plan is not None
            and subtask in self.plan.waiting
        ):
            self.acknowledged.setdefault(subtask, None)

    @property
    def missing(self) -> list[SubtaskId]:
        """Those that are still waited for, in order."""
        return sorted(self.plan.waiting - self.acknowledged.keys()) if self.plan else []

    @property
    def fully_acknowledged(self) -> bool:
        """Whether nobody is waited for any more."""
        return self.status is PendingStatus.WAITING and not self.missing

    def shared_files(self) -> list[StateHandle]:
        """What its subtasks stored outside its own folder, or took over from earlier ones."""
        return [
            handle for state in self.acknowledged.values() if state for handle in files_of(state)
        ]

    def progress(self) -> str:
        """Where it is and who is waited for, for messages."""
        missing = self.missing
        if self.plan is None or not missing:
            return f"while {self.status.value}"
        shown = ", ".join(self.plan.describe(subtask) for subtask in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        return (
            f"{len(missing)} of {len(self.plan.waiting)} subtasks had not answered: {shown}{more}"
        )

    def locator(self, storage: CheckpointStorage) -> Callable[[], str]:
        """The work that creates its folder, for an I/O thread."""
        if self.is_savepoint:
            return lambda: storage.savepoint_location(self.request.directory)
        return lambda: storage.checkpoint_location(self.checkpoint_id)

    def writer(
        self, storage: CheckpointStorage, job_id: str, job_name: str, now: int
    ) -> Callable[[], CompletedCheckpoint]:
        """The work that stores the enumerators and, last of all, the metadata. It runs in an I/O
        thread and touches nothing else that changes later."""
        self.status = PendingStatus.WRITING
        assert self.plan is not None
        copies = self.copies
        plan, enumerators, location = self.plan, dict(self.enumerators), self.location
        stops = self.is_stop
        states = {subtask: state for subtask, state in self.acknowledged.items() if state}
        head = (job_id, job_name, self.checkpoint_id, self.timestamp, self.is_savepoint)

        def write() -> CompletedCheckpoint:
            handles: dict[str, StateHandle] = {}
            if enumerators:
                writer = storage.writer(location)
                for uid, data in enumerators.items():
                    handles[uid] = writer.write(f"{uid}-enumerator", data)
            operators, in_flight = _states(plan, states, handles)
            completed = CompletedCheckpoint(*head, operators, in_flight, location, now)
            storage.write_metadata(completed)
            if stops:
                # A new JobMaster looks into the job's own folder only.
                own = storage.checkpoint_location(completed.checkpoint_id)
                if own:
                    copies.append(own)
                    storage.write_metadata(
                        CompletedCheckpoint(*head, operators, in_flight, own, now)
                    )
            return completed

        return write


def files_of(state: SubtaskState) -> list[StateHandle]:
    """The shared files of one subtask."""
    return [handle for operator in state.operators.values() for handle in operator.files.values()]


def _states(
    plan: CheckpointPlan,
    states: dict[SubtaskId, SubtaskState],
    enumerators: dict[str, StateHandle],
) -> tuple[dict[str, OperatorState], dict[str, dict[int, StateHandle]]]:
    operators: dict[str, OperatorState] = {}
    in_flight: dict[str, dict[int, StateHandle]] = {}
    for vertex in plan.vertices:
        for uid, name in vertex.operators:
            operators[uid] = OperatorState(
                uid,
                name,
                vertex.parallelism,
                vertex.max_parallelism,
                {
                    subtask.subtask: states[subtask].operators[uid]
                    for subtask in vertex.subtasks()
                    if subtask in states and uid in states[subtask].operators
                },
                enumerators.get(uid),
            )
        flying = {}
        for subtask in vertex.subtasks():
            state = states.get(subtask)
            if state is not None and state.in_flight is not None:
                flying[subtask.subtask] = state.in_flight
        if flying:
            in_flight[vertex.uid] = flying
    return operators, in_flight
