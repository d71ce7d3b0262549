"""One pipelined region of a job: vertices that exchange records, deployed and restarted together.

    CREATED -> DEPLOYING -> RUNNING -> FINISHED
                   \\           \\
                    +-----------+--> STOPPING -> CREATED (again) or the end of the job
"""

from __future__ import annotations

from enum import Enum

from hurtig.checkpoint.handles import CompletedCheckpoint, SubtaskId


class RegionStatus(Enum):
    """Where a region is."""

    CREATED = "created"
    DEPLOYING = "deploying"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"


class Region:
    """Status of the subtasks of one attempt of a region. Pure: told what happened."""

    def __init__(self, vertices: frozenset[int], subtasks: list[SubtaskId]) -> None:
        self.vertices = vertices
        self.subtasks = subtasks
        self.status = RegionStatus.CREATED
        self.epoch = -1
        """Of the present attempt, or the last one; unique in the job."""
        self.attempt = -1
        """How often it was deployed before the present attempt."""
        self.placement: dict[SubtaskId, str] = {}
        self.checkpoint: CompletedCheckpoint | None = None
        """From which the present attempt goes on."""
        self.drained: set[SubtaskId] = set()
        self.finished: set[SubtaskId] = set()
        self._running: set[SubtaskId] = set()
        self._stopping: set[SubtaskId] = set()

    def deploying(
        self,
        epoch: int,
        placement: dict[SubtaskId, str],
        checkpoint: CompletedCheckpoint | None = None,
    ) -> None:
        """A new attempt is on its way to the TaskManagers."""
        self.status = RegionStatus.DEPLOYING
        self.epoch = epoch
        self.checkpoint = checkpoint
        self.attempt += 1
        self.placement = {subtask: placement[subtask] for subtask in self.subtasks}
        self.drained.clear()
        self.finished.clear()
        self._running.clear()
        self._stopping.clear()

    def task_managers(self) -> list[str]:
        """Those that run subtasks of this attempt, each once, in a fixed order."""
        return list(dict.fromkeys(self.placement.values()))

    def subtasks_on(self, task_manager: str) -> list[SubtaskId]:
        """The subtasks of this attempt there."""
        return [s for s, place in self.placement.items() if place == task_manager]

    def unfinished_on(self, task_manager: str) -> list[SubtaskId]:
        """Those that still have something to do."""
        return [s for s in self.subtasks_on(task_manager) if s not in self.finished]

    def running(self, subtasks: list[SubtaskId]) -> bool:
        """These are open; whether all are now."""
        self._running.update(subtasks)
        if self.status is RegionStatus.DEPLOYING and self._running.issuperset(self.subtasks):
            self.status = RegionStatus.RUNNING
            return True
        return False

    def finish(self, subtask: SubtaskId) -> bool:
        """This subtask has ended well; whether the region has now."""
        self.finished.add(subtask)
        self._stopping.discard(subtask)
        if self.status is RegionStatus.RUNNING and self.finished.issuperset(self.subtasks):
            self.status = RegionStatus.FINISHED
            return True
        return False

    def stop(self) -> bool:
        """Its subtasks are told to stop; whether there is anything to wait for."""
        if self.status in (RegionStatus.CREATED, RegionStatus.FINISHED):
            return False
        if self.status is not RegionStatus.STOPPING:
            self.status = RegionStatus.STOPPING
            self._stopping = set(self.subtasks) - self.finished
            if not self._stopping:
                self.status = RegionStatus.CREATED
        return self.status is RegionStatus.STOPPING

    def stopped(self, subtasks: list[SubtaskId]) -> bool:
        """These are closed or gone; whether all are now."""
        self._stopping.difference_update(subtasks)
        if self.status is RegionStatus.STOPPING and not self._stopping:
            self.status = RegionStatus.CREATED
            return True
        return False

    @property
    def waits_for_last_checkpoint(self) -> bool:
        """Whether all subtasks that have not finished have read everything, and there are some."""
        left = set(self.subtasks) - self.finished
        return bool(left) and left.issubset(self.drained)

    def state_of(self, subtask: SubtaskId) -> str:
        """The state of a subtask, under Flink's names of task states."""
        if subtask in self.finished:
            return "FINISHED"
        if self.status is RegionStatus.RUNNING:
            return "RUNNING"
        return _STATE_NAMES[self.status]


_STATE_NAMES = {
    RegionStatus.CREATED: "CREATED",
    RegionStatus.DEPLOYING: "INITIALIZING",
    RegionStatus.STOPPING: "CANCELING",
    RegionStatus.FINISHED: "FINISHED",
}
