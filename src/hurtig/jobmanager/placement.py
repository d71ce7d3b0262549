"""Which subtask runs on which TaskManager. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hurtig.checkpoint.handles import SubtaskId

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobVertex


def slots_needed(vertices: Iterable[JobVertex]) -> int:
    """Slots of a job: each slot sharing group needs as many as its widest vertex."""
    return sum(_widths(vertices).values())


def place(vertices: Sequence[JobVertex], task_managers: Sequence[str]) -> dict[SubtaskId, str]:
    """Subtask -> TaskManager: subtask i of every vertex of a slot sharing group shares a slot, so
    that a forward edge stays in one process; slots are dealt to the TaskManagers in turn."""
    first_slot: dict[str, int] = {}
    used = 0
    for group, width in _widths(vertices).items():
        first_slot[group] = used
        used += width
    placement = {}
    for vertex in vertices:
        first = first_slot[_group(vertex)]
        for subtask in range(vertex.parallelism):
            slot = first + subtask
            placement[SubtaskId(vertex.index, subtask)] = task_managers[slot % len(task_managers)]
    return placement


def _widths(vertices: Iterable[JobVertex]) -> dict[str, int]:
    widths: dict[str, int] = {}
    for vertex in vertices:
        group = _group(vertex)
        widths[group] = max(widths.get(group, 0), vertex.parallelism)
    return widths


def _group(vertex: JobVertex) -> str:
    return vertex.slot_sharing_group or "default"
