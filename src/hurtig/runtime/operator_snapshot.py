"""All state of one operator subtask, taken and given back. Used between two batches only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.keys import key_group_range
from hurtig.state.operator_state import redistribute
from hurtig.state.snapshot import OperatorSnapshot, OperatorStateSnapshot

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator
    from hurtig.runtime.subtask import SubtaskInfo


def take_snapshot(
    operator: StreamOperator,
    checkpoint_id: int,
    max_parallelism: int,
    canonical: bool = False,
) -> OperatorSnapshot:
    """Keyed state, timers, operator state, and what the operator keeps beside them.

    ``canonical``  in the form that every backend reads, for savepoints.
    """
    context = operator.context
    own = operator.snapshot_state(checkpoint_id)
    keyed = None
    timers = None
    if operator.keyed:
        backend = context.keyed_state()
        keyed = backend.snapshot(checkpoint_id, canonical)
        with_files = isinstance(keyed, FilesSnapshot)
        timers = context.timer_service.snapshot(checkpoint_id, max_parallelism, with_files)
    return OperatorSnapshot(
        keyed, timers, context.operator_state.snapshot(), own.custom if own is not None else None
    )


def has_state(snapshot: OperatorSnapshot) -> bool:
    """Whether anything would be lost without it. Empty lists count: they say where the elements
    of the other subtasks belong."""
    states = snapshot.operator_state
    return bool(
        snapshot.keyed is not None
        or snapshot.timers is not None
        or snapshot.custom
        or (states is not None and states.states)
    )


def release_snapshot(snapshot: OperatorSnapshot) -> None:
    """The snapshot is not wanted: let its files go."""
    if isinstance(snapshot.keyed, FilesSnapshot):
        snapshot.keyed.release()


def restore_snapshots(
    operator: StreamOperator,
    snapshots: Sequence[OperatorSnapshot] | Mapping[int, OperatorSnapshot],
    info: SubtaskInfo,
    earlier_parallelism: int | None = None,
) -> None:
    """Give an operator its share of what all subtasks of an earlier run wrote.

    Between ``setup`` and ``open``. Keyed state and timers go by key group, operator state as
    it was declared, ``custom`` parts to every subtask. Give a mapping by subtask, and the
    parallelism of the run, where some subtasks wrote nothing.
    """
    if isinstance(snapshots, Mapping):
        count = max([earlier_parallelism or 0, *(index + 1 for index in snapshots)])
        nothing = OperatorSnapshot(operator_state=OperatorStateSnapshot({}))
        snapshots = [snapshots.get(index, nothing) for index in range(count)]
    context = operator.context
    if operator.keyed:
        groups = key_group_range(info.max_parallelism, info.parallelism, info.index)
        keyed = [s.keyed for s in snapshots if s.keyed]
        context.keyed_state().restore(keyed, groups)
        context.timer_service.restore([s.timers for s in snapshots if s.timers], groups)
    states = [s.operator_state for s in snapshots if s.operator_state is not None]
    if states:
        context.operator_state.restore(redistribute(states, info.parallelism)[info.index])
    if any(s.custom for s in snapshots):
        operator.restore_state(list(snapshots))
