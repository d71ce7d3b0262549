"""What REST shows of a job: the words of its process where it runs, else what was last known."""

from __future__ import annotations

from typing import Any

from hurtig.deploy.checkpoint_details import no_checkpoints
from hurtig.deploy.cluster.managed_job import ManagedJob, now_ms
from hurtig.deploy.job_details import exceptions as exceptions_json

__all__ = [
    "accumulators",
    "checkpoint_statistics",
    "details",
    "exceptions",
    "metrics",
    "task_managers",
]


def details(job: ManagedJob) -> dict[str, Any]:
    """As ``/jobs/:id``; times count from the submission, whatever became of its processes."""
    record = job.record
    found = (None if record.ended else job.ask("details")) or job.directory.details()
    now = now_ms()
    known = record.timestamps
    status, end = record.status, record.ended_at
    if not record.ended and found["state"] != status:
        _move_tasks(found, status)
    return {
        **found,
        "jid": record.job_id,
        "name": record.name,
        "state": status,
        "now": now,
        "start-time": record.submitted_at,
        "end-time": end,
        "duration": (now if end < 0 else end) - record.submitted_at,
        "timestamps": {
            name: known.get(name, 0 if name != "INITIALIZING" else record.submitted_at)
            for name in found["timestamps"]
        },
    }


def _move_tasks(found: dict[str, Any], status: str) -> None:
    """The job's process is gone or not there yet: so are its tasks."""
    if status not in ("CREATED", "RESTARTING"):
        return
    for vertex in found["vertices"]:
        vertex["status"] = "CREATED"
        vertex["tasks"] = {
            **dict.fromkeys(vertex["tasks"], 0),
            "CREATED": vertex["parallelism"],
        }
        for subtask in vertex["subtasks"]:
            subtask["status"] = "CREATED"


def checkpoint_statistics(job: ManagedJob) -> dict[str, Any]:
    """As ``/jobs/:id/checkpoints``."""
    found = job.result().get("checkpoints") or job.ask("checkpoint_statistics")
    return found or no_checkpoints()


def exceptions(job: ManagedJob) -> dict[str, Any]:
    """As ``/jobs/:id/exceptions``: failures within the job and deaths of its processes."""
    result = job.result()
    found = result.get("exceptions") or job.ask("exceptions") or exceptions_json([])
    entries = found["exceptionHistory"]["entries"][::-1] + job.record.failures
    failure = result.get("failure")
    if failure is not None and not any(e["stacktrace"] == failure["stacktrace"] for e in entries):
        entries.append(failure)
    return exceptions_json(sorted(entries, key=lambda e: int(e["timestamp"])))


def accumulators(job: ManagedJob) -> dict[str, str]:
    """Name -> value as text."""
    found = job.result().get("accumulator_texts") or job.ask("accumulators")
    return found or {}


def metrics(job: ManagedJob) -> dict[str, Any]:
    """Totals over the job: ``records_in``, ``records_out``, ``watermark``, ``late``."""
    found = job.result().get("metrics") or job.ask("metrics")
    return found or {"records_in": 0, "records_out": 0, "watermark": None, "late": 0}


def task_managers(job: ManagedJob) -> list[dict[str, Any]]:
    """Entries of ``/taskmanagers``, each with the job it works for."""
    if job.record.ended:
        return []
    return [{**entry, "job": job.record.job_id} for entry in job.ask("task_managers") or []]
