from __future__ import annotations

import pickle
from concurrent.futures import Future
from typing import Any

import pytest

from hurtig.common import CompletableFuture, JobClient, JobExecutionResult, JobID, JobStatus


class Control:
    """A job that runs when its result is asked for."""

    def __init__(self, error: Exception | None = None) -> None:
        self.job_id = JobID()
        self.calls: list[Any] = []
        self.state = JobStatus.RUNNING
        self.error = error

    def status(self) -> JobStatus:
        return self.state

    def result(self) -> Any:
        self.calls.append("result")
        self.state = JobStatus.FAILED if self.error else JobStatus.FINISHED
        if self.error:
            raise self.error
        return JobExecutionResult(self.job_id, 12, {"n": 3})

    def cancel(self) -> Any:
        self.calls.append("cancel")

    def accumulators(self) -> Any:
        return {"n": 3}

    def stop_with_savepoint(self, drain: bool, directory: str | None) -> Any:
        future: Future[str] = Future()
        future.set_result(f"{directory}/savepoint-{drain}")
        return future

    def trigger_savepoint(self, directory: str | None) -> Any:
        return f"{directory}/savepoint"


def test_result_runs_the_job_once() -> None:
    control = Control()
    client = JobClient(control)
    future = client.get_job_execution_result()
    assert not future.done()
    result = future.result()
    assert future.result() is result
    assert future.done()
    assert future.exception() is None
    assert control.calls == ["result"]
    assert result.get_job_id() == client.get_job_id()
    assert result.get_net_runtime() == 12
    assert result.get_accumulator_result("n") == 3
    assert result.get_all_accumulator_results() == {"n": 3}


def test_failure_is_the_jobs_own_error() -> None:
    error = ValueError("boom")
    future = JobClient(Control(error)).get_job_execution_result()
    with pytest.raises(ValueError, match="boom"):
        future.result()
    assert future.exception() is error


def test_the_other_calls() -> None:
    control = Control()
    client = JobClient(control)
    assert client.get_job_status().result() is JobStatus.RUNNING
    assert client.get_accumulators().result() == {"n": 3}
    assert client.stop_with_savepoint(True, "d").result() == "d/savepoint-True"
    assert client.trigger_savepoint("d").result() == "d/savepoint"
    assert client.cancel().result() is None
    assert control.calls == ["cancel"]


def test_futures() -> None:
    inner: Future[int] = Future()
    future = CompletableFuture(inner, lambda n: n + 1)
    assert not future.done()
    inner.set_result(1)
    assert future.result() == 2
    pending = CompletableFuture(Future[int]())
    assert pending.cancel()
    assert pending.cancelled()
    assert not CompletableFuture.completed(5).cancel()
    with pytest.raises(KeyError):
        CompletableFuture.failed(KeyError("k")).result()


def test_job_id() -> None:
    a = JobID()
    assert a != JobID()
    assert JobID(str(a)) == a
    assert pickle.loads(pickle.dumps(a)) == a
    with pytest.raises(ValueError, match="32 hexadecimal"):
        JobID("x")


def test_job_status() -> None:
    terminal = {s.name for s in JobStatus if s.is_terminal_state()}
    assert terminal == {"FAILED", "CANCELED", "FINISHED", "SUSPENDED"}
    assert terminal - {s.name for s in JobStatus if s.is_globally_terminal_state()} == {"SUSPENDED"}
