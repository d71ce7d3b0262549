"""Messages between a job's JobMaster and its TaskManagers.

They are one-way, picklable, and delivered in order between any two ends; nobody waits for an
answer. Each carries the ``epoch`` of the attempt (one more after each restart): a receiver ignores
those of another epoch than its own, so that what a zombie says changes nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hurtig.checkpoint.handles import OperatorSubtaskState, StateHandle, SubtaskId, SubtaskState
from hurtig.messages import CheckpointBarrier


class RestoredOperator(NamedTuple):
    """What earlier subtasks of an operator wrote."""

    parallelism: int
    """How many subtasks there were; those that had no state are missing below."""
    subtasks: dict[int, OperatorSubtaskState]


class RestoredState(NamedTuple):
    """From what a TaskManager restores its subtasks."""

    checkpoint_id: int
    operators: dict[str, RestoredOperator]
    """By uid."""
    in_flight: dict[str, dict[int, StateHandle]]
    """Uid of a vertex -> earlier subtask -> overtaken records."""
    parallelism: dict[str, int]
    """Uid of every operator -> how many subtasks it had."""
    may_refer: bool = True
    """Whether later checkpoints may refer to its files: not where the job has no claim to them."""


# -- from the JobMaster --------------------------------------------------------------------------


class Deploy(NamedTuple):
    """Build, restore and run subtasks; answered by :class:`Running` or :class:`Failed`."""

    epoch: int
    attempt: int
    """How often these subtasks were deployed before."""
    job_id: str
    graph: bytes
    """A serialized job graph (:func:`hurtig.graph.job_graph.serialize`)."""
    subtasks: list[SubtaskId]
    """Those of this TaskManager."""
    placement: dict[SubtaskId, str]
    """Every subtask of the job -> id of its TaskManager."""
    addresses: dict[str, str]
    """TaskManager id -> where it takes data connections; empty where all is in one process."""
    restore: RestoredState | None
    checkpointing: bool
    """Whether sinks wait for checkpoints, and tasks at their end for a last one."""


class TriggerCheckpoint(NamedTuple):
    """The sources among ``subtasks`` (of this TaskManager) send this barrier."""

    epoch: int
    subtasks: list[SubtaskId]
    barrier: CheckpointBarrier


class CheckpointComplete(NamedTuple):
    """The checkpoint is complete: sinks commit."""

    epoch: int
    checkpoint_id: int


class CheckpointAborted(NamedTuple):
    """The checkpoint will never be complete."""

    epoch: int
    checkpoint_id: int


class AssignSplits(NamedTuple):
    """Splits for one reader. ``no_more`` says that none will follow."""

    epoch: int
    uid: str
    subtask: int
    splits: list[Any]
    no_more: bool = False


class AlignmentLimit(NamedTuple):
    """Sources of the group pause above this watermark (epoch ms)."""

    epoch: int
    group: str
    limit: int


class Cancel(NamedTuple):
    """Stop the subtasks of this epoch (all where None) and close them; answered by Cancelled."""

    epoch: int
    subtasks: list[SubtaskId] | None = None


class SettingsChanged(NamedTuple):
    """Settings that take effect on a running job."""

    epoch: int
    settings: dict[str, str]


# -- from a TaskManager --------------------------------------------------------------------------


class Running(NamedTuple):
    """All subtasks of the deployment are open."""

    epoch: int
    subtasks: list[SubtaskId]


class Drained(NamedTuple):
    """The subtask has no more records and waits for a last checkpoint."""

    epoch: int
    subtask: SubtaskId


class Finished(NamedTuple):
    """The subtask has ended well."""

    epoch: int
    subtask: SubtaskId


class Cancelled(NamedTuple):
    """The subtasks are closed."""

    epoch: int
    subtasks: list[SubtaskId]


class Failed(NamedTuple):
    """A subtask failed (``None``: all of this TaskManager). The error is picklable."""

    epoch: int
    subtask: SubtaskId | None
    error: BaseException


class Acknowledge(NamedTuple):
    """The subtask's part of a checkpoint is stored."""

    epoch: int
    subtask: SubtaskId
    checkpoint_id: int
    state: SubtaskState


class Decline(NamedTuple):
    """The subtask cannot take part in the checkpoint."""

    epoch: int
    subtask: SubtaskId
    checkpoint_id: int
    reason: str


class RequestSplit(NamedTuple):
    """A reader wants a split."""

    epoch: int
    uid: str
    subtask: int


class ReportWatermark(NamedTuple):
    """Where a source of an alignment group is."""

    epoch: int
    group: str
    member: tuple[str, int]
    watermark: int


class Report(NamedTuple):
    """Regularly: counters of the operators, and accumulators."""

    epoch: int
    operators: dict[tuple[int, int, int], dict[str, Any]]
    """(vertex, node, subtask) -> name -> value."""
    accumulators: dict[str, list[Any]]


class Warn(NamedTuple):
    """A warning for the user."""

    epoch: int
    operator: str
    message: str


ToTaskManager = (
    Deploy
    | TriggerCheckpoint
    | CheckpointComplete
    | CheckpointAborted
    | AssignSplits
    | AlignmentLimit
    | Cancel
    | SettingsChanged
)
ToJobMaster = (
    Running
    | Drained
    | Finished
    | Cancelled
    | Failed
    | Acknowledge
    | Decline
    | RequestSplit
    | ReportWatermark
    | Report
    | Warn
)
