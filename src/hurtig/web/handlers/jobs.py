"""``/jobs`` and what a job says of itself."""

from __future__ import annotations

from typing import Any

from hurtig.common.configuration import Configuration
from hurtig.deploy.cluster import job_view
from hurtig.deploy.cluster.managed_job import ManagedJob
from hurtig.web.http import Answer, HttpError, Request, Router, accepted, as_json
from hurtig.web.service import job_of

_TASK_FIELDS = (
    "created",
    "scheduled",
    "deploying",
    "initializing",
    "running",
    "finished",
    "canceling",
    "canceled",
    "failed",
    "reconciling",
)


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "/jobs", job_ids)
    router.add("GET", "/jobs/overview", overview)
    router.add("GET", "/jobs/:jobid", details)
    router.add("PATCH", "/jobs/:jobid", cancel)
    router.add("GET", "/jobs/:jobid/status", status)
    router.add("GET", "/jobs/:jobid/config", config)
    router.add("GET", "/jobs/:jobid/plan", plan)
    router.add("GET", "/jobs/:jobid/exceptions", exceptions)
    router.add("GET", "/jobs/:jobid/accumulators", accumulators)
    router.add("GET", "/jobs/:jobid/execution-result", execution_result)


def job_ids(request: Request) -> Answer:
    """All jobs with their status."""
    jobs = request.service.dispatcher.jobs()
    return as_json({"jobs": [{"id": j.record.job_id, "status": j.record.status} for j in jobs]})


def overview(request: Request) -> Answer:
    """All jobs with times and counts of their tasks."""
    return as_json({"jobs": [_summary(job) for job in request.service.dispatcher.jobs()]})


def _summary(job: ManagedJob) -> dict[str, Any]:
    known = job_view.details(job)
    tasks = dict.fromkeys(_TASK_FIELDS, 0)
    for vertex in known["vertices"]:
        for state, count in vertex["tasks"].items():
            tasks[state.lower()] += count
    return {
        "jid": known["jid"],
        "name": known["name"],
        "start-time": known["start-time"],
        "end-time": known["end-time"],
        "duration": known["duration"],
        "state": known["state"],
        "last-modification": max(job.record.timestamps.values()),
        "tasks": {"total": sum(tasks.values()), **tasks},
        "pending-operators": 0,
    }


def details(request: Request) -> Answer:
    """The job with its vertices and plan."""
    known = job_view.details(job_of(request))
    vertices = [
        {name: value for name, value in vertex.items() if name != "subtasks"}
        for vertex in known["vertices"]
    ]
    return as_json({**known, "vertices": vertices})


def status(request: Request) -> Answer:
    """The status alone."""
    return as_json({"status": job_of(request).record.status})


def cancel(request: Request) -> Answer:
    """``PATCH /jobs/:id?mode=cancel``: 202, the job stops soon."""
    mode = request.query.get("mode", "cancel")
    if mode != "cancel":
        raise HttpError(400, f"mode {mode!r}: only cancel; to stop with a savepoint, POST /stop")
    job = job_of(request)
    if job.record.ended:
        raise HttpError(409, f"job {job.record.job_id} has ended ({job.record.status})")
    job.cancel()
    return accepted({})


def config(request: Request) -> Answer:
    """The job's settings."""
    record = job_of(request).record
    settings = record.settings
    read = Configuration.from_dict(dict(settings)).get_string
    return as_json(
        {
            "jid": record.job_id,
            "name": record.name,
            "execution-config": {
                "restart-strategy": read("restart-strategy.type", "default"),
                "job-parallelism": int(read("parallelism.default", "1") or 1),
                "object-reuse-mode": read("pipeline.object-reuse", "false") == "true",
                "user-config": dict(sorted(settings.items())),
            },
        }
    )


def plan(request: Request) -> Answer:
    """The chained job as a graph."""
    return as_json({"plan": job_view.details(job_of(request))["plan"]})


def exceptions(request: Request) -> Answer:
    """What made it fail or restart, the newest first; ``maxExceptions`` limits the number."""
    found = job_view.exceptions(job_of(request))
    history = found["exceptionHistory"]
    limit = request.query.get("maxExceptions", "20")
    if not limit.isdigit():
        raise HttpError(400, f"maxExceptions must be a number, got {limit!r}")
    if len(history["entries"]) > int(limit):
        history = {"entries": history["entries"][: int(limit)], "truncated": True}
    return as_json({**found, "exceptionHistory": history})


def accumulators(request: Request) -> Answer:
    """The accumulators as text."""
    found = job_view.accumulators(job_of(request))
    entries = [{"name": name, "type": "", "value": text} for name, text in sorted(found.items())]
    return as_json(
        {
            "job-accumulators": [],
            "user-task-accumulators": entries,
            "serialized-user-task-accumulators": {},
        }
    )


def execution_result(request: Request) -> Answer:
    """How the job ended: ``IN_PROGRESS`` until it has. Accumulators are pickles in base64."""
    job = job_of(request)
    if not job.ended.is_set():
        return as_json({"status": {"id": "IN_PROGRESS"}, "job-execution-result": None})
    record, result = job.record, job.result()
    failure = result.get("failure")
    outcome = {
        "id": record.job_id,
        "application-status": {"FINISHED": "SUCCEEDED"}.get(record.status, record.status),
        "accumulator-results": result.get("accumulators", {}),
        "net-runtime": result.get("runtime") or record.ended_at - record.submitted_at,
    }
    if failure is not None:
        outcome["failure-cause"] = {
            "class": failure["exceptionName"],
            "stack-trace": failure["stacktrace"],
            "serialized-throwable": "",
        }
    return as_json({"status": {"id": "COMPLETED"}, "job-execution-result": outcome})
