"""``/taskmanagers``: where the tasks of all jobs run. Each belongs to one job."""

from __future__ import annotations

from hurtig.deploy.cluster import job_view
from hurtig.web.http import Answer, HttpError, Request, Router, as_json


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "/taskmanagers", task_managers)
    router.add("GET", "/taskmanagers/:id", task_manager)


def task_managers(request: Request) -> Answer:
    """All of them."""
    jobs = request.service.dispatcher.jobs()
    return as_json({"taskmanagers": [e for job in jobs for e in job_view.task_managers(job)]})


def task_manager(request: Request) -> Answer:
    """One by its id."""
    wanted = request.parameters["id"]
    for job in request.service.dispatcher.jobs():
        for entry in job_view.task_managers(job):
            if entry["id"] == wanted:
                return as_json({**entry, "allocatedSlots": [], "metrics": {}})
    raise HttpError(404, f"there is no TaskManager {wanted}")
