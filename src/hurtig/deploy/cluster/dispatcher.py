"""Takes jobs, keeps them, and goes on with those that an earlier daemon did not see end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from hurtig.common.job_id import JobID
from hurtig.deploy.cluster.directory import ClusterDirectory, ClusterError
from hurtig.deploy.cluster.job_record import JobDirectory, JobRecord
from hurtig.deploy.cluster.managed_job import ManagedJob, now_ms

__all__ = ["Dispatcher", "UnknownJobError"]

_CHECKPOINT_DIR = "execution.checkpointing.dir"
_OLD_CHECKPOINT_DIR = "state.checkpoints.dir"


class UnknownJobError(ClusterError):
    """There is no such job."""


class Dispatcher:
    """All jobs of a cluster.

    ``settings``  defaults for jobs: what a job does not set itself
    ``keep``      ended jobs that are remembered
    """

    def __init__(
        self,
        directory: ClusterDirectory,
        settings: dict[str, str],
        log: Callable[[str], None],
        keep: int = 100,
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._log = log
        self._keep = keep
        self._lock = threading.Lock()
        self._jobs: dict[str, ManagedJob] = {}

    def recover(self) -> None:
        """Read the folder; jobs that have not ended go on."""
        for name in sorted(os.listdir(self._directory.jobs)):
            folder = JobDirectory(os.path.join(self._directory.jobs, name))
            record = folder.read()
            if record is None or record.job_id != name:
                self._log(f"{folder.path} holds no complete job and is removed")
                folder.remove()
                continue
            self._jobs[name] = self._managed(record, folder)
        self._forget_old()
        for job in self.jobs():
            if not job.record.ended:
                job.start()

    def submit(self, submission: dict[str, Any], graph: bytes) -> ManagedJob:
        """Keep a new job and start it. ``ClusterError`` where its id is taken, ``ValueError`` for a
        submission that is not one."""
        job_id = str(JobID(submission["job_id"]))
        settings = {str(k): str(v) for k, v in submission["settings"].items()}
        record = JobRecord(
            job_id=job_id,
            name=str(submission["name"]),
            settings=self._with_defaults(settings),
            submitted_at=now_ms(),
            python=str(submission.get("python", "")),
            search_path=[str(path) for path in submission.get("search_path", ())],
            folder=str(submission.get("folder", "")),
            pyflink=bool(submission.get("pyflink", False)),
        )
        record.enter("CREATED", record.submitted_at)
        folder = JobDirectory(os.path.join(self._directory.jobs, job_id))
        with self._lock:
            if job_id in self._jobs:
                raise ClusterError(f"job {job_id} was submitted before")
            folder.create(record, graph, submission["details"])
            job = self._jobs[job_id] = self._managed(record, folder)
        self._log(f"job {job_id} ({record.name}): submitted")
        job.start()
        return job

    def jobs(self) -> list[ManagedJob]:
        """All that are known, by the time of their submission."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.record.submitted_at)

    def job(self, job_id: str) -> ManagedJob:
        """One job by its id; ``UnknownJobError``."""
        with self._lock:
            found = self._jobs.get(job_id.lower())
        if found is None:
            raise UnknownJobError(f"Job {job_id} not found")
        return found

    def close(self) -> None:
        """End all processes; unfinished jobs go on with the next daemon."""
        ending = [
            threading.Thread(target=job.suspend) for job in self.jobs() if not job.record.ended
        ]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def _managed(self, record: JobRecord, folder: JobDirectory) -> ManagedJob:
        return ManagedJob(record, folder, self._log, self._forget_old)

    def _with_defaults(self, settings: dict[str, str]) -> dict[str, str]:
        merged = self._settings | settings
        if not merged.get(_CHECKPOINT_DIR) and not merged.get(_OLD_CHECKPOINT_DIR):
            # In memory they would be gone with the process from whose death they should save.
            merged[_CHECKPOINT_DIR] = "file://" + self._directory.checkpoints
        return merged

    def _forget_old(self) -> None:
        with self._lock:
            ended = [job for job in self._jobs.values() if job.record.ended]
            ended.sort(key=lambda job: job.record.ended_at)
            for job in ended[: max(len(ended) - self._keep, 0)]:
                del self._jobs[job.record.job_id]
                job.directory.remove()
