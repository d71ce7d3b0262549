"""Ctrl-C: once stops cleanly, twice at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAD = """\
import itertools, sys, time
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

class Loud(MapFunction):
    def map(self, value):
        if value == 0:
            print("started", flush=True)
        {work}
        return value

    def close(self):
        print("closed", flush=True)

env = StreamExecutionEnvironment.get_execution_environment()
stream = env.from_iterable(itertools.count, bounded=False).map(Loud()).filter(lambda v: v < 0)
{end}
"""

ENDS = {
    "execute": "stream.print()\nenv.execute()",
    "async": "stream.print()\nenv.execute_async().get_job_execution_result().result()",
    "collect": "list(stream.execute_and_collect())",
}


@pytest.fixture
def start(tmp_path: Path):
    """Starts a job that says "started"; it does not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def run(work: str, end: str) -> subprocess.Popen[str]:
        script = tmp_path / "job.py"
        script.write_text(HEAD.format(work=work, end=ENDS[end]))
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "hurtig", "run", str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
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


@pytest.mark.parametrize("end", ENDS)
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
    process = start("time.sleep(60)", end)
    os.kill(process.pid, signal.SIGINT)
    assert process.stderr is not None
    while "Stopping the job" not in process.stderr.readline():
        pass
    assert process.poll() is None
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    code, _, err = end_of(process)
    assert code == 130
    assert time.monotonic() - started < 5
    assert "Traceback" not in err


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
