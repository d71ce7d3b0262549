"""One file per subject; each has ``register(router)``."""

from __future__ import annotations

from hurtig.web.handlers import (
    checkpoints,
    cluster,
    jobs,
    metrics,
    savepoints,
    submission,
    task_managers,
    vertices,
)
from hurtig.web.http import Router

__all__ = ["routes"]


def routes() -> Router:
    """All paths."""
    router = Router()
    for subject in (
        cluster,
        jobs,
        vertices,
        metrics,
        checkpoints,
        savepoints,
        task_managers,
        submission,
    ):
        subject.register(router)
    return router
