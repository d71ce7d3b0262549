"""The jobs that run in this process now, for whoever shows progress.

The executor registers a job when it starts and unregisters it when it has ended.
"""

from __future__ import annotations

from typing import Protocol, TypedDict

__all__ = ["JobMetrics", "RunningJob", "jobs", "register", "unregister"]


class JobMetrics(TypedDict):
    """Totals over the job since it started."""

    records_in: int
    """Records that the sources emitted."""
    records_out: int
    """Records that the sinks took."""
    watermark: int | None
    """The lowest watermark of all tasks, epoch ms; None where there is none yet."""
    late: int
    """Records dropped because they came too late."""
    restarts: int
    """How often the job, or a part of it, was restarted."""


class RunningJob(Protocol):
    """What progress needs to know of a job."""

    @property
    def name(self) -> str: ...

    def metrics(self) -> JobMetrics:
        """Called from a thread of its own, about twice a second; must not block."""
        ...


_jobs: list[RunningJob] = []


def register(job: RunningJob) -> None:
    """Publish a job that starts."""
    _jobs.append(job)


def unregister(job: RunningJob) -> None:
    """Withdraw a job that has ended; does nothing where it is not registered."""
    if job in _jobs:
        _jobs.remove(job)


def jobs() -> list[RunningJob]:
    """The running jobs in the order of their start; a copy."""
    return list(_jobs)
