"""What is kept of a job, so that it outlives every process: its record and its folder.

::

    job.json         the record
    graph            the serialized job graph
    details.json     the job as REST shows it, as last known
    log              what the job's processes printed
    result-<n>.json  how attempt n ended
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hurtig.common.job_status import JobStatus
from hurtig.deploy.cluster.directory import write_atomically

__all__ = ["JobDirectory", "JobRecord"]


@dataclass
class JobRecord:
    """One job. Times are epoch ms."""

    job_id: str
    name: str
    settings: dict[str, str]
    submitted_at: int
    python: str = ""
    """The interpreter of the client; the daemon's own where it does not exist here."""
    search_path: list[str] = field(default_factory=list)
    """``sys.path`` of the client."""
    folder: str = ""
    """The client's working directory."""
    pyflink: bool = False
    """Whether ``pyflink`` stands for ``hurtig``."""
    status: str = JobStatus.CREATED.name
    timestamps: dict[str, int] = field(default_factory=dict)
    """Status -> when it was last entered."""
    attempt: int = 0
    """Number of the newest job process, from 1 on; a fencing token."""
    restarts: int = 0
    """Job processes that were replaced by another one."""
    process_group: int = 0
    """That of the newest job process."""
    latest_checkpoint: str | None = None
    cancel_requested: bool = False
    failures: list[dict[str, Any]] = field(default_factory=list)
    """Deaths of job processes, as entries of ``/jobs/:id/exceptions``."""

    @property
    def ended(self) -> bool:
        """Whether the job has ended for good."""
        return JobStatus[self.status].is_globally_terminal_state()

    @property
    def ended_at(self) -> int:
        """-1 while it has not."""
        return self.timestamps.get(self.status, -1) if self.ended else -1

    def enter(self, status: str, now: int) -> None:
        """Change the status."""
        self.status = status
        self.timestamps[status] = now


class JobDirectory:
    """The folder of one job."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.log = os.path.join(path, "log")
        self._record = os.path.join(path, "job.json")
        self._graph = os.path.join(path, "graph")
        self._details = os.path.join(path, "details.json")

    def create(self, record: JobRecord, graph: bytes, details: dict[str, Any]) -> None:
        """A new job. The record comes last: a folder without one is not a job."""
        os.makedirs(self.path, mode=0o700)
        write_atomically(self._graph, graph)
        self.write_details(details)
        self.write(record)

    def write(self, record: JobRecord, durable: bool = True) -> None:
        """Keep the record."""
        write_atomically(self._record, json.dumps(asdict(record)).encode(), durable)

    def read(self) -> JobRecord | None:
        """The record; None where the job was never completely submitted, or is unreadable."""
        try:
            with open(self._record) as f:
                found = json.load(f)
        except (OSError, ValueError):
            return None
        known = {f.name for f in fields(JobRecord)}
        return JobRecord(**{name: value for name, value in found.items() if name in known})

    def graph(self) -> bytes:
        """The serialized job graph."""
        with open(self._graph, "rb") as f:
            return f.read()

    def write_details(self, details: dict[str, Any]) -> None:
        """Keep the job as REST shows it."""
        write_atomically(self._details, json.dumps(details).encode(), durable=False)

    def details(self) -> dict[str, Any]:
        """The job as last known."""
        with open(self._details) as f:
            found: dict[str, Any] = json.load(f)
        return found

    def write_result(self, attempt: int, result: dict[str, Any]) -> None:
        """Written by the job process as the last thing it does."""
        data = json.dumps(result, default=str).encode()
        write_atomically(self._result(attempt), data)

    def result(self, attempt: int) -> dict[str, Any] | None:
        """How that attempt ended; None where it has not, or was killed."""
        try:
            with open(self._result(attempt)) as f:
                found: dict[str, Any] = json.load(f)
        except (OSError, ValueError):
            return None
        return found

    def _result(self, attempt: int) -> str:
        return os.path.join(self.path, f"result-{attempt}.json")

    def remove(self) -> None:
        """Forget the job."""
        shutil.rmtree(self.path, ignore_errors=True)
