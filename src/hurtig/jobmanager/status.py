"""The status of a job, and which may follow which."""

from __future__ import annotations

from hurtig.common.job_status import JobStatus

TRANSITIONS: dict[JobStatus, set[JobStatus]] = {
    JobStatus.CREATED: {
        JobStatus.RUNNING,
        JobStatus.RESTARTING,
        JobStatus.FAILING,
        JobStatus.CANCELLING,
    },
    JobStatus.RUNNING: {
        JobStatus.FINISHED,
        JobStatus.RESTARTING,
        JobStatus.FAILING,
        JobStatus.CANCELLING,
    },
    JobStatus.RESTARTING: {JobStatus.RUNNING, JobStatus.FAILING, JobStatus.CANCELLING},
    JobStatus.FAILING: {JobStatus.FAILED},
    JobStatus.CANCELLING: {JobStatus.CANCELED, JobStatus.FAILING},
}
"""All that are missing are final."""


class StatusTracker:
    """The present status, and when each was reached (epoch ms)."""

    def __init__(self, name: str, now: int) -> None:
        self._name = name
        self.status = JobStatus.CREATED
        self.since: dict[JobStatus, int] = {JobStatus.CREATED: now}

    def move_to(self, status: JobStatus, now: int) -> None:
        """Change the status; raises ``ValueError`` for a step that :data:`TRANSITIONS` forbids."""
        if status not in TRANSITIONS.get(self.status, set()):
            raise ValueError(f"job {self._name!r} cannot go from {self.status} to {status}")
        self.status = status
        self.since[status] = now

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status.is_globally_terminal_state()
