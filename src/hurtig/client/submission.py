"""A job on its way to a JobManager."""

from __future__ import annotations

import base64
import os
import sys
from typing import TYPE_CHECKING, Any

from hurtig.graph.job_graph import serialize
from hurtig.pyflink_alias import is_installed

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobGraph

__all__ = ["CLIENT_KEYS", "submission"]

CLIENT_KEYS = (
    "execution.target",
    "execution.attached",
    "execution.shutdown-on-attached-exit",
    "rest.address",
    "rest.port",
    "hurtig.rest.token",
    "hurtig.cluster.dir",
)
"""Settings that are the client's own business and are not sent."""


def submission(graph: JobGraph, job_id: str, details: dict[str, Any]) -> dict[str, Any]:
    """The body of ``POST /hurtig/jobs``.

    The graph comes as a pickle, so that neither the daemon nor REST need the program's modules;
    the job's process imports them from where the client found them. ``details`` is what REST shows
    until that process can tell more.
    """
    return {
        "job_id": job_id,
        "name": graph.name,
        "settings": {k: v for k, v in graph.settings.items() if k not in CLIENT_KEYS},
        "python": sys.executable,
        "search_path": [os.path.abspath(path) for path in sys.path],
        "folder": os.getcwd(),
        "pyflink": is_installed(),
        "details": details,
        "graph": base64.b64encode(serialize(graph)).decode(),
    }
