"""Runs a job in the client's own process: JobMaster and all subtasks in one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hurtig.client import running
from hurtig.common.job_client import JobClient
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_status import JobStatus
from hurtig.deploy import garbage, leftovers
from hurtig.deploy.in_process import LOCAL, InProcess
from hurtig.deploy.interrupts import cancel_on_interrupt
from hurtig.deploy.io_threads import ThreadIo
from hurtig.deploy.job_control import JobEndedError, JobMasterControl, warn
from hurtig.deploy.job_id import job_id_of
from hurtig.graph.executor import Executor
from hurtig.graph.job_graph import JobGraph, serialize
from hurtig.jobmanager.job_master import JobMaster
from hurtig.runtime.slot import Slot


class LocalExecutor(Executor):
    """``execution.target: local``. The graph is serialized as for any other executor, so that a
    program which runs here also runs there."""

    def execute(self, graph: JobGraph) -> JobClient:
        return JobClient(LocalJobControl(graph, serialize(graph)))


class LocalJobControl(JobMasterControl):
    """One job in this process. Whoever waits for it runs it, unless :meth:`start` was called."""

    def __init__(self, graph: JobGraph, graph_bytes: bytes) -> None:
        super().__init__()
        self.graph = graph
        self.job_id = job_id_of(graph.settings)
        self._slot = Slot()
        self._io = ThreadIo(self._slot)
        place = InProcess(self._slot, self._io)
        self.master = JobMaster(
            graph,
            self.job_id,
            self._slot,
            self._io,
            place,
            warn,
            self._on_ended,
            graph_bytes=graph_bytes,
        )
        place.connect(self.master)
        self.task_manager = place.task_manager
        self._cancel_requested = False
        self._interrupted = False
        self._started = False
        self._ended = False
        self._thread: threading.Thread | None = None
        self._stepping = threading.RLock()
        self._in_step = False

    # -- for the job client -------------------------------------------------------------------

    def start(self) -> None:
        """Run the job in a thread of its own."""
        self._thread = threading.Thread(target=self._run_quietly, name=self.name, daemon=True)
        leftovers.remember(self)
        self._thread.start()

    def result(self) -> JobExecutionResult:
        """Run the job to its end, or wait for the thread that does."""
        try:
            with cancel_on_interrupt(self._interrupt):
                while self.drive():
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
        """One step of the job; whether it still runs. Raises what made the job fail."""
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join(0.01)
            return self._thread.is_alive()
        with self._stepping:
            self._in_step = True
            try:
                return self._step()
            finally:
                self._in_step = False

    def _step(self) -> bool:
        if self._ended:
            return False
        if self._cancel_requested:
            self.master.cancel()
        if not self._started and not self._over():
            self._start()
        if not self.task_manager.step() and not self._over():
            self._slot.wait()
        if not self._over():
            return True
        self._release()
        error = self.failure()
        if error is not None:
            raise error
        return False

    def cancel(self) -> None:
        """Stop the job; it ends as CANCELED."""
        if self._ended:
            return
        self.request_cancel()
        if self._thread is not None:
            if threading.current_thread() is not self._thread:
                self._thread.join()
        elif self._stepping.acquire(blocking=False):  # else whoever drives the job sees the flag
            try:
                if not self._in_step:
                    self._cancel_here()
            finally:
                self._stepping.release()

    def request_cancel(self) -> None:
        """As :meth:`cancel`, without waiting until the job has stopped."""
        self._cancel_requested = True
        self._slot.wakeup()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the job's own thread; whether it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True

    # -- reaching the JobMaster ---------------------------------------------------------------

    def call(self, work: Callable[[], Any]) -> Any:
        if self._thread is None or threading.current_thread() is self._thread or self._ended:
            return work()
        future, run = self._request(lambda done: done(work(), None))
        if run is None:
            return work()
        self._slot.submit(run)
        try:
            return future.result()
        except JobEndedError:  # meanwhile: nobody else touches the JobMaster any more
            return work()

    def await_result(
        self, begin: Callable[[Callable[[Any, BaseException | None], None]], None]
    ) -> Any:
        from hurtig.common.completable_future import CompletableFuture

        future, run = self._request(begin)
        if run is not None:
            self._slot.submit(run)
        if self._thread is not None:
            return future
        return CompletableFuture.lazy(lambda: self._driven(future), future.done)

    def _driven(self, future: Any) -> Any:
        """Nobody else runs the job: go on with it until the result is there."""
        while not future.done() and self.drive():
            pass
        return future

    def refresh(self) -> None:
        for report in self.task_manager.report():
            self.master.reports.add(LOCAL, report)

    def task_managers(self) -> list[dict[str, Any]]:
        """The one there is."""
        import os

        from hurtig.deploy.job_details import task_manager

        return [task_manager(LOCAL, 1, pid=os.getpid())]

    # -- life cycle ---------------------------------------------------------------------------

    def _start(self) -> None:
        self._started = True
        garbage.tune()
        running.register(self)
        self.master.start()

    def _release(self) -> None:
        self.refresh()
        if self._started:
            running.unregister(self)
            garbage.restore()
        self._io.close()
        self._refuse_requests()
        if self.master.status is JobStatus.FINISHED:
            for action in self._when_finished:
                action()

    def _on_ended(self) -> None:
        self._ended = True

    def _over(self) -> bool:
        return self._ended

    def _interrupt(self) -> None:
        """For a signal handler: it may have cut in where this thread holds the slot's lock, so it
        wakes nobody; the slot looks at the flag ten times a second."""
        self._interrupted = True
        self._cancel_requested = True

    def _cancel_here(self) -> None:
        """Nobody is at a step, and perhaps nobody will ask for another one."""
        while self.drive():
            pass

    def _run_quietly(self) -> None:
        """The thread's body: the error is kept for whoever asks for the result."""
        try:
            while self.drive():
                pass
        except BaseException as error:
            if self.master.error is None:
                self.master.error = error
        finally:
            self._refuse_requests()
        if self.failure() is None:
            leftovers.forget(self)
