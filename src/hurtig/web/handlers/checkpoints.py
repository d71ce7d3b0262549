"""``/jobs/:jobid/checkpoints...``."""

from __future__ import annotations

from typing import Any

from hurtig.deploy.checkpoint_details import checkpoint_configuration
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
    return as_json(checkpoint_configuration(job_of(request).record.settings))


def _checkpoint(request: Request) -> dict[str, Any]:
    wanted = request.parameters["checkpointid"]
    found: dict[str, Any]
    for found in job_view.checkpoint_statistics(job_of(request))["history"]:
        if str(found["id"]) == wanted or (wanted == "latest" and found["status"] == "COMPLETED"):
            return found
    raise HttpError(404, f"Could not find checkpoint {wanted}: it may have left the history")


def details(request: Request) -> Answer:
    """One checkpoint of the history, by its number or ``latest``."""
    return as_json(_checkpoint(request))


def subtask_details(request: Request) -> Answer:
    """One vertex in a checkpoint."""
    tasks = _checkpoint(request)["tasks"]
    found = tasks.get(request.parameters["vertexid"])
    if found is None:
        raise HttpError(404, "the checkpoint has nothing of that vertex")
    return as_json(found)


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
