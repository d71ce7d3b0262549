"""One job of the cluster: keeps a process running for it until it has ended."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hurtig.deploy.cluster import leftover_processes
from hurtig.deploy.cluster.job_launch import launch
from hurtig.deploy.cluster.job_record import JobDirectory, JobRecord
from hurtig.deploy.cluster.line import JobLine, JobProcessGoneError
from hurtig.deploy.cluster.restarts import LIMIT, LIMIT_KEY, DeathCounter

__all__ = ["ManagedJob", "now_ms"]

_ANSWER_WITHIN = 5.0
_RETRY_AFTER = 1.0
_RESTART_TIME = 60.0
_CLOSING_TIME = 10.0
"""Seconds that a job process has for its ``atexit`` functions after the job has ended."""
_TIDYING_TIME = 0.5
"""Seconds that what a dead job process left behind has to end by itself."""


def now_ms() -> int:
    """Epoch ms."""
    return int(time.time() * 1000)


class ManagedJob:
    """A thread supervises the job's process; requests come from the threads of the REST server."""

    def __init__(
        self,
        record: JobRecord,
        directory: JobDirectory,
        log: Callable[[str], None],
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.record = record
        self.directory = directory
        self._log = log
        self._on_end = on_end
        self._lock = threading.Condition()
        self._line: JobLine | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._wake = threading.Event()
        self._deaths = DeathCounter(_limit(record))
        self._progress = False
        self._result: dict[str, Any] | None = None
        self.ended = threading.Event()
        self._thread = threading.Thread(
            target=self._supervise, name=f"job-{record.job_id[:8]}", daemon=True
        )
        if record.ended:
            self._result = directory.result(record.attempt)
            self.ended.set()

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin, or go on with, a job that has not ended."""
        self._thread.start()

    def suspend(self) -> None:
        """End its process and leave the job as it is, for the next daemon to go on with it."""
        with self._lock:
            self._stopping = True
            line = self._line
        self._wake.set()
        if line is not None:
            line.close()
        if self._thread.is_alive():
            self._thread.join(_CLOSING_TIME)
        self._kill()

    def cancel(self) -> None:
        """Ask the job to stop; does not wait."""
        with self._lock:
            if self.record.ended:
                return
            self.record.cancel_requested = True
            self._enter("CANCELLING")
            line = self._line
        self._wake.set()
        if line is not None:
            threading.Thread(target=self._cancel_there, args=(line,), daemon=True).start()

    def _cancel_there(self, line: JobLine) -> None:
        try:
            line.call("cancel", None)
        except Exception as error:
            self._log(f"job {self.record.job_id}: while it was cancelled: {error}")

    def _supervise(self) -> None:
        try:
            self._finish_earlier_attempt()
            while not self.record.ended and not self._stopping:
                if self.record.cancel_requested:
                    self._end("CANCELED")
                    break
                self._attempt()
        except Exception as error:
            self._log(f"job {self.record.job_id}: {type(error).__name__}: {error}")
            self._fail(f"the JobManager could not go on with the job: {error}", type(error))
        finally:
            if self.record.ended:
                self.ended.set()
                self._on_end()

    def _finish_earlier_attempt(self) -> None:
        """What the process of an earlier daemon left."""
        record = self.record
        if not record.attempt:
            return
        leftover_processes.end_leftovers(
            record.process_group, self.directory.path, grace=_TIDYING_TIME
        )
        result = self.directory.result(record.attempt)
        if result is not None:
            self._end_with(result)
        elif not record.cancel_requested:
            record.restarts += 1
            self._enter("RESTARTING")
            self._log(f"job {record.job_id} ({record.name}): goes on, restart {record.restarts}")

    def _attempt(self) -> None:
        """Run one process to its end and see what its end means."""
        record = self.record
        with self._lock:
            if self._stopping or record.cancel_requested:
                return
            record.attempt += 1
            self._progress = False
            began = time.monotonic()
            try:
                self.directory.write(record)  # before the process exists: it reads its number
                process, line = launch(self.directory, record)
            except OSError as error:
                self._log(f"job {record.job_id}: no process can be started for it: {error}")
                self._wake.wait(_RETRY_AFTER)
                return
            self._process, self._line = process, line
            self._lock.notify_all()
            record.process_group = process.pid
            self._save()
        line.serve(self._on_event)
        code = self._wait_for(process)
        with self._lock:
            self._line = self._process = None
        result = self.directory.result(record.attempt)
        if result is not None:
            self._end_with(result)
        elif not self._stopping:
            self._died(code, time.monotonic() - began)

    def _wait_for(self, process: subprocess.Popen[bytes]) -> int:
        try:
            process.wait(_CLOSING_TIME)
        except subprocess.TimeoutExpired:
            self._log(f"job {self.record.job_id}: its process did not end and is killed")
            leftover_processes.end_group(process.pid)
        code = process.wait()
        leftover_processes.end_leftovers(process.pid, self.directory.path, grace=_TIDYING_TIME)
        leftover_processes.end_group(process.pid)
        return code

    def _died(self, code: int, ran: float) -> None:
        record = self.record
        how = f"the job's process ended with {_describe(code)}"
        self._log(f"job {record.job_id} ({record.name}): {how}")
        entry = self._failure(f"{how}; what it printed last is in its log (hurtig logs)")
        if record.cancel_requested:
            return
        delay = self._deaths.delay(ran, self._progress)
        if delay is None:
            self._fail(
                f"{how}, {self._deaths.in_a_row} times in a row without a checkpoint between them",
                JobProcessGoneError,
            )
            return
        with self._lock:
            record.failures.append(entry)
            del record.failures[:-20]
            record.restarts += 1
            self._enter("RESTARTING")
        self._wake.wait(delay)

    def _on_event(self, message: dict[str, Any]) -> None:
        if message["event"] != "status":
            return
        with self._lock:
            record = self.record
            checkpoint = message["latest_checkpoint"]
            if checkpoint != record.latest_checkpoint and checkpoint is not None:
                self._progress = True
                record.latest_checkpoint = checkpoint
                self._save(durable=False)
            status = message["status"]
            # The end is told by the result.
            final = status in ("CREATED", "FINISHED", "CANCELED", "FAILED")
            cancelling = record.cancel_requested and status == "RUNNING"
            if not final and not cancelling and status != record.status:
                self._enter(status)

    # -- ends ---------------------------------------------------------------------------------

    def _end_with(self, result: dict[str, Any]) -> None:
        self._result = result
        if result["details"] is not None:
            try:
                self.directory.write_details(result["details"])
            except OSError as error:
                self._log(f"job {self.record.job_id}: its end cannot be written: {error}")
        self._end(result["status"])

    def _fail(self, message: str, kind: type[BaseException]) -> None:
        self._result = {"failure": {**self._failure(message), "exceptionName": kind.__name__}}
        if not self.record.ended:
            with self._lock:
                self.record.failures.append(self._result["failure"])
            self._end("FAILED")

    def _end(self, status: str) -> None:
        with self._lock:
            self._enter(status)
            self._lock.notify_all()
        self._log(f"job {self.record.job_id} ({self.record.name}): {status}")

    def _enter(self, status: str) -> None:
        """Kept before it is told."""
        now = now_ms()
        after = replace(self.record, timestamps=dict(self.record.timestamps))
        after.enter(status, now)
        self._save(after)
        self.record.enter(status, now)

    def _save(self, record: JobRecord | None = None, durable: bool = True) -> None:
        """A disk that is full does not end the job."""
        try:
            self.directory.write(record or self.record, durable)
        except OSError as error:
            self._log(f"job {self.record.job_id}: its record cannot be written: {error}")

    def _failure(self, message: str) -> dict[str, Any]:
        from hurtig.deploy.job_details import exception_entry

        return exception_entry(JobProcessGoneError(message), now_ms())

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            leftover_processes.end_group(process.pid)
            process.wait()

    # -- questions ----------------------------------------------------------------------------

    def call(self, name: str, timeout: float | None = None, **arguments: Any) -> Any:
        """Ask the running job. ``JobProcessGoneError`` where it has no process.

        ``timeout`` is in seconds; None waits for the answer as long as it takes, and for a process
        where the job is just being restarted.
        """
        with self._lock:
            if timeout is None:
                self._lock.wait_for(self._has_process_or_never_will, _RESTART_TIME)
            line = self._line
        if line is None:
            how = f"has ended ({self.record.status})" if self.record.ended else "is being restarted"
            raise JobProcessGoneError(f"job {self.record.job_id} {how}")
        return line.call(name, timeout, **arguments)

    def _has_process_or_never_will(self) -> bool:
        return self._line is not None or self.record.ended or self._stopping

    def ask(self, name: str, **arguments: Any) -> Any:
        """What the job says of itself now; None where it cannot say."""
        try:
            return self.call(name, _ANSWER_WITHIN, **arguments)
        except Exception:
            return None

    def result(self) -> dict[str, Any]:
        """How the job ended; empty while it has not."""
        return self._result or {}

    def change_settings(self, settings: dict[str, str]) -> None:
        """New values for the running job, kept for its next processes."""
        self.call("change_settings", _ANSWER_WITHIN, settings=settings)
        with self._lock:
            self.record.settings.update(settings)
            self._save()


def _limit(record: JobRecord) -> int:
    text = record.settings.get(LIMIT_KEY, "")
    return int(text) if text.isdigit() else LIMIT


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
