"""Fits a checkpoint to the job graph that is to go on from it: operators are matched by uid."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hurtig.checkpoint.errors import RestoreError
from hurtig.control.messages import RestoredOperator, RestoredState

if TYPE_CHECKING:
    from hurtig.checkpoint.handles import CompletedCheckpoint, OperatorState
    from hurtig.graph.job_graph import ChainNode, JobGraph, JobVertex


class Difference(NamedTuple):
    """What a restore does with each operator, as ``uid (name)``."""

    restored: list[str]
    new: list[str]
    """In the program only: they start without state."""
    dropped: list[str]
    """In the checkpoint only."""

    def render(self, checkpoint: CompletedCheckpoint) -> str:
        """For the user, before the job starts."""
        kind = "savepoint" if checkpoint.is_savepoint else "checkpoint"
        where = f" ({checkpoint.location})" if checkpoint.location else ""
        counts = (
            f"{len(self.restored)} operators restored, {len(self.new)} new, "
            f"{len(self.dropped)} dropped"
        )
        what = f"{kind} {checkpoint.checkpoint_id} of job {checkpoint.job_name!r}{where}"
        lines = [f"restoring {what}: {counts}"]
        if self.new or self.dropped:
            lines += [f"  = {operator}" for operator in self.restored]
        lines += [f"  + {operator}  starts without state" for operator in self.new]
        lines += [f"  - {operator}  its state is dropped" for operator in self.dropped]
        return "\n".join(lines)


def compare(graph: JobGraph, checkpoint: CompletedCheckpoint) -> Difference:
    """What would become of each operator; those of the program that keep no state count as
    restored only where the checkpoint knows them."""
    program = {node.uid: node for vertex in graph.vertices for node in vertex.nodes}
    stored = {uid: state for uid, state in checkpoint.operators.items() if _has_state(state)}
    return Difference(
        [_text(uid, program[uid].name) for uid in stored if uid in program],
        [
            _text(uid, node.name)
            for uid, node in program.items()
            if uid not in checkpoint.operators and _may_have_state(node)
        ],
        [_text(uid, state.name) for uid, state in stored.items() if uid not in program],
    )


def fit(graph: JobGraph, checkpoint: CompletedCheckpoint, allow_non_restored: bool) -> Difference:
    """Check that the checkpoint fits, and take its maximum parallelism over where the program
    sets none. Raises :class:`RestoreError`."""
    difference = compare(graph, checkpoint)
    if difference.dropped and not allow_non_restored:
        raise RestoreError(
            difference.render(checkpoint)
            + "\nthe program has no operator for the state marked with '-'. Give the operator that "
            "continues it the same uid(...), or pass --allowNonRestoredState to drop that state"
        )
    for vertex in graph.vertices:
        _fit_max_parallelism(vertex, checkpoint)
    return difference


def _fit_max_parallelism(vertex: JobVertex, checkpoint: CompletedCheckpoint) -> None:
    for node in vertex.nodes:
        state = checkpoint.operators.get(node.uid)
        if state is None or state.max_parallelism == vertex.max_parallelism:
            continue
        if vertex.max_parallelism_set or state.max_parallelism < vertex.parallelism:
            raise RestoreError(
                f"operator {_text(node.uid, node.name)} was written with a maximum parallelism of "
                f"{state.max_parallelism}, and is now to run with parallelism "
                f"{vertex.parallelism} and a maximum of {vertex.max_parallelism}: the maximum "
                f"cannot change with keyed state. Call "
                f"set_max_parallelism({state.max_parallelism}) and stay below it"
            )
        vertex.max_parallelism = state.max_parallelism


def restored_state(
    graph: JobGraph,
    vertices: frozenset[int],
    checkpoint: CompletedCheckpoint,
    may_refer: bool = True,
) -> RestoredState:
    """What the subtasks of ``vertices`` are given; ``may_refer`` as in :class:`RestoredState`."""
    uids = {
        node.uid for vertex in graph.vertices if vertex.index in vertices for node in vertex.nodes
    }
    return RestoredState(
        checkpoint.checkpoint_id,
        {
            uid: RestoredOperator(state.parallelism, state.subtasks)
            for uid, state in checkpoint.operators.items()
            if uid in uids and state.subtasks
        },
        {uid: handles for uid, handles in checkpoint.in_flight.items() if uid in uids},
        {uid: state.parallelism for uid, state in checkpoint.operators.items()},
        may_refer,
    )


def _has_state(state: OperatorState) -> bool:
    return bool(state.subtasks) or state.coordinator is not None


def _may_have_state(node: ChainNode) -> bool:
    return node.source is not None or bool(getattr(node.operator, "keyed", False))


def _text(uid: str, name: str) -> str:
    return f"{uid} ({name})"
