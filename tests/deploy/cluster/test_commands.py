"""The commands that talk to a cluster, and programs that are submitted to one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from textwrap import dedent

import pytest

JOB = """
    import sys, time
    from dataclasses import dataclass
    from pyflink.datastream import StreamExecutionEnvironment
    import helper

    @dataclass
    class Point:
        x: int

    def move(point):
        time.sleep(helper.PAUSE)
        return Point(point.x * 2)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([Point(i) for i in range(int(sys.argv[1]))]).map(move).print()
    result = env.execute("points")
    print("executed", result.get_job_id())
"""
SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})\n")


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


@pytest.fixture
def hurtig(idle_cluster, tmp_path):
    """``hurtig("list", "-a")`` in a folder with a program."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "job.py").write_text(dedent(JOB))
    (folder / "helper.py").write_text("PAUSE = 0.01\n")
    idle_cluster.folder.create()

    def run(*words: str, code: int | None = 0, **env: str):
        directory = () if words[0] == "info" else ("--dir", idle_cluster.folder.root)
        done = subprocess.run(
            [sys.executable, "-m", "hurtig", words[0], *directory, *words[1:]],
            cwd=folder,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def started(hurtig, idle_cluster):
    idle_cluster.start()
    return hurtig


def submitted(done) -> str:
    return SUBMITTED.search(done.stdout)[1]


def test_start_status_stop(hurtig, idle_cluster):
    assert "No cluster runs" in hurtig("cluster", "status", code=1).stdout
    said = hurtig("cluster", "start", "--port", "0").stdout
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+", said)[0]
        assert "token" not in said
        assert address in hurtig("cluster", "start").stdout
        status = hurtig("cluster", "status").stdout
        assert address in status
        assert "0 running" in status
        host_and_port = address.removeprefix("http://")
        assert "No running jobs." in hurtig("list", "-m", host_and_port).stdout
    finally:
        said = hurtig("cluster", "stop").stdout
    assert "Stopped the cluster" in said
    assert not idle_cluster.folder.is_running()
    assert "No cluster runs" in hurtig("cluster", "stop").stdout


def test_start_tells_the_token_where_it_is_needed(hurtig, idle_cluster):
    said = hurtig("cluster", "start", "--host", "0.0.0.0", "--port", "0").stdout
    try:
        token = re.search(r"Bearer ([0-9a-f]{48})", said)[1]
        port = re.search(r":(\d+)", said)[1]
        assert "No running jobs." in hurtig("list").stdout  # the folder has the token
        at, other = ("list", "-m", f"127.0.0.2:{port}"), {"HURTIG_REST_TOKEN": token}
        assert "token is needed" in hurtig(*at, code=1).stderr
        assert "No running jobs." in hurtig(*at, "-D", f"hurtig.rest.token={token}").stdout
        assert "No running jobs." in hurtig(*at, **other).stdout
    finally:
        hurtig("cluster", "stop")


def test_start_that_fails_tells_why(hurtig, tmp_path):
    said = hurtig("cluster", "start", "--port", "none", code=1).stderr
    assert "'none' is no port" in said


def test_there_is_no_cluster(hurtig):
    for words in (
        ["list"],
        ["cancel"],
        ["stop"],
        ["savepoint", "/s"],
        ["run", "-d", "job.py", "1"],
    ):
        said = hurtig(*words, code=1).stderr
        assert "hurtig cluster start" in said
        assert "Traceback" not in said


def test_detached(started):
    done = started("run", "-d", "job.py", "5")
    job = submitted(done)
    assert f"executed {job}" in done.stdout
    logs = started("logs", "-f", job[:8]).stdout
    assert logs == "".join(f"Point(x={2 * i})\n" for i in range(5))
    listed = started("list", "-a").stdout
    assert f" : {job} : points (FINISHED)" in listed
    assert job not in started("list").stdout


def test_attached(started, idle_cluster):
    address = f"localhost:{idle_cluster.client.port}"
    done = started("run", "-m", address, "job.py", "5")
    job = submitted(done)
    assert f"executed {job}" in done.stdout
    assert idle_cluster.status(job) == "FINISHED"
    assert "Point" not in done.stdout


def test_attached_job_that_fails(started, tmp_path):
    program = tmp_path / "programs" / "bad.py"
    program.write_text(
        "from hurtig.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([2, 1, 0]).map(lambda x: 6 // x).print()\n"
        "env.execute()\n"
    )
    done = started("run", "-t", "remote", "bad.py", code=1)
    assert "ZeroDivisionError" in done.stderr
    assert "6 // x" in done.stderr
    assert "record    0" in done.stderr
    assert "hurtig/" not in done.stderr
    done = started("run", "-d", "bad.py")
    assert "ZeroDivisionError" in started("logs", "-f", submitted(done)).stdout


def test_collected_records_reach_the_program(started, tmp_path):
    (tmp_path / "programs" / "collect.py").write_text(
        "from hurtig.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "stream = env.from_collection([1, 2, 3]).map(lambda x: x * x)\n"
        "print(list(stream.execute_and_collect()))\n"
    )
    assert "[1, 4, 9]" in started("run", "-t", "remote", "collect.py").stdout


def test_the_only_job_needs_no_id(started, idle_cluster):
    job = submitted(started("run", "-d", "job.py", "100000"))
    idle_cluster.wait_for(job, "RUNNING")
    assert job in started("list", "-r").stdout
    assert "No scheduled jobs." in started("list", "-s").stdout
    said = started("cancel").stdout
    assert f"Cancelled job {job}." in said
    assert "no job is running" in started("cancel", code=2).stderr
    assert "has ended: CANCELED" in started("cancel", job, code=2).stderr


def test_which_job(started, idle_cluster):
    jobs = [submitted(started("run", "-d", "job.py", "100000")) for _ in range(2)]
    said = started("cancel", code=2).stderr
    assert "which job?" in said
    assert all(job in said for job in jobs)
    assert "not a job id" in started("cancel", "none", code=2).stderr
    unknown = next(c for c in "0123456789abcdef" if not any(j.startswith(c) for j in jobs))
    assert f"there is no job {unknown}" in started("cancel", unknown, code=2).stderr
    started("cancel", jobs[0])
    assert idle_cluster.status(jobs[0]) == "CANCELED"
    assert idle_cluster.status(jobs[1]) in ("CREATED", "RUNNING")


def test_stop_of_the_cluster_cancels_where_asked(hurtig, idle_cluster):
    hurtig("cluster", "start", "--port", "0")
    hurtig("run", "-d", "job.py", "100000")
    assert "1 unfinished job goes on" in hurtig("cluster", "stop").stdout
    hurtig("cluster", "start", "--port", "0")
    said = hurtig("cluster", "stop", "--cancel").stdout
    assert "unfinished" not in said
    hurtig("cluster", "start", "--port", "0")
    try:
        assert "points (CANCELED)" in hurtig("list", "-a").stdout
    finally:
        hurtig("cluster", "stop")


def test_stop_and_savepoint(started, idle_cluster):
    job = idle_cluster.submit()
    said = started("savepoint", "file:///s").stdout  # not an id: the directory
    path = re.search(r"Savepoint completed\. Path: (file:///s/savepoint-\d+)", said)[1]
    assert f"hurtig run -s {path}" in said
    assert "file:///t/savepoint-" in started("savepoint", job[:6], "file:///t").stdout
    assert "execution.checkpointing.savepoint-dir" in started("savepoint", job, code=1).stderr
    assert "cannot be written" in started("savepoint", "/broken", code=1).stderr
    assert "Checkpoint" in started("checkpoint").stdout
    said = started("stop", "--drain", "-p", "/s").stdout
    assert "Savepoint completed. Path: /s/savepoint-drained" in said
    assert idle_cluster.status(job) == "FINISHED"


def test_cancel_with_savepoint(started, idle_cluster):
    first, second = idle_cluster.submit(), idle_cluster.submit()
    said = started("cancel", "-s", "/s", first).stdout
    assert "Savepoint completed. Path: /s/" in said
    assert f"Cancelled job {first}." in said
    said = started("cancel", "-s", second, code=1).stderr  # the word after -s is the id
    assert "execution.checkpointing.savepoint-dir" in said


def test_change(started, idle_cluster):
    job = idle_cluster.submit()
    started("change", "execution.checkpointing.interval=10 s", code=None)
    until(lambda: idle_cluster.status(job) == "RUNNING")
    started("change", job[:5], "execution.checkpointing.interval=3 s")
    assert idle_cluster.record(job)["settings"]["execution.checkpointing.interval"] == "3 s"
    assert "cannot take" in started("change", "parallelism.default=3", code=1).stderr
    assert "KEY=VALUE" in started("change", job, code=2).stderr


def test_disposal_needs_no_cluster(hurtig, tmp_path):
    said = hurtig("savepoint", "--dispose", str(tmp_path / "none"), code=1).stderr
    assert "there is no checkpoint at" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "-n", "job.py"], "name one with -s PATH"),
        (["run", "-rm", "CLAIM", "job.py"], "name one with -s PATH"),
        (["run", "-rm", "mine", "-s", "x", "job.py"], "'mine' is none of NO_CLAIM"),
        (["run", "-d", "-t", "local", "job.py"], "-t local runs it here"),
        (["run", "-m", "host:x", "job.py"], "not of the form host:port"),
        (["list", "-m", "host:x"], "not of the form host:port"),
        (["savepoint", "a", "b", "c"], "too many arguments: c"),
        (["stop", "--unknown"], "unrecognized arguments: --unknown"),
        (["cluster", "run"], "invalid choice: 'run'"),
    ],
)
def test_wrong_usage(hurtig, words, message):
    done = hurtig(*words, code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
