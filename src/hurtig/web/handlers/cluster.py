"""``/overview``, ``/config``, ``/jobmanager/...``."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter

from hurtig.deploy.cluster import job_view
from hurtig.version import PYFLINK_API_VERSION, __version__
from hurtig.web.http import Answer, HttpError, Request, Router, as_json, as_text

_SECRET = re.compile(r"password|secret|token|fs\.azure\.account\.key|apikey|auth-params", re.I)
_LOG_LIMIT = 16 << 20


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "/overview", overview)
    router.add("GET", "/config", config)
    router.add("GET", "/jobmanager/config", job_manager_config)
    router.add("GET", "/jobmanager/environment", job_manager_environment)
    router.add("GET", "/jobmanager/log", job_manager_log)
    router.add("GET", "/jobmanager/logs", job_manager_logs)


def overview(request: Request) -> Answer:
    """Counts over the cluster."""
    jobs = request.service.dispatcher.jobs()
    counts = Counter(job.record.status for job in jobs)
    managers = [entry for job in jobs for entry in job_view.task_managers(job)]
    ended = counts["FINISHED"] + counts["CANCELED"] + counts["FAILED"]
    return as_json(
        {
            "taskmanagers": len(managers),
            "slots-total": sum(entry["slotsNumber"] for entry in managers),
            "slots-available": sum(entry["freeSlots"] for entry in managers),
            "jobs-running": len(jobs) - ended,
            "jobs-finished": counts["FINISHED"],
            "jobs-cancelled": counts["CANCELED"],
            "jobs-failed": counts["FAILED"],
            "flink-version": PYFLINK_API_VERSION,
            "flink-commit": f"hurtig-{__version__}",
        }
    )


def config(request: Request) -> Answer:
    """What a dashboard wants to know."""
    zone = time.localtime()
    return as_json(
        {
            "refresh-interval": 3000,
            "timezone-name": zone.tm_zone,
            "timezone-offset": zone.tm_gmtoff * 1000,
            "flink-version": PYFLINK_API_VERSION,
            "flink-revision": f"hurtig-{__version__}",
            "features": {
                "web-submit": False,
                "web-cancel": True,
                "web-rescale": False,
                "web-history": False,
            },
        }
    )


def job_manager_config(request: Request) -> Answer:
    """The cluster's configuration; secrets are not shown."""
    return as_json(
        [
            {"key": key, "value": "******" if _SECRET.search(key) else value}
            for key, value in sorted(request.service.settings.items())
        ]
    )


def job_manager_environment(request: Request) -> Answer:
    """The process of the daemon. Environment variables are not shown: they hold secrets."""
    return as_json(
        {
            "jvm": {"version": f"Python {sys.version.split()[0]}", "arch": "", "options": []},
            "classpath": sys.path,
            "pid": os.getpid(),
        }
    )


def job_manager_log(request: Request) -> Answer:
    """The daemon's log."""
    return as_text(tail(request.service.log_file))


def job_manager_logs(request: Request) -> Answer:
    """The daemon's log files."""
    path = request.service.log_file
    try:
        state = os.stat(path)
    except OSError:
        return as_json({"logs": []})
    entry = {
        "name": os.path.basename(path),
        "size": state.st_size,
        "mtime": int(state.st_mtime * 1000),
    }
    return as_json({"logs": [entry]})


def tail(path: str, offset: int | None = None, limit: int = _LOG_LIMIT) -> bytes:
    """A file from ``offset`` on, at most ``limit`` bytes; without one its end."""
    try:
        with open(path, "rb") as f:
            size = os.fstat(f.fileno()).st_size
            f.seek(max(size - limit, 0) if offset is None else min(offset, size))
            return f.read(limit)
    except FileNotFoundError:
        return b""
    except OSError as e:
        raise HttpError(500, f"{path} cannot be read: {e}") from None
