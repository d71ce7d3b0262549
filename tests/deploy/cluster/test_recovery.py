"""Real jobs under a cluster whose processes are killed: what the sink committed is exactly once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from textwrap import dedent

import pytest

PROGRAM = """
    import sys, time
    from dataclasses import dataclass
    from pyflink.common import Encoder, WatermarkStrategy
    from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
    from pyflink.datastream.connectors.file_system import FileSink
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource
    from pyflink.datastream.state import ValueStateDescriptor
    from pyflink.common.typeinfo import Types

    @dataclass
    class Seen:
        key: int
        count: int = 0

    class Count(KeyedProcessFunction):
        def open(self, context):
            descriptor = ValueStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY())
            self.seen = context.get_state(descriptor)

        def process_element(self, value, context):
            seen = self.seen.value() or Seen(value % 7)
            seen = Seen(seen.key, seen.count + 1)
            self.seen.update(seen)
            time.sleep(0.001)
            yield f"{seen.key} {seen.count}"

    numbers, folder = int(sys.argv[1]), sys.argv[2]
    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(100)
    source = NumberSequenceSource(0, numbers - 1)
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
    sink = FileSink.for_row_format(folder, Encoder.simple_string_encoder()).build()
    stream.key_by(lambda v: v % 7).process(Count(), Types.STRING()).sink_to(sink)
    env.execute("counting")
"""
NUMBERS = 2100


def until(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


def committed(folder) -> Counter[str]:
    files = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    return Counter(line for p in files for line in p.read_text().splitlines())


EXPECTED = Counter(f"{key} {n}" for key in range(7) for n in range(1, NUMBERS // 7 + 1))


@pytest.fixture
def submit(cluster, tmp_path):
    (tmp_path / "job.py").write_text(dedent(PROGRAM))

    def run(*options: str) -> str:
        words = [*options, "job.py", str(NUMBERS), str(tmp_path / "out")]
        command = [sys.executable, "-m", "hurtig", "run", "-d", "--dir", cluster.folder.root]
        done = subprocess.run(
            [*command, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return re.search("JobID ([0-9a-f]{32})", done.stdout)[1]

    return run


def completed(cluster, job: str) -> int:
    """Checkpoints that the job's process has completed."""
    return cluster.client.get(f"/jobs/{job}/checkpoints")["counts"]["completed"]


def test_nothing_is_lost_or_doubled_when_processes_are_killed(cluster, submit, tmp_path):
    job = submit()
    for kill_daemon in (False, True, False):
        attempt = cluster.record(job)["attempt"]
        until(lambda: completed(cluster, job) >= 2)
        if kill_daemon:
            cluster.kill()
            cluster.start()
        else:
            os.kill(cluster.record(job)["process_group"], signal.SIGKILL)
        until(lambda before=attempt: cluster.record(job)["attempt"] > before)
    until(lambda: cluster.status(job) in ("FINISHED", "FAILED"))
    assert cluster.status(job) == "FINISHED", cluster.client.get(f"/jobs/{job}/exceptions")
    assert committed(tmp_path / "out") == EXPECTED
    assert cluster.record(job)["restarts"] == 3


def test_stop_and_go_on_from_the_savepoint(cluster, submit, tmp_path):
    job = submit()
    until(lambda: completed(cluster, job) >= 2)
    command = [sys.executable, "-m", "hurtig", "stop", "--dir", cluster.folder.root]
    done = subprocess.run(
        [*command, "-p", str(tmp_path / "savepoints")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    path = re.search(r"Path: (\S+)", done.stdout)[1]
    assert cluster.status(job) == "FINISHED"
    assert committed(tmp_path / "out").total() < NUMBERS  # files may go on growing after a restore
    again = submit("-s", path)
    until(lambda: cluster.status(again) in ("FINISHED", "FAILED"))
    assert committed(tmp_path / "out") == EXPECTED
