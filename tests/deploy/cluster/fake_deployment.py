"""A deployment whose jobs count, so that a cluster can be tested without an engine.

A job counts up to ``fake.limit`` and writes each number to ``fake.output``; every tenth number it
keeps a checkpoint in its checkpoint folder, from which it goes on where it is asked to recover.
It is entered when a job graph that refers to :func:`touch` is unpickled.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from hurtig.checkpoint.handles import CompletedCheckpoint
from hurtig.checkpoint.statistics import CheckpointStatsTracker
from hurtig.common.errors import JobCancelledError, JobExecutionError
from hurtig.common.job_client import JobClient
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus
from hurtig.deploy.job_details import (
    SubtaskCounters,
    exception_entry,
    exceptions,
    job_details,
    task_manager,
)
from hurtig.graph.executor import ATTEMPT_KEY, EXECUTORS, JOB_ID_KEY, RECOVER_KEY, Executor

EXECUTORS["fake"] = f"{__name__}:FakeExecutor"


def touch(value: Any) -> Any:
    return value


class FakeExecutor(Executor):
    def execute(self, graph: Any) -> JobClient:
        return JobClient(FakeJob(graph))


class FakeJob:
    def __init__(self, graph: Any) -> None:
        settings = graph.settings
        self.job_id = JobID(settings[JOB_ID_KEY])
        self.graph = graph
        self.settings = settings
        self.folder = os.path.join(
            settings["execution.checkpointing.dir"].removeprefix("file://"), str(self.job_id)
        )
        os.makedirs(self.folder, exist_ok=True)
        self.attempt = int(settings[ATTEMPT_KEY])
        self.limit = int(settings.get("fake.limit", "1000000"))
        self.output = settings["fake.output"]
        self.count = 0
        self.checkpoints = CheckpointStatsTracker()
        self.number = 0
        self.timestamps = {"CREATED": self.now()}
        self.state = JobStatus.CREATED
        self.error: BaseException | None = None
        self.cancelled = threading.Event()
        self.stopped = threading.Event()
        if settings[RECOVER_KEY] == "true" and os.path.exists(self._file()):
            with open(self._file()) as f:
                self.count = int(f.read())

    @staticmethod
    def now() -> int:
        return int(time.time() * 1000)

    def _file(self) -> str:
        return os.path.join(self.folder, "chk")

    def _enter(self, status: JobStatus) -> None:
        self.state = status
        self.timestamps[status.name] = self.now()

    def start(self) -> None:
        """Whoever asks for the result runs it, which is what job processes do at once."""

    def result(self) -> JobExecutionResult:
        self._enter(JobStatus.RUNNING)
        print(f"attempt {self.attempt} from {self.count}")
        with open(self.output, "a") as out:
            while self.count < self.limit and not self.stopped.is_set():
                if self.cancelled.is_set():
                    self._enter(JobStatus.CANCELED)
                    raise JobCancelledError("cancelled")
                self._step(out)
        self._enter(JobStatus.FINISHED)
        return JobExecutionResult(self.job_id, 17, {"count": self.count})

    def _step(self, out: Any) -> None:
        mode = self.settings.get("fake.mode")
        if mode == "die":
            os._exit(3)
        if mode == "fail":
            self.error = JobExecutionError("as wished")
            self._enter(JobStatus.FAILED)
            raise self.error
        self.count += 1
        out.write(f"{os.getpid()} {self.attempt} {self.count}\n")
        out.flush()
        if self.count % 10 == 0:
            self._keep()
        time.sleep(0.002)

    def _keep(self) -> None:
        with open(self._file() + ".tmp", "w") as f:
            f.write(str(self.count))
        os.replace(self._file() + ".tmp", self._file())
        self.number += 1
        path = f"{self.folder}/chk-{self.number}"
        complete = CompletedCheckpoint(
            str(self.job_id), "counting", self.number, self.now(), False, {}, {}, path
        )
        self.checkpoints.triggered(self.number, self.now(), False, False, False)
        self.checkpoints.completed(self.number, complete, self.now())

    def status(self) -> JobStatus:
        return self.state

    def cancel(self) -> None:
        self.cancelled.set()

    def trigger_savepoint(self, directory: str | None) -> str:
        if "broken" in str(directory):
            raise JobExecutionError(f"{directory} cannot be written")
        time.sleep(0.1)
        return f"{directory}/savepoint-{self.count}"

    def stop_with_savepoint(self, drain: bool, directory: str | None) -> str:
        self.stopped.set()
        return f"{directory}/savepoint-{'drained' if drain else 'stopped'}"

    def trigger_checkpoint(self) -> int:
        self._keep()
        return self.number

    def accumulators(self) -> dict[str, Any]:
        return {"count": self.count}

    def change_settings(self, settings: dict[str, str]) -> None:
        print("changed", settings)

    def metrics(self) -> dict[str, Any]:
        return {"records_in": self.count, "records_out": self.count, "watermark": None, "late": 0}

    def details(self) -> dict[str, Any]:
        counters = {(0, 0): SubtaskCounters("", 0, self.count, self.attempt, task_manager="tm-1")}
        return job_details(
            self.graph, str(self.job_id), self.state, self.timestamps, self.now(), counters
        )

    def checkpoint_statistics(self) -> dict[str, Any]:
        return self.checkpoints.to_json()

    def checkpoint_details(self, checkpoint_id: int, vertex_id: str | None = None) -> Any:
        if vertex_id is not None:
            return self.checkpoints.vertex_to_json(checkpoint_id, vertex_id)
        return self.checkpoints.details_to_json(checkpoint_id)

    def exceptions(self) -> dict[str, Any]:
        return exceptions([exception_entry(self.error, self.now())] if self.error else [])

    def task_managers(self) -> list[dict[str, Any]]:
        return [task_manager("tm-1", slots=1, pid=os.getpid())]
