"""A job that a JobManager runs, as its client sees it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from hurtig.client import running
from hurtig.client.rest import RestClient, RestError
from hurtig.client.running import JobMetrics
from hurtig.common.errors import JobCancelledError, JobExecutionError
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus

__all__ = ["RemoteJobControl", "RemoteJobError", "RemoteOperationError"]

_CONFLICT = 409
_POLL = 0.1
_LONGEST_POLL = 1.0


class RemoteJobError(JobExecutionError):
    """The job failed; the message is what it would have printed here. ``kind`` names the error."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind

    def render(self) -> str:
        return str(self)


class RemoteOperationError(JobExecutionError):
    """A savepoint, a stop or a checkpoint failed; the job may go on."""

    def render(self) -> str:
        return str(self)


class RemoteJobControl:
    """The :class:`~hurtig.common.job_client.JobControl` of a job elsewhere.

    ``attached``: :meth:`result` waits for the job's end, else it returns at once.
    ``ends_with_client``: Ctrl-C while it waits cancels the job.
    """

    def __init__(
        self,
        client: RestClient,
        job_id: JobID,
        name: str = "",
        attached: bool = True,
        ends_with_client: bool = False,
    ) -> None:
        self.job_id = job_id
        self.name = name
        self._client = client
        self._attached = attached
        self._ends_with_client = ends_with_client
        self._path = f"/jobs/{job_id}"
        self._when_finished: list[Callable[[], Any]] = []

    def status(self) -> JobStatus:
        """The status now."""
        return JobStatus[self._client.get(f"{self._path}/status")["status"]]

    def details(self) -> dict[str, Any]:
        """As ``/jobs/:id`` answers."""
        found: dict[str, Any] = self._client.get(self._path)
        return found

    def result(self) -> JobExecutionResult:
        """The result; of a detached job only its id is known."""
        if not self._attached:
            return JobExecutionResult(self.job_id)
        running.register(self)
        try:
            outcome = self._wait_for_outcome()
        finally:
            running.unregister(self)
        failure = outcome.get("failure-cause")
        if failure is not None and outcome["application-status"] != "CANCELED":
            raise RemoteJobError(failure["stack-trace"], failure["class"])
        if outcome["application-status"] != "SUCCEEDED":
            raise JobCancelledError(f"job {self.job_id} was cancelled")
        for action in self._when_finished:
            action()
        self._when_finished.clear()
        import base64
        import pickle

        values = {
            name: pickle.loads(base64.b64decode(text))
            for name, text in outcome["accumulator-results"].items()
        }
        return JobExecutionResult(self.job_id, outcome["net-runtime"], values)

    def _wait_for_outcome(self) -> dict[str, Any]:
        pause = _POLL / 4
        told: JobStatus | None = None
        try:
            while (outcome := self._outcome()) is None:
                if (status := self.status()) is not told:
                    print(f"Job {self.name or self.job_id} is {status.name}", file=sys.stderr)
                    told = status
                time.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_POLL)
        except KeyboardInterrupt:
            self._on_interrupt()
            raise
        return outcome

    def _on_interrupt(self) -> None:
        if self._ends_with_client:
            self.cancel()
            print(f"Job {self.job_id} is cancelled.", file=sys.stderr)
        else:
            print(f"Job {self.job_id} goes on; hurtig cancel ends it.", file=sys.stderr)

    def _outcome(self) -> dict[str, Any] | None:
        answer = self._client.get(f"{self._path}/execution-result")
        outcome: dict[str, Any] | None = answer["job-execution-result"]
        return outcome

    def metrics(self) -> JobMetrics:
        """Totals, for the progress line; called from a thread of its own."""
        found: JobMetrics = self._client.get(f"/hurtig{self._path}/metrics")
        return found

    def cancel(self) -> None:
        """Ask the job to stop; nothing to do where it has ended."""
        try:
            self._client.patch(self._path, mode="cancel")
        except RestError as error:
            if error.code != _CONFLICT:
                raise

    def drive(self) -> bool:
        """It has threads of its own; whether it still runs."""
        time.sleep(_POLL)
        return not self.status().is_terminal_state()

    def start(self) -> None:
        """It runs already; from now on the program waits where it asks for the result."""
        self._attached = True

    def when_finished(self, action: Callable[[], Any]) -> None:
        """Remembered, and done by :meth:`result`."""
        self._when_finished.append(action)

    def accumulators(self) -> dict[str, Any]:
        """The accumulators so far, as text."""
        found = self._client.get(f"{self._path}/accumulators")["user-task-accumulators"]
        return {entry["name"]: entry["value"] for entry in found}

    def trigger_savepoint(self, directory: str | None) -> str:
        """Take a savepoint and wait for it; its path."""
        body = {"target-directory": directory, "cancel-job": False}
        return self._location(self._client.post(f"{self._path}/savepoints", body))

    def savepoint_and_cancel(self, directory: str | None) -> str:
        """As :meth:`trigger_savepoint`; then the job is cancelled."""
        body = {"target-directory": directory, "cancel-job": True}
        return self._location(self._client.post(f"{self._path}/savepoints", body))

    def stop_with_savepoint(self, drain: bool, directory: str | None) -> str:
        """Take a savepoint with which the job ends, and wait for it; its path."""
        body = {"targetDirectory": directory, "drain": drain}
        return self._location(self._client.post(f"{self._path}/stop", body))

    def trigger_checkpoint(self) -> int:
        """Take a checkpoint and wait for it; its id."""
        begun = self._client.post(f"{self._path}/checkpoints")
        outcome = self._wait(f"{self._path}/checkpoints/{begun['request-id']}")
        if outcome.get("failureCause"):
            raise RemoteOperationError(outcome["failureCause"]["stack-trace"])
        number: int = outcome["checkpointId"]
        return number

    def change_settings(self, settings: dict[str, str]) -> None:
        """New values of ``execution.checkpointing...`` for the running job."""
        self._client.patch(f"/hurtig{self._path}", settings)

    def _location(self, begun: dict[str, Any]) -> str:
        outcome = self._wait(f"{self._path}/savepoints/{begun['request-id']}")
        if "failure-cause" in outcome:
            raise RemoteOperationError(outcome["failure-cause"]["stack-trace"])
        location: str = outcome["location"]
        return location

    def _wait(self, path: str) -> dict[str, Any]:
        pause = 0.02
        while True:
            answer = self._client.get(path)
            if answer["status"]["id"] == "COMPLETED":
                outcome: dict[str, Any] = answer["operation"]
                return outcome
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL / 2)
