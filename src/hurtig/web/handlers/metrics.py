"""``/jobs/:jobid/metrics`` and those of vertices: names without ``get``, values with it."""

from __future__ import annotations

from typing import Any

from hurtig.deploy.cluster import job_view
from hurtig.web.handlers.vertices import vertex_of
from hurtig.web.http import Answer, Request, Router, as_json
from hurtig.web.service import job_of


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "/jobs/:jobid/metrics", job_metrics)
    router.add("GET", "/jobs/:jobid/vertices/:vertexid/metrics", vertex_metrics)
    router.add("GET", "/hurtig/jobs/:jobid/metrics", totals)


def job_metrics(request: Request) -> Answer:
    """Restarts, times, checkpoints and records of a job."""
    job = job_of(request)
    known = job_view.details(job)
    checkpoints = job_view.checkpoint_statistics(job)
    last = checkpoints["latest"]["completed"] or {}
    running = known["state"] == "RUNNING"
    since = job.record.timestamps.get("RUNNING", known["now"])
    records = job_view.metrics(job)
    restarts = job.record.restarts + records.get("restarts", 0)
    values = {
        "numRestarts": restarts,
        "fullRestarts": restarts,
        "uptime": known["now"] - since if running else -1,
        "runningTime": known["now"] - since if running else 0,
        "numberOfCompletedCheckpoints": checkpoints["counts"]["completed"],
        "numberOfFailedCheckpoints": checkpoints["counts"]["failed"],
        "numberOfInProgressCheckpoints": checkpoints["counts"]["in_progress"],
        "totalNumberOfCheckpoints": checkpoints["counts"]["total"],
        "lastCheckpointDuration": last.get("end_to_end_duration", -1),
        "lastCheckpointSize": last.get("checkpointed_size", -1),
        "lastCheckpointFullSize": last.get("state_size", -1),
        "lastCheckpointExternalPath": last.get("external_path") or "n/a",
        "numRecordsIn": records["records_in"],
        "numRecordsOut": records["records_out"],
        "numLateRecordsDropped": records["late"],
    }
    return _selected(request, values)


def totals(request: Request) -> Answer:
    """What the progress line of an attached client shows."""
    return as_json(job_view.metrics(job_of(request)))


def vertex_metrics(request: Request) -> Answer:
    """Records and watermarks, as ``<subtask>.<name>``."""
    entry, _ = vertex_of(request)
    values: dict[str, Any] = {}
    for part in entry["subtasks"]:
        prefix = part["subtask"]
        values[f"{prefix}.numRecordsIn"] = part["metrics"]["read-records"]
        values[f"{prefix}.numRecordsOut"] = part["metrics"]["write-records"]
        if part["watermark"] is not None:
            values[f"{prefix}.currentInputWatermark"] = part["watermark"]
    return _selected(request, values)


def _selected(request: Request, values: dict[str, Any]) -> Answer:
    wanted = request.query.get("get")
    if wanted is None:
        return as_json([{"id": name} for name in values])
    names = [name for name in wanted.split(",") if name in values]
    return as_json([{"id": name, "value": str(values[name])} for name in names])
