"""How ``env.execute()`` finds an engine without importing one."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from hurtig.common.errors import ProgramError

if TYPE_CHECKING:
    from hurtig.common.job_client import JobClient
    from hurtig.graph.job_graph import JobGraph

TARGET_KEY = "execution.target"
JOB_ID_KEY = "$internal.pipeline.job-id"
"""The id of the job, where it was given before (Flink's key); a random one where it is not set."""
ATTEMPT_KEY = "$internal.hurtig.attempt"
"""Number of the process that runs the job, from 1 on: epochs of a later one are higher."""
RECOVER_KEY = "$internal.hurtig.recover"
"""``true``: go on from the newest checkpoint that this job (by its id) left in its folder; from
``execution.savepoint.path`` or the beginning where there is none."""


class Executor(ABC):
    """Runs job graphs. One per deployment (``hurtig/deploy``)."""

    @abstractmethod
    def execute(self, graph: JobGraph) -> JobClient:
        """Start the job. Whoever waits for its result may be the one whose thread runs it."""


EXECUTORS: dict[str, str] = {
    "local": "hurtig.deploy.local:LocalExecutor",
    "processes": "hurtig.deploy.processes.executor:ProcessExecutor",
    "remote": "hurtig.deploy.remote:RemoteExecutor",
}
"""``execution.target`` -> where the executor class is."""


def target_of(graph: JobGraph) -> str:
    """``execution.target``; where it is not set, ``local`` if every operator has one subtask, and
    else ``processes``: Python runs one thread at a time."""
    target = graph.settings.get(TARGET_KEY)
    if target:
        return target
    return "processes" if any(v.parallelism > 1 for v in graph.vertices) else "local"


def executor_for(graph: JobGraph) -> Executor:
    """The executor of the job's target."""
    target = target_of(graph)
    path = EXECUTORS.get(target)
    if path is None:
        raise ProgramError(f"unknown {TARGET_KEY} {target!r}: known are {', '.join(EXECUTORS)}")
    module, _, name = path.partition(":")
    create: Callable[[], Executor] = getattr(importlib.import_module(module), name)
    return create()
