from __future__ import annotations

import socket
import threading
import time

import pytest

from hurtig.common.errors import JobExecutionError
from hurtig.deploy.cluster.job_calls import JobCalls
from hurtig.deploy.cluster.line import FrameSocket, JobLine, JobProcessGoneError, RemoteCallError


class Control:
    def __init__(self):
        self.go = threading.Event()
        self.cancelled = False

    def details(self):
        return {"x": "ü" * 100_000}

    def trigger_savepoint(self, directory):
        self.go.wait(10)
        return f"{directory}/savepoint"

    def stop_with_savepoint(self, drain, directory):
        raise JobExecutionError("no")

    def cancel(self):
        self.cancelled = True
        return object()  # not for the line

    def accumulators(self):
        return {"a": {1, 2}}


@pytest.fixture
def ends():
    """(line of the daemon, calls of the job process, events, event of the end)."""
    here, there = socket.socketpair()
    gone = threading.Event()
    calls = JobCalls(FrameSocket(there), gone.set)
    calls.start()
    line, events = JobLine(FrameSocket(here)), []
    reader = threading.Thread(target=line.serve, args=(events.append,))
    reader.start()
    yield line, calls, events, gone
    line.close()
    reader.join(10)
    assert gone.wait(10)
    there.close()


def test_calls(ends):
    line, calls, _, _ = ends
    calls.attach(Control())
    assert line.call("details", 10) == {"x": "ü" * 100_000}
    assert line.call("accumulators", 10) == {"a": "{1, 2}"}


def test_errors(ends):
    line, calls, _, _ = ends
    calls.attach(Control())
    with pytest.raises(RemoteCallError, match="no") as e:
        line.call("stop_with_savepoint", 10, drain=True, directory=None)
    assert e.value.kind == "JobExecutionError"
    assert e.value.render() == "JobExecutionError: no"
    with pytest.raises(RemoteCallError, match="unknown call"):
        line.call("__class__", 10)
    with pytest.raises(RemoteCallError, match="has no exceptions"):
        line.call("exceptions", 10)


def test_a_slow_call_holds_up_no_other(ends):
    line, calls, _, _ = ends
    control = Control()
    calls.attach(control)
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(line.call("trigger_savepoint", None, directory="/d"))
    )
    slow.start()
    assert "x" in line.call("details", 10)
    assert answers == []
    control.go.set()
    slow.join(10)
    assert answers == ["/d/savepoint"]


def test_before_there_is_a_job(ends):
    line, calls, _, _ = ends
    control = Control()
    control.go.set()
    with pytest.raises(RemoteCallError, match="just being started"):
        line.call("details", 10)
    answers = []
    early = threading.Thread(
        target=lambda: answers.append(line.call("trigger_savepoint", None, directory="/d"))
    )
    early.start()
    assert line.call("cancel", 10) is None
    assert calls.attach(control) is False  # cancelled before it began
    early.join(10)
    assert answers == ["/d/savepoint"]


def test_cancel_gives_nothing_back(ends):
    line, calls, _, _ = ends
    control = Control()
    assert calls.attach(control) is True
    assert line.call("cancel", 10) is None
    assert control.cancelled


def test_events(ends):
    _, calls, events, _ = ends
    calls.tell("status", status="RUNNING")
    deadline = time.monotonic() + 10
    while not events:
        assert time.monotonic() < deadline
    assert events == [{"event": "status", "status": "RUNNING"}]


def test_whoever_waits_is_told_that_the_process_is_gone(ends):
    line, calls, _, gone = ends
    calls.attach(Control())
    with pytest.raises(JobProcessGoneError, match="within"):
        line.call("trigger_savepoint", 0.05, directory="/d")
    threading.Timer(0.05, line.close).start()
    with pytest.raises(JobProcessGoneError, match="before it answered"):
        line.call("trigger_savepoint", None, directory="/d")
    assert gone.wait(10)
    with pytest.raises(JobProcessGoneError, match="not running"):
        line.call("details", 10)
