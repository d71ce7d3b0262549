"""JobClient (``pyflink.common.job_client``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from hurtig.common.completable_future import CompletableFuture
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus

__all__ = [
    "CompletableFuture",
    "InspectableJobControl",
    "JobClient",
    "JobControl",
    "JobExecutionResult",
    "JobID",
    "JobStatus",
]


class JobControl(Protocol):
    """What a deployment gives for each job it runs.

    A method may return a future (``concurrent.futures.Future``) or the result itself.
    """

    job_id: JobID

    def status(self) -> JobStatus:
        """The status now."""

    def result(self) -> Any:
        """The JobExecutionResult; may block, and may be what runs the job."""

    def cancel(self) -> Any:
        """Stops the job."""

    def drive(self) -> bool:
        """Let the job go on for a moment in the caller's thread, where it has none of its own;
        whether it still runs. Raises what made the job fail."""

    def start(self) -> None:
        """Give the job a thread of its own, where it runs in this process."""

    def when_finished(self, action: Callable[[], Any]) -> None:
        """Call ``action`` once the job has finished without failure."""

    def accumulators(self) -> Any:
        """The accumulators so far, by name."""

    def stop_with_savepoint(self, drain: bool, directory: str | None) -> Any:
        """Stops the sources, takes a savepoint, ends the job; the path of the savepoint."""

    def trigger_savepoint(self, directory: str | None) -> Any:
        """Takes a savepoint; its path."""


class InspectableJobControl(JobControl, Protocol):
    """What a job process asks of the job that it runs, besides: for REST and the command line.

    It calls :meth:`start` first, then these from any of its threads, also after the job has ended.
    Dicts hold what JSON can hold, under the field names of Flink's REST API.
    """

    def details(self) -> dict[str, Any]:
        """The job, its vertices and plan, as ``/jobs/:id`` answers."""

    def checkpoint_statistics(self) -> dict[str, Any]:
        """Counts, summary, latest and history, as ``/jobs/:id/checkpoints`` answers."""

    def checkpoint_details(
        self, checkpoint_id: int, vertex_id: str | None = None
    ) -> dict[str, Any] | None:
        """As ``/jobs/:id/checkpoints/details/:cid`` answers, and with ``/subtasks/:vertexid``;
        None where the checkpoint or the vertex is not known."""

    def exceptions(self) -> dict[str, Any]:
        """What made the job fail or restart, as ``/jobs/:id/exceptions`` answers."""

    def metrics(self) -> Any:
        """Totals over the job: a ``hurtig.client.running.JobMetrics``, and ``restarts``, how often
        it was restarted in this process."""

    def task_managers(self) -> list[dict[str, Any]]:
        """Where its tasks run: entries of ``/taskmanagers``."""

    def change_settings(self, settings: dict[str, str]) -> None:
        """New values of ``execution.checkpointing.interval``, ``.timeout`` and such, at once."""

    def trigger_checkpoint(self) -> Any:
        """Takes a checkpoint now; its id."""


class JobClient:
    """A handle on one job that was submitted."""

    def __init__(self, control: JobControl) -> None:
        self._control = control

    def get_job_id(self) -> JobID:
        """The id of the run."""
        return self._control.job_id

    def get_job_status(self) -> CompletableFuture:
        """The job's JobStatus now."""
        return CompletableFuture(self._control.status())

    def cancel(self) -> CompletableFuture:
        """Stops the job without a savepoint."""
        return CompletableFuture(self._control.cancel())

    def stop_with_savepoint(
        self, advance_to_end_of_event_time: bool, savepoint_directory: str | None = None
    ) -> CompletableFuture:
        """Ends the job with a savepoint; the future gives its path.

        ``advance_to_end_of_event_time`` sends the last watermark first: all event-time timers and
        windows fire, and the job cannot go on from there as if nothing happened.
        """
        path = self._control.stop_with_savepoint(advance_to_end_of_event_time, savepoint_directory)
        return CompletableFuture(path)

    def trigger_savepoint(self, savepoint_directory: str | None = None) -> CompletableFuture:
        """Takes a savepoint of the running job; the future gives its path."""
        return CompletableFuture(self._control.trigger_savepoint(savepoint_directory))

    def get_accumulators(self) -> CompletableFuture:
        """The accumulators so far, by name."""
        return CompletableFuture(self._control.accumulators())

    def get_job_execution_result(self) -> CompletableFuture:
        """The JobExecutionResult once the job has ended; raises what made the job fail."""
        return CompletableFuture.lazy(self._control.result, self._has_ended)

    def _has_ended(self) -> bool:
        return self._control.status().is_terminal_state()
