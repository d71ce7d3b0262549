"""``/jobs/:jobid/vertices/...``: the tasks of a job."""

from __future__ import annotations

from typing import Any

from hurtig.deploy.cluster import job_view
from hurtig.web.http import Answer, HttpError, Request, Router, as_json
from hurtig.web.service import job_of


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "/jobs/:jobid/vertices/:vertexid", vertex)
    router.add("GET", "/jobs/:jobid/vertices/:vertexid/subtasktimes", subtask_times)
    router.add("GET", "/jobs/:jobid/vertices/:vertexid/watermarks", watermarks)
    router.add("GET", "/jobs/:jobid/vertices/:vertexid/subtasks/:subtask", subtask)


def vertex_of(request: Request) -> tuple[dict[str, Any], int]:
    """The vertex that the path names, and the time."""
    known = job_view.details(job_of(request))
    for entry in known["vertices"]:
        if entry["id"] == request.parameters["vertexid"]:
            return entry, known["now"]
    raise HttpError(404, f"the job has no vertex {request.parameters['vertexid']}")


def vertex(request: Request) -> Answer:
    """One vertex with its subtasks."""
    entry, now = vertex_of(request)
    return as_json(
        {
            "id": entry["id"],
            "name": entry["name"],
            "parallelism": entry["parallelism"],
            "maxParallelism": entry["maxParallelism"],
            "now": now,
            "subtasks": [
                {k: v for k, v in part.items() if k != "watermark"} for part in entry["subtasks"]
            ],
        }
    )


def subtask(request: Request) -> Answer:
    """One subtask."""
    entry, _ = vertex_of(request)
    index = request.parameters["subtask"]
    for part in entry["subtasks"]:
        if str(part["subtask"]) == index:
            return as_json(part)
    raise HttpError(404, f"{entry['name']} has no subtask {index}")


def subtask_times(request: Request) -> Answer:
    """When its subtasks began."""
    entry, now = vertex_of(request)
    parts = [
        {
            "subtask": part["subtask"],
            "endpoint": part["endpoint"],
            "duration": part["duration"],
            "timestamps": {part["status"]: part["start-time"]},
        }
        for part in entry["subtasks"]
    ]
    return as_json({"id": entry["id"], "name": entry["name"], "now": now, "subtasks": parts})


def watermarks(request: Request) -> Answer:
    """The watermark of each subtask, epoch ms, as a metric."""
    entry, _ = vertex_of(request)
    return as_json(
        [
            {"id": f"{part['subtask']}.currentInputWatermark", "value": str(part["watermark"])}
            for part in entry["subtasks"]
            if part["watermark"] is not None
        ]
    )
