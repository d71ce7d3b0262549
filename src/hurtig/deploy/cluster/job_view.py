"""What REST shows of a job: the words of its process where it runs, else what was last known."""

from __future__ import annotations

from typing import Any

from hurtig.checkpoint.settings import CheckpointSettings
from hurtig.checkpoint.statistics import CheckpointStatsTracker, config_to_json
from hurtig.common.configuration import Configuration
from hurtig.common.options import option
from hurtig.deploy.cluster.managed_job import ManagedJob, now_ms
from hurtig.deploy.job_details import exceptions as exceptions_json

__all__ = [
    "accumulators",
    "checkpoint_configuration",
    "checkpoint_details",
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
    for subtask in (part for vertex in found["vertices"] for part in vertex["subtasks"]):
        if subtask["taskmanager-id"]:
            subtask["taskmanager-id"] = _in_cluster(job, subtask["taskmanager-id"])
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


def _in_cluster(job: ManagedJob, task_manager: str) -> str:
    """A name that no other job's TaskManagers have."""
    return f"{job.record.job_id}-{task_manager}"


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
    return found or CheckpointStatsTracker().to_json()


def checkpoint_details(
    job: ManagedJob, checkpoint_id: int, vertex_id: str | None = None
) -> dict[str, Any] | None:
    """As ``/jobs/:id/checkpoints/details/:cid``, with a vertex as ``.../subtasks/:vertexid``; of a
    job that has ended what its history says."""
    if not job.record.ended:
        found: dict[str, Any] | None = job.ask(
            "checkpoint_details", checkpoint_id=checkpoint_id, vertex_id=vertex_id
        )
        if found is not None:
            return found
    history = checkpoint_statistics(job)["history"]
    known = next((entry for entry in history if entry["id"] == checkpoint_id), None)
    if known is None or vertex_id is None:
        return known
    task: dict[str, Any] | None = known["tasks"].get(vertex_id)
    return task


def checkpoint_configuration(job: ManagedJob) -> dict[str, Any]:
    """As ``/jobs/:id/checkpoints/config``, with what was changed since the start."""
    settings = job.record.settings
    configuration = Configuration.from_dict(dict(settings))
    in_files = configuration.get(option("execution.checkpointing.dir"))
    rocksdb = str(configuration.get(option("state.backend.type"))).lower() == "rocksdb"
    return config_to_json(
        CheckpointSettings.from_configuration(settings),
        "FileSystemCheckpointStorage" if in_files else "JobManagerCheckpointStorage",
        "EmbeddedRocksDBStateBackend" if rocksdb else "HashMapStateBackend",
    )


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
    return [
        {**entry, "id": _in_cluster(job, entry["id"]), "job": job.record.job_id}
        for entry in job.ask("task_managers") or []
    ]
