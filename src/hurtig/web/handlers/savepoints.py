"""Savepoints: taken, taken and stopped, asked after, disposed of."""

from __future__ import annotations

from typing import Any

from hurtig.deploy.cluster.managed_job import ManagedJob
from hurtig.web.http import Answer, HttpError, Request, Router, accepted, as_json
from hurtig.web.service import job_of

_DIRECTORY_KEYS = ("execution.checkpointing.savepoint-dir", "state.savepoints.dir")
_DISPOSAL = "disposal"


def register(router: Router) -> None:
    """Add the routes."""
    router.add("POST", "/jobs/:jobid/savepoints", trigger)
    router.add("POST", "/jobs/:jobid/stop", stop)
    router.add("GET", "/jobs/:jobid/savepoints/:triggerid", status)
    router.add("POST", "/savepoint-disposal", dispose)
    router.add("GET", "/savepoint-disposal/:triggerid", disposal_status)


def trigger(request: Request) -> Answer:
    """``target-directory``, ``cancel-job``, ``triggerId``; ``request-id`` to ask after it."""
    job, body = _running(request), request.json()
    _check_format(body)
    directory = _directory(job, body.get("target-directory"))

    def work() -> dict[str, Any]:
        location = job.call("trigger_savepoint", directory=directory)
        if body.get("cancel-job"):
            job.cancel()
        return {"location": location}

    return _begin(request, job, work, body.get("triggerId"))


def stop(request: Request) -> Answer:
    """``targetDirectory``, ``drain``, ``triggerId``: savepoint, then end as FINISHED."""
    job, body = _running(request), request.json()
    _check_format(body)
    directory = _directory(job, body.get("targetDirectory"))
    drain = bool(body.get("drain", False))

    def work() -> dict[str, Any]:
        return {"location": job.call("stop_with_savepoint", drain=drain, directory=directory)}

    return _begin(request, job, work, body.get("triggerId"))


def status(request: Request) -> Answer:
    """Whether a savepoint that was asked for is complete, and where it is."""
    group = f"savepoint {job_of(request).record.job_id}"
    found = request.service.operations.status(group, request.parameters["triggerid"])
    if found is None:
        raise HttpError(
            404,
            f"no savepoint was asked for as {request.parameters['triggerid']} "
            "since the JobManager started",
        )
    return as_json(found)


def dispose(request: Request) -> Answer:
    """``savepoint-path``: delete the savepoint."""
    body = request.json()
    path = body.get("savepoint-path")
    if not path:
        raise HttpError(400, 'the body needs "savepoint-path"')

    def work() -> dict[str, Any]:
        from hurtig.deploy.cluster.disposal import dispose_savepoint

        dispose_savepoint(path)
        return {}

    request_id = request.service.operations.begin(_DISPOSAL, work, body.get("triggerId"))
    return accepted({"request-id": request_id})


def disposal_status(request: Request) -> Answer:
    """Whether the savepoint is gone."""
    found = request.service.operations.status(_DISPOSAL, request.parameters["triggerid"])
    if found is None:
        raise HttpError(404, f"there is no disposal {request.parameters['triggerid']}")
    return as_json(found)


def _running(request: Request) -> ManagedJob:
    job = job_of(request)
    if job.record.ended:
        raise HttpError(409, f"job {job.record.job_id} has ended ({job.record.status})")
    return job


def _directory(job: ManagedJob, wanted: str | None) -> str:
    for found in (wanted, *(job.record.settings.get(key) for key in _DIRECTORY_KEYS)):
        if found:
            return found
    raise HttpError(
        400,
        "where should the savepoint go? Name a directory, or configure one under "
        f"{_DIRECTORY_KEYS[0]}",
    )


def _check_format(body: dict[str, Any]) -> None:
    wanted = str(body.get("formatType", "CANONICAL")).upper()
    if wanted not in ("CANONICAL", "NATIVE", "DEFAULT"):
        raise HttpError(400, f"formatType {wanted!r}: CANONICAL or NATIVE")


def _begin(request: Request, job: ManagedJob, work: Any, wanted_id: str | None) -> Answer:
    group = f"savepoint {job.record.job_id}"
    request_id = request.service.operations.begin(group, work, wanted_id)
    return accepted({"request-id": request_id})
