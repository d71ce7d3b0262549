"""Why a checkpoint failed, and when that fails the job."""

from __future__ import annotations

from enum import Enum

from hurtig.checkpoint.errors import CheckpointError

TOLERABLE_KEY = "execution.checkpointing.tolerable-failed-checkpoints"


class CheckpointFailureReason(Enum):
    """Mirrors Flink's ``CheckpointFailureReason``. A :class:`~hurtig.control.messages.Decline`
    whose reason is the text of one of these has that meaning."""

    EXPIRED = "expired before completing"
    DECLINED = "was declined"
    IO_ERROR = "could not be stored"
    ENUMERATOR_ERROR = "could not snapshot a split enumerator"
    SUBSUMED = "was overtaken by a newer one"
    NOT_ALL_RUNNING = "not all required subtasks are running"
    TASK_NOT_READY = "a subtask is not ready"
    TASK_CLOSING = "a subtask is closing"
    SUSPENDED = "the job stopped or restarts"

    @property
    def counts(self) -> bool:
        """Whether it counts against ``execution.checkpointing.tolerable-failed-checkpoints``, and
        the user is told of it; the others belong to the normal life of a job."""
        return self in _COUNTED

    @property
    def passes(self) -> bool:
        """Whether another try a moment later would do: the news of a subtask's end crosses the
        trigger."""
        return self in (
            CheckpointFailureReason.TASK_NOT_READY,
            CheckpointFailureReason.TASK_CLOSING,
        )


_COUNTED = {
    CheckpointFailureReason.EXPIRED,
    CheckpointFailureReason.DECLINED,
    CheckpointFailureReason.IO_ERROR,
    CheckpointFailureReason.ENUMERATOR_ERROR,
}


def reason_of_decline(text: str) -> CheckpointFailureReason:
    """What a subtask meant."""
    for reason in (CheckpointFailureReason.TASK_NOT_READY, CheckpointFailureReason.TASK_CLOSING):
        if text == reason.value:
            return reason
    return CheckpointFailureReason.DECLINED


def sentence(what: str, reason: CheckpointFailureReason, detail: str = "") -> str:
    """``checkpoint 7 failed: expired before completing: ...``."""
    return f"{what} failed: {reason.value}{': ' + detail if detail else ''}"


def error_text(error: BaseException | None) -> str:
    """An error as the detail of a failure."""
    return f"{type(error).__name__}: {error}"


class CheckpointFailureManager:
    """Counts failures in a row. Mirrors Flink's ``CheckpointFailureManager``."""

    def __init__(self, tolerable: int) -> None:
        self.tolerable = tolerable
        self.in_a_row = 0

    def succeeded(self) -> None:
        """A checkpoint is complete."""
        self.in_a_row = 0

    def failed(
        self, checkpoint_id: int, reason: CheckpointFailureReason, message: str, is_savepoint: bool
    ) -> CheckpointError | None:
        """A checkpoint failed; the error of the job where there were too many."""
        if is_savepoint or not reason.counts:
            return None
        self.in_a_row += 1
        if self.in_a_row <= self.tolerable:
            return None
        count, self.in_a_row = self.in_a_row, 0
        return CheckpointError(
            f"{count} checkpoint{'s' if count > 1 else ''} failed in a row, and "
            f"{TOLERABLE_KEY} allows {self.tolerable}. The last one was checkpoint "
            f"{checkpoint_id}: {message}"
        )
