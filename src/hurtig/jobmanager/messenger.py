"""What a JobMaster says to the TaskManagers of its regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.control import messages as m
from hurtig.jobmanager.region import Region, RegionStatus

if TYPE_CHECKING:
    from hurtig.checkpoint.handles import SubtaskId
    from hurtig.graph.job_graph import JobGraph
    from hurtig.jobmanager.gateway import TaskManagers
    from hurtig.messages import CheckpointBarrier

_RUN = (RegionStatus.DEPLOYING, RegionStatus.RUNNING)


class Messenger:
    """Finds out where the subtasks are, and sends with the epoch of their attempt."""

    def __init__(self, graph: JobGraph, regions: list[Region], task_managers: TaskManagers) -> None:
        self._regions = regions
        self._task_managers = task_managers
        self._vertex_of_source = {
            node.uid: vertex.index
            for vertex in graph.vertices
            for node in vertex.nodes
            if node.source is not None
        }

    def assign(self, uid: str, subtask: int, splits: list[Any], no_more: bool) -> None:
        """Splits for one reader of a source."""
        vertex = self._vertex_of_source[uid]
        for region in self._regions:
            for id_, task_manager in region.placement.items():
                if id_.vertex == vertex and id_.subtask == subtask:
                    self._task_managers.send(
                        task_manager, m.AssignSplits(region.epoch, uid, subtask, splits, no_more)
                    )

    def limit(self, group: str, limit: int) -> None:
        """The watermark above which sources of an alignment group wait."""
        self.tell_all(lambda epoch: m.AlignmentLimit(epoch, group, limit))

    def tell_all(self, message: Callable[[int], m.ToTaskManager]) -> None:
        """Send to every TaskManager of every region that runs; ``message`` gets the epoch."""
        for region in self._regions:
            if region.status in _RUN:
                for task_manager in region.task_managers():
                    self._task_managers.send(task_manager, message(region.epoch))

    def trigger(self, barrier: CheckpointBarrier, subtasks: Iterable[SubtaskId]) -> None:
        """Let the sources among ``subtasks`` send a barrier."""
        wanted = set(subtasks)
        for region in self._regions:
            for task_manager in region.task_managers():
                here = [s for s in region.subtasks_on(task_manager) if s in wanted]
                if here:
                    self._task_managers.send(
                        task_manager, m.TriggerCheckpoint(region.epoch, here, barrier)
                    )
