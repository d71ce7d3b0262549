"""Which subtasks take part in a checkpoint. Pure logic on plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from hurtig.checkpoint.handles import SubtaskId


class Upstream(NamedTuple):
    """A vertex that sends records to another."""

    vertex: int
    pointwise: bool
    """Subtask i sends to subtask i alone; else each to all."""


class PlanOperator(NamedTuple):
    """One operator of a chain."""

    uid: str
    name: str


class PlanVertex(NamedTuple):
    """What a checkpoint has to know about one vertex of the job graph."""

    vertex: int
    """Its index in the job graph."""
    name: str
    parallelism: int
    max_parallelism: int
    operators: tuple[PlanOperator, ...]
    """The chain, its head first."""
    upstream: tuple[Upstream, ...] = ()
    """Empty for sources."""

    @property
    def uid(self) -> str:
        """Uid of the head of the chain."""
        return self.operators[0].uid

    def subtasks(self) -> list[SubtaskId]:
        """All of them, in order."""
        return [SubtaskId(self.vertex, i) for i in range(self.parallelism)]


class CheckpointPlan(NamedTuple):
    """Who takes part. Mirrors Flink's ``CheckpointPlan``."""

    vertices: tuple[PlanVertex, ...]
    triggered: tuple[SubtaskId, ...]
    """Those that send the barrier: no running subtask could send it to them."""
    waiting: frozenset[SubtaskId]
    """Those that must acknowledge: all that have not finished."""
    finished: frozenset[SubtaskId]

    def describe(self, subtask: SubtaskId) -> str:
        """``name (3/4)``, for messages."""
        for vertex in self.vertices:
            if vertex.vertex == subtask.vertex:
                return f"{vertex.name} ({subtask.subtask + 1}/{vertex.parallelism})"
        return f"subtask {subtask.subtask} of vertex {subtask.vertex}"


def create_plan(vertices: Sequence[PlanVertex], finished: Iterable[SubtaskId]) -> CheckpointPlan:
    """The plan for a job of which these subtasks have ended well."""
    done = frozenset(finished)
    by_index = {vertex.vertex: vertex for vertex in vertices}
    running = [s for vertex in vertices for s in vertex.subtasks() if s not in done]
    ended = {v.vertex: not any(s.vertex == v.vertex for s in running) for v in vertices}
    triggered = tuple(
        subtask
        for subtask in running
        if all(
            _ended(by_index[subtask.vertex], up, subtask, done, ended)
            for up in by_index[subtask.vertex].upstream
        )
    )
    return CheckpointPlan(tuple(vertices), triggered, frozenset(running), done)


def _ended(
    vertex: PlanVertex,
    upstream: Upstream,
    subtask: SubtaskId,
    done: Set[SubtaskId],
    ended: dict[int, bool],
) -> bool:
    if upstream.pointwise:
        return SubtaskId(upstream.vertex, subtask.subtask) in done
    return ended[upstream.vertex]


def obstacle(plan: CheckpointPlan | None, after_tasks_finish: bool) -> str | None:
    """Why there can be no checkpoint with this plan (``None``: some subtasks do not run yet)."""
    if plan is None:
        return "some are being deployed"
    if not plan.waiting:
        return "all have finished"
    if plan.finished and not after_tasks_finish:
        return (
            "some have finished, and execution.checkpointing.checkpoints-after-tasks-finish "
            "is false"
        )
    return None
