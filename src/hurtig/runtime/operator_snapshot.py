"""All state of one operator subtask, taken and given back. Used between two batches only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hurtig.state.keys import key_group_range
from hurtig.state.operator_state import redistribute
from hurtig.state.snapshot import OperatorSnapshot

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator
    from hurtig.runtime.subtask import SubtaskInfo


def take_snapshot(
    operator: StreamOperator, checkpoint_id: int, max_parallelism: int
) -> OperatorSnapshot:
    """Keyed state, timers, operator state, and what the operator keeps beside them."""
    context = operator.context
    own = operator.snapshot_state(checkpoint_id)
    keyed = operator.keyed
    return OperatorSnapshot(
        context.keyed_state().snapshot(checkpoint_id) if keyed else None,
        context.timer_service.snapshot(checkpoint_id, max_parallelism) if keyed else None,
        context.operator_state.snapshot(),
        own.custom if own is not None else None,
    )


def restore_snapshots(
    operator: StreamOperator, snapshots: Sequence[OperatorSnapshot], info: SubtaskInfo
) -> None:
    """Give an operator its share of what all subtasks of an earlier run wrote.

    Between ``setup`` and ``open``. Keyed state and timers go by key group, operator state as
    it was declared, ``custom`` parts to every subtask.
    """
    context = operator.context
    if operator.keyed:
        groups = key_group_range(info.max_parallelism, info.parallelism, info.index)
        context.keyed_state().restore([s.keyed for s in snapshots if s.keyed], groups)
        context.timer_service.restore([s.timers for s in snapshots if s.timers], groups)
    states = [s.operator_state for s in snapshots if s.operator_state is not None]
    if states:
        context.operator_state.restore(redistribute(states, info.parallelism)[info.index])
    if any(s.custom for s in snapshots):
        operator.restore_state(list(snapshots))
