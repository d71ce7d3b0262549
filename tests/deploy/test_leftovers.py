"""What the end of a program does about jobs in the background; see also test_interrupt."""

from __future__ import annotations

import pytest

from hurtig.common.errors import JobExecutionError
from hurtig.deploy import leftovers


class Job:
    def __init__(self, name: str, stops: bool = True, interrupted: bool = False) -> None:
        self.name = name
        self.cancelled = False
        self._stops = stops
        self._interrupted = interrupted
        self.error: BaseException | None = None

    def failure(self) -> BaseException | None:
        return self.error

    def request_cancel(self) -> None:
        self.cancelled = True

    def wait(self, seconds: float) -> bool:
        if self._interrupted:
            raise KeyboardInterrupt
        return self._stops


@pytest.fixture(autouse=True)
def jobs(monkeypatch):
    known: list[Job] = []
    monkeypatch.setattr(leftovers, "_jobs", known)
    monkeypatch.setattr(leftovers, "PATIENCE", 0.0)
    return known


def test_all_that_are_remembered_are_cancelled(capsys):
    first, second, ended = Job("a"), Job("b"), Job("c")
    for job in (first, second, ended):
        leftovers.remember(job)
    leftovers.forget(ended)
    leftovers.forget(ended)
    leftovers._cancel_all()
    assert (first.cancelled, second.cancelled, ended.cancelled) == (True, True, False)
    err = capsys.readouterr().err
    assert err.count("is cancelled, for the program ends") == 2
    assert "WARN [a]" in err
    assert "WARN [b]" in err


def test_a_stuck_job_does_not_keep_the_others_from_being_cancelled(capsys):
    stuck, other = Job("stuck", stops=False), Job("other")
    leftovers.remember(stuck)
    leftovers.remember(other)
    leftovers._cancel_all()
    assert other.cancelled
    err = capsys.readouterr().err
    assert "Waiting for job 'stuck'" in err
    assert "WARN [stuck] did not stop within 0 s" in err
    assert "for job 'other'" not in err


def test_an_interrupt_ends_the_waiting():
    job, later = Job("a", interrupted=True), Job("b", interrupted=True)
    leftovers.remember(job)
    leftovers.remember(later)
    leftovers._cancel_all()
    assert job.cancelled
    assert later.cancelled


def test_a_failure_that_nobody_asked_for_is_told(capsys):
    failed, engine = Job("a"), Job("b")
    failed.error, engine.error = JobExecutionError("no disk"), ValueError("x")
    leftovers.remember(failed)
    leftovers.remember(engine)
    leftovers._cancel_all()
    assert not failed.cancelled
    assert capsys.readouterr().err == (
        "WARN [a] failed in the background:\nJobExecutionError: no disk\n"
        "WARN [b] failed in the background:\nValueError: x\n"
    )
