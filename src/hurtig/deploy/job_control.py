"""What every deployment that has the JobMaster in its own process tells of a job."""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.accumulators import merged
from hurtig.common.errors import JobExecutionError
from hurtig.common.job_status import JobStatus
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP

if TYPE_CHECKING:
    from concurrent.futures import Future

    from hurtig.client.running import JobMetrics
    from hurtig.common.job_id import JobID
    from hurtig.graph.job_graph import JobGraph
    from hurtig.jobmanager.job_master import JobMaster


class JobEndedError(JobExecutionError):
    """Something was asked of a job that has ended."""


class JobMasterControl(ABC):
    """Implements most of ``JobControl`` on a JobMaster; a deployment adds how it is reached."""

    graph: JobGraph
    master: JobMaster
    job_id: JobID

    def __init__(self) -> None:
        self._when_finished: list[Callable[[], Any]] = []
        self._requests: set[Future[Any]] = set()
        self._requests_lock = threading.Lock()
        self._requests_closed = False

    @property
    def name(self) -> str:
        """The job's name."""
        return self.graph.name

    def status(self) -> JobStatus:
        """The job's status."""
        return self.master.status

    def failure(self) -> BaseException | None:
        """What made the job fail; None where it runs, has finished or was cancelled."""
        return self.master.error if self.master.status is JobStatus.FAILED else None

    def when_finished(self, action: Callable[[], Any]) -> None:
        """Call ``action`` once the job has finished without failure."""
        self._when_finished.append(action)

    def accumulators(self) -> dict[str, Any]:
        """The values of the accumulators so far."""
        self.refresh()
        parts = self.master.reports.accumulators()
        return {name: merged(values) for name, values in parts.items()}

    # -- what a deployment adds ---------------------------------------------------------------

    @abstractmethod
    def call(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` in the JobMaster's thread and give its result; raises its error."""

    @abstractmethod
    def await_result(
        self, begin: Callable[[Callable[[Any, BaseException | None], None]], None]
    ) -> Any:
        """A future of what ``begin(done)``, run in the JobMaster's thread, passes to ``done``."""

    @abstractmethod
    def refresh(self) -> None:
        """Bring the JobMaster's reports up to date, where that costs nothing."""

    # -- requests to the JobMaster's thread ---------------------------------------------------

    def _request(
        self, begin: Callable[[Callable[[Any, BaseException | None], None]], None]
    ) -> tuple[Future[Any], Callable[[], None] | None]:
        """A future, and the work that is to be run in the JobMaster's thread for it: ``None``
        where the job has ended."""
        from concurrent.futures import Future

        future: Future[Any] = Future()

        def done(result: Any, error: BaseException | None) -> None:
            with self._requests_lock:
                if future not in self._requests:
                    return
                self._requests.discard(future)
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        def run() -> None:
            try:
                begin(done)
            except Exception as error:
                done(None, error)

        with self._requests_lock:
            if not self._requests_closed:
                self._requests.add(future)
                return future, run
        future.set_exception(self._has_ended())
        return future, None

    def _refuse_requests(self) -> None:
        """The job has ended: nobody answers any more."""
        with self._requests_lock:
            self._requests_closed = True
            left, self._requests = self._requests, set()
        for future in left:
            future.set_exception(self._has_ended())

    def _has_ended(self) -> BaseException:
        return JobEndedError(f"job {self.name!r} has ended: it is {self.status().name}")

    # -- savepoints ---------------------------------------------------------------------------

    def stop_with_savepoint(self, drain: bool, directory: str | None) -> Any:
        """Take a savepoint behind which the sources end; a future of its path."""
        return self.await_result(
            lambda done: self.master.checkpoints.stop_with_savepoint(drain, directory, done)
        )

    def trigger_savepoint(self, directory: str | None) -> Any:
        """Take a savepoint; a future of its path."""
        return self.await_result(
            lambda done: self.master.checkpoints.trigger_savepoint(directory, done)
        )

    def trigger_checkpoint(self) -> Any:
        """Take a checkpoint now; a future of its id."""
        return self.await_result(lambda done: self.master.checkpoints.trigger_checkpoint(done))

    def change_settings(self, settings: dict[str, str]) -> None:
        """New intervals and timeouts of checkpoints, at once."""
        self.call(lambda: self.master.checkpoints.reconfigure(settings))

    # -- REST ---------------------------------------------------------------------------------

    def details(self) -> dict[str, Any]:
        """As ``/jobs/:id`` answers."""
        from hurtig.deploy.job_details import job_details

        self.refresh()
        return self.call(  # type: ignore[no-any-return]
            lambda: job_details(
                self.graph,
                str(self.job_id),
                self.master.status,
                {status.name: at for status, at in self.master.since.items()},
                self.master.now(),
                self._subtask_counters(),
            )
        )

    def _subtask_counters(self) -> dict[tuple[int, int], Any]:
        from hurtig.deploy.job_details import SubtaskCounters

        counters: dict[tuple[int, int], Any] = {}
        reported = self.master.reports.operators
        for region in self.master.regions:
            for id_ in region.subtasks:
                vertex = self.graph.vertices[id_.vertex]
                first = reported.get((id_.vertex, 0, id_.subtask), {})
                last = reported.get((id_.vertex, len(vertex.nodes) - 1, id_.subtask), {})
                watermark = last.get("watermark", MIN_TIMESTAMP)
                counters[(id_.vertex, id_.subtask)] = SubtaskCounters(
                    state=region.state_of(id_),
                    records_in=0 if vertex.nodes[0].source else first.get("records_in", 0),
                    records_out=last.get("records_out", 0),
                    attempt=max(region.attempt, 0),
                    task_manager=region.placement.get(id_, ""),
                    watermark=None if watermark == MIN_TIMESTAMP else watermark,
                )
        return counters

    def checkpoint_statistics(self) -> dict[str, Any]:
        """As ``/jobs/:id/checkpoints`` answers."""
        return self.call(self.master.checkpoints.statistics)  # type: ignore[no-any-return]

    def checkpoint_details(self, checkpoint_id: int, vertex_id: str | None = None) -> Any:
        """As ``/jobs/:id/checkpoints/details/:cid`` answers; None for one that is forgotten."""
        return self.call(lambda: self.master.checkpoints.details(checkpoint_id, vertex_id))

    def checkpoint_configuration(self) -> dict[str, Any]:
        """As ``/jobs/:id/checkpoints/config`` answers."""
        return self.call(self.master.checkpoints.configuration)  # type: ignore[no-any-return]

    def exceptions(self) -> dict[str, Any]:
        """As ``/jobs/:id/exceptions`` answers."""
        from hurtig.deploy.job_details import exception_entry, exceptions

        return exceptions(
            [
                exception_entry(failure.error, failure.timestamp, failure.task)
                for failure in reversed(self.master.failures.failures)
            ]
        )

    # -- progress -----------------------------------------------------------------------------

    def metrics(self) -> JobMetrics:
        """Totals over all operators; called from other threads."""
        from hurtig.client.running import JobMetrics

        self.refresh()
        totals = JobMetrics(
            records_in=0,
            records_out=0,
            watermark=None,
            late=0,
            restarts=self.master.failures.restarts,
        )
        lowest = MAX_TIMESTAMP
        for (vertex, position, _), counters in list(self.master.reports.operators.items()):
            node = self.graph.vertices[vertex].nodes[position]
            totals["late"] += counters["late_dropped"]
            if node.source is not None:
                totals["records_in"] += counters["records_out"]
            if node.is_sink:
                totals["records_out"] += counters["records_in"]
            elif counters["watermark"] > MIN_TIMESTAMP:
                lowest = min(lowest, counters["watermark"])
        if lowest < MAX_TIMESTAMP:
            totals["watermark"] = lowest
        return totals


def warn(operator: str, message: str) -> None:
    """Tell the user at once."""
    print(f"WARN [{operator}] {message}", file=sys.stderr)
