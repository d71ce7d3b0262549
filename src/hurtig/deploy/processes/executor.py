"""``execution.target: processes``: the JobMaster in a thread of the client, TaskManagers in worker
processes on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hurtig.client import running
from hurtig.common.job_client import JobClient
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_status import JobStatus
from hurtig.deploy import leftovers
from hurtig.deploy.event_loop import EventLoop
from hurtig.deploy.interrupts import cancel_on_interrupt
from hurtig.deploy.io_threads import ThreadIo
from hurtig.deploy.job_control import JobEndedError, JobMasterControl, warn
from hurtig.deploy.job_id import job_id_of
from hurtig.deploy.processes.task_managers import ProcessTaskManagers
from hurtig.deploy.shipping import before_shipping
from hurtig.graph.executor import Executor
from hurtig.graph.job_graph import JobGraph, serialize
from hurtig.jobmanager.job_master import JobMaster

_TICK = 0.1


class ProcessExecutor(Executor):
    """Runs jobs in worker processes."""

    def execute(self, graph: JobGraph) -> JobClient:
        before_shipping(graph)
        return JobClient(ProcessJobControl(graph, serialize(graph)))


class ProcessJobControl(JobMasterControl):
    """One job. It begins when somebody waits for it, or with :meth:`start`."""

    def __init__(self, graph: JobGraph, graph_bytes: bytes) -> None:
        super().__init__()
        self.graph = graph
        self.job_id = job_id_of(graph.settings)
        self._loop = EventLoop()
        self._io = ThreadIo(self._loop)
        self.workers = ProcessTaskManagers(self._loop, str(self.job_id), graph.settings)
        self.master = JobMaster(
            graph,
            self.job_id,
            self._loop,
            self._io,
            self.workers,
            warn,
            self._on_ended,
            graph_bytes=graph_bytes,
        )
        self.workers.connect(self.master.receive, self.master.lost)
        self._ended = False
        self._done = threading.Event()
        self._interrupted = False
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None

    # -- for the job client -------------------------------------------------------------------

    def start(self) -> None:
        """Let it run, whether or not somebody waits for it."""
        if self._begin():
            leftovers.remember(self)

    def result(self) -> JobExecutionResult:
        """Wait for its end."""
        try:
            with cancel_on_interrupt(self._interrupt):
                self._begin()
                while not self._done.wait(_TICK):
                    pass
        except KeyboardInterrupt:
            if self._interrupted:  # the second one: at once
                leftovers.forget(self)
            raise
        if self._interrupted:
            raise KeyboardInterrupt
        leftovers.forget(self)
        if self.master.error is not None:
            raise self.master.error
        return JobExecutionResult(self.job_id, self.master.runtime_ms(), self.accumulators())

    def drive(self) -> bool:
        """Wait a moment; whether it still runs. Raises what made it fail."""
        self._begin()
        if not self._done.wait(0.01):
            return True
        error = self.failure()
        if error is not None:
            raise error
        return False

    def cancel(self) -> None:
        """Stop the job; it ends as CANCELED."""
        self._begin()
        self.request_cancel()
        if threading.current_thread() is not self._thread:
            self._done.wait()

    def request_cancel(self) -> None:
        """As :meth:`cancel`, without waiting until the job has stopped."""
        self._loop.submit(self.master.cancel)

    def wait(self, seconds: float) -> bool:
        """Wait for the job's end; whether it has ended."""
        return self._thread is None or self._done.wait(seconds)

    # -- reaching the JobMaster ---------------------------------------------------------------

    def call(self, work: Callable[[], Any]) -> Any:
        if self._thread in (None, threading.current_thread()) or self._done.is_set():
            return work()
        future, run = self._request(lambda done: done(work(), None))
        if run is None:
            return work()
        self._loop.submit(run)
        try:
            return future.result()
        except JobEndedError:  # meanwhile: nobody else touches the JobMaster any more
            return work()

    def await_result(
        self, begin: Callable[[Callable[[Any, BaseException | None], None]], None]
    ) -> Any:
        future, run = self._request(begin)
        if run is not None:
            self._begin()
            self._loop.submit(run)
        return future

    def refresh(self) -> None:
        """Workers report by themselves."""

    def task_managers(self) -> list[dict[str, Any]]:
        """The workers that run."""
        from hurtig.deploy.job_details import task_manager

        return [task_manager(id_, 1, pid=pid) for id_, pid in self.workers.pids().items()]

    # -- life cycle ---------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Start the JobMaster's thread; whether it was not yet."""
        with self._beginning:
            if self._thread is not None:
                return False
            self._thread = threading.Thread(
                target=self._run, name=f"jobmaster {self.name}", daemon=True
            )
            running.register(self)
            self._loop.submit(self.master.start)
            self._thread.start()
            return True

    def _run(self) -> None:
        try:
            self._loop.run_until(lambda: self._ended)
        except BaseException as error:  # a defect of the JobMaster
            if self.master.error is None:
                self.master.error = error
        try:
            self._release()
        finally:
            self._refuse_requests()
            self._done.set()

    def _release(self) -> None:
        self.workers.release()
        self.workers.wait_ended()
        running.unregister(self)
        self._io.close()
        if self.master.status is JobStatus.FINISHED:
            for action in self._when_finished:
                action()
        if self.failure() is None:
            leftovers.forget(self)

    def _on_ended(self) -> None:
        self._ended = True

    def _interrupt(self) -> None:
        self._interrupted = True
        self.request_cancel()
