"""``hurtig run job.py | head`` ends without a word."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

ENDLESS = """
    from pyflink.datastream import StreamExecutionEnvironment
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_sequence(1, 10**12).{step}
    env.execute()
    """
PROGRAMS = {
    "print of a stream": ENDLESS.format(step="print()"),
    "print in a function": ENDLESS.format(step="map(print).print()"),
    "print of the program": "while True: print('x')",
    "only as it ends": "print(1, flush=True); import time; time.sleep(0.3); print(2)",
}


def _run_into_head(tmp_path, code):
    (tmp_path / "job.py").write_text(dedent(code))
    process = subprocess.Popen(
        [sys.executable, "-m", "hurtig", "run", "job.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    return process.wait(timeout=20), error


@pytest.mark.parametrize("kind", PROGRAMS)
def test_the_program_ends_quietly(tmp_path, kind):
    assert _run_into_head(tmp_path, PROGRAMS[kind]) == (141, "")


def test_another_broken_pipe_is_an_error(hurtig_run):
    done = hurtig_run("raise BrokenPipeError('of a socket')")
    assert done.returncode == 1
    assert "BrokenPipeError: of a socket" in done.stderr
