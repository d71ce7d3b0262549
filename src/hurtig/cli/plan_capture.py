"""An executor that keeps the job graph instead of running it."""

from __future__ import annotations

from hurtig.common import global_configuration
from hurtig.common.job_client import JobClient
from hurtig.graph.executor import EXECUTORS, TARGET_KEY, Executor
from hurtig.graph.job_graph import JobGraph

__all__ = ["PlanCapture", "PlanCapturedError", "capture_plans"]


class PlanCapturedError(BaseException):
    """Ends the program at its first ``execute()``; not an ``Exception``, which it may catch."""

    def __init__(self, graph: JobGraph) -> None:
        super().__init__()
        self.graph = graph


class PlanCapture(Executor):
    """Raises :class:`PlanCapturedError` with the graph."""

    def execute(self, graph: JobGraph) -> JobClient:
        raise PlanCapturedError(graph)


def capture_plans() -> None:
    """From now on every target in this process is captured."""
    here = f"{__name__}:{PlanCapture.__name__}"
    for target in list(EXECUTORS):
        EXECUTORS[target] = here
    EXECUTORS["plan"] = here
    global_configuration.set_default(TARGET_KEY, "plan")
