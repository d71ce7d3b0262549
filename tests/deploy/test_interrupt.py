"""Ctrl-C: once stops cleanly, twice at once; what still runs when the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from hurtig.common.job_status import JobStatus
from hurtig.datastream import StreamExecutionEnvironment

HEAD = """\
import itertools, signal, sys, time
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

class Loud(MapFunction):
    def map(self, value):
        if value == 0:
            while {waited_for} and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                time.sleep(0.001)
            print("started", flush=True)
        {work}
        return value

    def close(self):
        print("closed", flush=True)

env = StreamExecutionEnvironment.get_execution_environment()
stream = env.from_iterable(itertools.count, bounded=False).map(Loud()).filter(lambda v: v < 0)
{end}
"""

# In short pieces: a signal that comes just before a sleep is handled only behind it.
STUCK = "for _ in range(6000): time.sleep(0.01)"

ENDS = {
    "execute": "stream.print()\nenv.execute()",
    "async": "stream.print()\nenv.execute_async().get_job_execution_result().result()",
    "collect": "list(stream.execute_and_collect())",
    # Nobody waits for the job:
    "busy": f"stream.print()\nenv.execute_async()\n{STUCK}",
    "over": "stream.print()\nenv.execute_async()\nsys.stdin.readline()",
}


@pytest.fixture
def start(tmp_path: Path):
    """Starts a job that says "started"; it does not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def run(work: str, end: str) -> subprocess.Popen[str]:
        script = tmp_path / "job.py"
        waited_for = end in ("execute", "async")
        script.write_text(HEAD.format(work=work, end=ENDS[end], waited_for=waited_for))
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "hurtig", "run", str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def end_of(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=15)
    return process.returncode, out, err


def wait_for_line(process: subprocess.Popen[str], part: str) -> None:
    """Read stderr up to a line that contains ``part``."""
    assert process.stderr is not None
    for line in process.stderr:
        if part in line:
            return
    raise AssertionError(f"{part!r} was not written")


@pytest.mark.parametrize("end", ["execute", "async", "collect"])
def test_once(start, end):
    process = start("time.sleep(0.001)", end)
    os.kill(process.pid, signal.SIGINT)
    code, out, err = end_of(process)
    assert code == 130, err
    assert out == "closed\n"
    assert "Traceback" not in err
    if end != "collect":
        assert "Stopping the job" in err


@pytest.mark.timeout(30)
@pytest.mark.parametrize("end", ["execute", "async"])
def test_twice(start, end):
    """The second one does not wait for a function that is stuck."""
    process = start(STUCK, end)
    os.kill(process.pid, signal.SIGINT)
    wait_for_line(process, "Stopping the job")
    assert process.poll() is None
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    code, _, err = end_of(process)
    assert code == 130
    assert time.monotonic() - started < 5
    assert "Traceback" not in err


def test_a_job_in_the_background_ends_with_the_interrupted_program(start):
    process = start("time.sleep(0.001)", "busy")
    os.kill(process.pid, signal.SIGINT)
    code, out, err = end_of(process)
    assert (code, out) == (130, "closed\n"), err
    assert "Traceback" not in err


def test_a_job_in_the_background_ends_with_the_program(start):
    process = start("time.sleep(0.001)", "over")
    code, out, err = end_of(process)
    assert (code, out) == (0, "closed\n")
    assert err.startswith("WARN [Flink Streaming Job] is cancelled, for the program ends")
    assert err.count("\n") == 1


@pytest.mark.timeout(30)
def test_a_stuck_job_in_the_background_holds_up_the_end_of_the_program(start):
    """The user reads why, and Ctrl-C ends it."""
    process = start(STUCK, "over")
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    wait_for_line(process, "Waiting for job 'Flink Streaming Job' to stop")
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(15) == 0
    assert time.monotonic() - started < 5


def test_a_signal_while_the_slot_is_locked():
    """The handler runs in the thread that may hold the lock: it must not wait for it."""
    env = StreamExecutionEnvironment.get_execution_environment()
    records = env.from_collection([1]).execute_and_collect()
    control = records._client._control
    with control._slot._signal._cond:
        control._interrupt()
    with pytest.raises(KeyboardInterrupt):
        control.result()
    assert control.status() is JobStatus.CANCELED


def test_a_program_keeps_its_own_handler(run_python):
    code = """\
import signal
def mine(*args): pass
signal.signal(signal.SIGINT, mine)
from hurtig.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1]).map(lambda x: signal.getsignal(signal.SIGINT).__name__).print()
env.execute()
assert signal.getsignal(signal.SIGINT) is mine
"""
    done = run_python("-c", code)
    assert (done.returncode, done.stdout) == (0, "mine\n"), done.stderr


FAILS = """\
    from pyflink.datastream import StreamExecutionEnvironment
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).map(lambda v: v / 0).print()
    client = env.execute_async("ratio")
    while not client.get_job_status().result().is_globally_terminal_state():
        pass
    """


def test_a_failure_in_the_background_is_told_at_the_end(run_python, tmp_path):
    (tmp_path / "job.py").write_text(dedent(FAILS))
    done = run_python("-m", "hurtig", "run", "job.py")
    assert done.stderr.startswith("WARN [ratio] failed in the background:\nTraceback")
    assert "ZeroDivisionError" in done.stderr


def test_a_failure_that_was_asked_for_is_told_once(run_python, tmp_path):
    ask = "try: client.get_job_execution_result().result()\nexcept Exception as e: print(e.cause)"
    (tmp_path / "job.py").write_text(dedent(FAILS) + ask)
    done = run_python("-m", "hurtig", "run", "job.py")
    assert (done.stdout, done.stderr) == ("division by zero\n", "")
