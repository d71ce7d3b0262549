"""``/jobs/:jobid/checkpoints...``."""

from __future__ import annotations

from typing import Any

from hurtig.deploy.cluster import job_view
from hurtig.web.http import Answer, HttpError, Request, Router, accepted, as_json
from hurtig.web.service import job_of


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "/jobs/:jobid/checkpoints", statistics)
    router.add("POST", "/jobs/:jobid/checkpoints", trigger)
    router.add("GET", "/jobs/:jobid/checkpoints/config", config)
    router.add("GET", "/jobs/:jobid/checkpoints/details/:checkpointid", details)
    router.add(
        "GET",
        "/jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid",
        subtask_details,
    )
    router.add("GET", "/jobs/:jobid/checkpoints/:triggerid", trigger_status)


def statistics(request: Request) -> Answer:
    """Counts, summary, latest, history."""
    return as_json(job_view.checkpoint_statistics(job_of(request)))


def config(request: Request) -> Answer:
    """How the job takes checkpoints now."""
    return as_json(job_view.checkpoint_configuration(job_of(request)))


def details(request: Request) -> Answer:
    """One checkpoint of the history, by its number or ``latest``."""
    return as_json(_details(request, None))


def subtask_details(request: Request) -> Answer:
    """One vertex in a checkpoint."""
    return as_json(_details(request, request.parameters["vertexid"]))


def _details(request: Request, vertex_id: str | None) -> dict[str, Any]:
    job, wanted = job_of(request), request.parameters["checkpointid"]
    if wanted == "latest":
        latest = job_view.checkpoint_statistics(job)["latest"]["completed"]
        wanted = str(latest["id"]) if latest else wanted
    found = None
    if wanted.isdigit():
        found = job_view.checkpoint_details(job, int(wanted), vertex_id)
    if found is None:
        where = f" or nothing of vertex {vertex_id} in it" if vertex_id else ""
        raise HttpError(404, f"Could not find checkpoint {wanted}{where}")
    return found


def trigger(request: Request) -> Answer:
    """Take a checkpoint now; ``request-id`` to ask after it."""
    job, body = job_of(request), request.json()

    def work() -> dict[str, Any]:
        return {"checkpointId": job.call("trigger_checkpoint"), "failureCause": None}

    group = f"checkpoint {job.record.job_id}"
    request_id = request.service.operations.begin(group, work, body.get("triggerId"))
    return accepted({"request-id": request_id})


def trigger_status(request: Request) -> Answer:
    """Whether a checkpoint that was asked for is complete."""
    group = f"checkpoint {job_of(request).record.job_id}"
    found = request.service.operations.status(group, request.parameters["triggerid"])
    if found is None:
        raise HttpError(404, f"no checkpoint was asked for as {request.parameters['triggerid']}")
    operation = found["operation"]
    if operation is not None and "failure-cause" in operation:
        found["operation"] = {"checkpointId": None, "failureCause": operation["failure-cause"]}
    return as_json(found)
