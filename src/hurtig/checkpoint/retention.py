"""What remains of a job's checkpoints when it has ended."""

from __future__ import annotations

from enum import Enum

from hurtig.common.job_status import JobStatus


class Retention(Enum):
    """Values of ``execution.checkpointing.externalized-checkpoint-retention``."""

    RETAIN_ON_CANCELLATION = "RETAIN_ON_CANCELLATION"
    DELETE_ON_CANCELLATION = "DELETE_ON_CANCELLATION"
    NO_EXTERNALIZED_CHECKPOINTS = "NO_EXTERNALIZED_CHECKPOINTS"


def is_retained(retention: Retention, status: JobStatus) -> bool:
    """Whether the last checkpoints stay where a job ends with ``status``, as in Flink.

    ========================= ======== ======== ======
    retention                 finished canceled failed
    ========================= ======== ======== ======
    RETAIN_ON_CANCELLATION    no       yes      yes
    DELETE_ON_CANCELLATION    no       no       yes
    NO_EXTERNALIZED_...       no       no       no
    ========================= ======== ======== ======

    A job that is suspended goes on elsewhere: they always stay.
    """
    if not status.is_globally_terminal_state():
        return True
    if status is JobStatus.FAILED:
        return retention is not Retention.NO_EXTERNALIZED_CHECKPOINTS
    if status is JobStatus.CANCELED:
        return retention is Retention.RETAIN_ON_CANCELLATION
    return False
