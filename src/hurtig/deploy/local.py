"""Runs a job in the client's own process: all subtasks in one slot, one thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from hurtig.client import running
from hurtig.client.running import JobMetrics
from hurtig.common.accumulators import merged
from hurtig.common.configuration import Configuration
from hurtig.common.errors import JobCancelledError, JobExecutionError
from hurtig.common.execution_config import ExecutionConfig
from hurtig.common.job_client import JobClient
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_status import JobStatus
from hurtig.deploy import garbage, leftovers
from hurtig.deploy.interrupts import cancel_on_interrupt
from hurtig.graph.executor import Executor
from hurtig.graph.job_graph import ChainNode, JobGraph, deserialize, serialize
from hurtig.jobmanager.job_master import JobMaster
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP
from hurtig.runtime.job import LocalJob
from hurtig.runtime.slot import Slot
from hurtig.runtime.subtask import JobContext


class LocalExecutor(Executor):
    """``execution.target: local``. The graph is serialized as for any other executor, so that a
    program which runs here also runs there."""

    def execute(self, graph: JobGraph) -> JobClient:
        return JobClient(LocalJobControl(deserialize(serialize(graph))))


class LocalJobControl:
    """One job in this process. Whoever waits for it runs it, unless :meth:`start` was called."""

    def __init__(self, graph: JobGraph) -> None:
        self._graph = graph
        self._slot = Slot()
        self._master = JobMaster(graph.name, self._parallelism_of)
        self.job_id = self._master.job_id
        self._cancel_requested = False
        self._interrupted = False
        self._opened = False
        self._thread: threading.Thread | None = None
        self._stepping = threading.RLock()
        self._in_step = False
        self._when_finished: list[Callable[[], Any]] = []
        self._job: LocalJob | None = None
        configuration = Configuration.from_dict(dict(graph.settings))
        self._context = JobContext(
            graph.settings,
            graph.batch_mode,
            self._splits,
            self._master.alignment,
            _warn,
            ExecutionConfig(configuration).get_global_job_parameters(),
            lambda key, default: configuration._read(key, "duration", default),
        )

    # -- for the job client -------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The job's name."""
        return self._graph.name

    def status(self) -> JobStatus:
        """The job's status."""
        return self._master.status

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
        if self._master.error is not None:
            raise self._master.error
        return JobExecutionResult(self.job_id, self._master.runtime_ms(), self.accumulators())

    def drive(self) -> bool:
        """One step of the job; whether it still runs. Raises what made it fail."""
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
        if self._master.status.is_globally_terminal_state():
            return False
        try:
            if self._cancel_requested:
                self._end_cancelled()
                return False
            if self._job is None:
                self._open()
            if not self._slot.step():
                if self._slot.finished:
                    self._end_finished()
                    return False
                self._slot.wait()
        except BaseException as error:
            self._end_failed(error)
            raise self._master.error or error from None
        return True

    def cancel(self) -> None:
        """Stop the job; it ends as CANCELED."""
        if self._master.status.is_globally_terminal_state():
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

    def failure(self) -> BaseException | None:
        """What made the job fail; None where it runs, has finished or was cancelled."""
        return self._master.error if self._master.status is JobStatus.FAILED else None

    def when_finished(self, action: Callable[[], Any]) -> None:
        """Call ``action`` once the job has finished without failure."""
        self._when_finished.append(action)

    def accumulators(self) -> dict[str, Any]:
        """The values of the accumulators so far."""
        return {name: merged(parts) for name, parts in self._context.accumulators.copy().items()}

    def stop_with_savepoint(self, drain: bool, directory: str | None) -> Any:
        """Not in this version."""
        raise JobExecutionError("savepoints are not in this version of hurtig")

    def trigger_savepoint(self, directory: str | None) -> Any:
        """Not in this version."""
        raise JobExecutionError("savepoints are not in this version of hurtig")

    # -- for progress -------------------------------------------------------------------------

    def metrics(self) -> JobMetrics:
        """Totals over all operators; called from other threads."""
        totals = JobMetrics(records_in=0, records_out=0, watermark=None, late=0)
        lowest = MAX_TIMESTAMP
        for vertex, _, context in list(self._job.operators) if self._job is not None else ():
            node = next(n for n in vertex.nodes if n.uid == context.uid)
            metrics = context.metrics
            totals["late"] += metrics.late_dropped
            if node.source is not None:
                totals["records_in"] += metrics.records_out
            if node.is_sink:
                totals["records_out"] += metrics.records_in
            elif metrics.watermark > MIN_TIMESTAMP:
                lowest = min(lowest, metrics.watermark)
        if lowest < MAX_TIMESTAMP:
            totals["watermark"] = lowest
        return totals

    # -- life cycle ---------------------------------------------------------------------------

    def _open(self) -> None:
        self._opened = True
        garbage.tune()
        running.register(self)
        self._job = LocalJob(self._graph, self._context, self._slot)
        self._job.open()
        self._master.move_to(JobStatus.RUNNING)

    def _release(self) -> None:
        if self._opened:
            self._opened = False
            running.unregister(self)
            garbage.restore()
        try:
            self._master.close()
        except Exception as error:
            self._not_closed(error)

    def _not_closed(self, error: Exception) -> None:
        _warn(self.name, f"could not be closed cleanly: {type(error).__name__}: {error}")

    def _end_finished(self) -> None:
        self._master.move_to(JobStatus.FINISHED)
        self._release()
        for action in self._when_finished:
            action()

    def _end_cancelled(self) -> None:
        self._master.move_to(JobStatus.CANCELLING)
        try:
            if self._job is not None:
                self._job.close()
        except Exception as error:
            self._not_closed(error)
        finally:
            self._master.error = JobCancelledError(f"job {self.name!r} was cancelled")
            self._master.move_to(JobStatus.CANCELED)
            self._release()

    def _end_failed(self, error: BaseException) -> None:
        if self._master.status.is_globally_terminal_state():
            return
        self._master.move_to(JobStatus.FAILING)
        self._master.error = error
        try:
            if self._job is not None:
                self._job.close()
        except Exception as also:
            if isinstance(error, Exception):
                error.add_note(f"while the job was closed: {type(also).__name__}: {also}")
        finally:
            self._master.move_to(JobStatus.FAILED)
            self._release()

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
            if self._master.error is None:
                self._master.error = error
        if self.failure() is None:
            leftovers.forget(self)

    # -- wiring -------------------------------------------------------------------------------

    def _parallelism_of(self, node: ChainNode) -> int:
        for vertex in self._graph.vertices:
            if any(n is node for n in vertex.nodes):
                return vertex.parallelism
        raise KeyError(node.name)

    def _splits(self, node: ChainNode) -> Any:
        slot = self._slot
        return self._master.coordinator(node, slot.now, slot.schedule, slot.wakeup)


def _warn(operator: str, message: str) -> None:
    print(f"WARN [{operator}] {message}", file=sys.stderr)
