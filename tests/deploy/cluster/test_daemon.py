"""A daemon, its job processes, and what happens when either is killed."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from itertools import pairwise

import pytest

from hurtig.client.rest import RestError


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def attempts_begun(cluster, job: str, before: int) -> bool:
    """Whether the attempt after the first ``before`` ones has written something."""
    lines = cluster.output(job)
    return bool(lines) and lines[-1][1] > before


def numbers_go_on(lines: list[tuple[int, int, int]]) -> None:
    """Each attempt counts without a gap, starts at or before where the one before it ended, and
    writes nothing once a later one has begun."""
    last_attempt = 0
    for (_, attempt, number), after in pairwise(lines):
        assert attempt >= last_attempt
        last_attempt = attempt
        if after[1] == attempt:
            assert after[2] == number + 1
        else:
            assert after[2] <= number + 1
            assert after[2] % 10 == 1  # from a checkpoint


def test_a_job_runs_to_its_end_in_a_process_of_its_own(cluster):
    job = cluster.submit(fake_limit="25")
    cluster.wait_for(job, "FINISHED")
    lines = cluster.output(job)
    assert [number for _, _, number in lines] == list(range(1, 26))
    assert lines[0][0] not in (os.getpid(), cluster.process.pid)
    until(lambda: not is_alive(lines[0][0]))


def test_a_failed_job_tells_why(cluster):
    job = cluster.submit(fake_mode="fail")
    cluster.wait_for(job, "FAILED")
    result = cluster.client.get(f"/jobs/{job}/execution-result")["job-execution-result"]
    assert result["application-status"] == "FAILED"
    assert result["failure-cause"]["class"] == "hurtig.common.errors.JobExecutionError"
    assert "as wished" in result["failure-cause"]["stack-trace"]
    found = cluster.client.get(f"/jobs/{job}/exceptions")
    assert "as wished" in found["root-exception"]
    assert len(found["exceptionHistory"]["entries"]) == 1


def test_a_killed_job_process_is_replaced_and_goes_on_from_the_checkpoint(cluster):
    job, other = cluster.submit(fake_limit="300"), cluster.submit()
    until(lambda: len(cluster.output(job)) > 30)
    os.kill(cluster.output(job)[-1][0], signal.SIGKILL)
    until(lambda: cluster.output(job)[-1][1] == 2)
    cluster.wait_for(job, "FINISHED")
    numbers_go_on(cluster.output(job))
    assert cluster.output(job)[-1][2] == 300
    assert cluster.record(job)["restarts"] == 1
    [entry] = cluster.client.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
    assert "SIGKILL" in entry["stacktrace"]
    assert {attempt for _, attempt, _ in cluster.output(other)} == {1}
    assert cluster.status(other) == "RUNNING"


def test_a_process_that_always_dies_is_given_up(cluster):
    job = cluster.submit(**{"fake.mode": "die", "hurtig.job.max-process-deaths": "2"})
    cluster.wait_for(job, "FAILED")
    assert cluster.record(job)["attempt"] == 3
    result = cluster.client.get(f"/jobs/{job}/execution-result")["job-execution-result"]
    assert "exit code 3, 3 times in a row" in result["failure-cause"]["stack-trace"]
    entries = cluster.client.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
    assert len(entries) == 3


def test_a_job_whose_process_always_dies_can_be_cancelled(cluster):
    job = cluster.submit(fake_mode="die")
    until(lambda: cluster.record(job)["restarts"] >= 3)
    assert cluster.status(job) in ("RESTARTING", "RUNNING")
    cluster.client.patch(f"/jobs/{job}", mode="cancel")
    cluster.wait_for(job, "CANCELED")


def test_job_processes_end_with_a_killed_daemon_and_the_next_one_goes_on(cluster):
    job = cluster.submit(fake_limit="400")
    until(lambda: len(cluster.output(job)) > 30)
    pid = cluster.output(job)[-1][0]
    cluster.kill()
    until(lambda: not is_alive(pid), 3)
    cluster.start()
    assert cluster.status(job) in ("RESTARTING", "RUNNING")
    cluster.wait_for(job, "FINISHED")
    numbers_go_on(cluster.output(job))
    assert cluster.output(job)[-1][2] == 400
    assert {attempt for _, attempt, _ in cluster.output(job)} == {1, 2}


def test_a_stuck_process_of_a_killed_daemon_is_ended_before_the_job_goes_on(cluster):
    job = cluster.submit()
    until(lambda: len(cluster.output(job)) > 10)
    pid = cluster.output(job)[-1][0]
    os.kill(pid, signal.SIGSTOP)  # it cannot notice anything
    cluster.kill()
    assert is_alive(pid)
    cluster.start()
    until(lambda: cluster.output(job)[-1][1] == 2)
    assert not is_alive(pid)
    numbers_go_on(cluster.output(job))


def test_many_kills(cluster):
    job = cluster.submit(fake_limit="1500")
    for round_number in range(6):
        until(partial(attempts_begun, cluster, job, round_number))
        if round_number % 2:
            cluster.kill()
            cluster.start()
        else:
            time.sleep(0.05)
            os.kill(cluster.output(job)[-1][0], signal.SIGKILL)
    cluster.wait_for(job, "FINISHED")
    numbers_go_on(cluster.output(job))
    assert cluster.output(job)[-1][2] == 1500
    assert cluster.record(job)["attempt"] >= 6


def test_stop_suspends_and_start_resumes(cluster):
    job, done = cluster.submit(fake_limit="400"), cluster.submit(fake_limit="5")
    cluster.wait_for(done, "FINISHED")
    until(lambda: len(cluster.output(job)) > 30)
    pid = cluster.output(job)[-1][0]
    assert cluster.stop() == 0
    assert not is_alive(pid)
    assert not cluster.folder.is_running()
    assert cluster.folder.daemon() is None
    cluster.start()
    assert cluster.status(done) == "FINISHED"
    cluster.wait_for(job, "FINISHED")
    numbers_go_on(cluster.output(job))
    details = cluster.client.get(f"/jobs/{done}")
    assert details["state"] == "FINISHED"
    assert len(cluster.output(done)) == 5


def test_cancel(cluster):
    job = cluster.submit()
    until(lambda: cluster.output(job))
    cluster.client.patch(f"/jobs/{job}", mode="cancel")
    cluster.wait_for(job, "CANCELED")
    assert cluster.record(job)["status"] == "CANCELED"
    cluster.kill()
    cluster.start()
    assert cluster.status(job) == "CANCELED"


def test_cancel_before_the_job_has_a_process(cluster):
    job = cluster.submit()
    cluster.client.patch(f"/jobs/{job}", mode="cancel")
    cluster.wait_for(job, "CANCELED")


def test_only_one_daemon_in_a_folder(cluster, run_python):
    done = run_python("-m", "hurtig.web.daemon", "--dir", cluster.folder.root)
    assert done.returncode == 1
    assert "runs already" in done.stderr
    assert cluster.client.get("/overview")["jobs-running"] == 0


def test_the_port_is_taken(cluster, run_python, tmp_path):
    port = cluster.client.port
    done = run_python(
        "-m", "hurtig.web.daemon", "--dir", str(tmp_path / "other"), "-D", f"rest.port={port}"
    )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port 0" in done.stderr


def test_a_job_is_taken_once(cluster):
    job = cluster.submit(fake_limit="1")
    cluster.wait_for(job, "FINISHED")
    body = {"job_id": job, "name": "x", "settings": {}, "details": {}, "graph": ""}
    with pytest.raises(RestError, match="was submitted before") as e:
        cluster.client.post("/hurtig/jobs", body)
    assert e.value.code == 409


def test_half_a_submission_is_forgotten(cluster):
    job = cluster.submit(fake_limit="1")
    cluster.wait_for(job, "FINISHED")
    cluster.stop()
    os.remove(os.path.join(cluster.folder.jobs, job, "job.json"))
    cluster.start()
    assert cluster.client.get("/jobs") == {"jobs": []}
    assert os.listdir(cluster.folder.jobs) == []


def test_settings_of_the_cluster_are_defaults_of_jobs(idle_cluster, tmp_path):
    folder = f"file://{tmp_path}/there"
    idle_cluster.start(
        "-D", f"execution.checkpointing.dir={folder}", "-D", "fake.limit=7", "-D", "a.b=c"
    )
    job = idle_cluster.submit(fake_limit="3")
    idle_cluster.wait_for(job, "FINISHED")
    settings = idle_cluster.record(job)["settings"]
    assert settings["execution.checkpointing.dir"] == folder
    assert settings["fake.limit"] == "3"
    assert settings["a.b"] == "c"
    assert not any(key.startswith("rest.") for key in settings)
    assert (tmp_path / "there" / job).is_dir()


def test_old_jobs_are_forgotten(idle_cluster):
    idle_cluster.start("-D", "jobstore.max-capacity=2")
    jobs = []
    for _ in range(3):
        jobs.append(idle_cluster.submit(fake_limit="1"))
        idle_cluster.wait_for(jobs[-1], "FINISHED")
    until(lambda: len(idle_cluster.client.get("/jobs")["jobs"]) == 2)
    assert {j["id"] for j in idle_cluster.client.get("/jobs")["jobs"]} == set(jobs[1:])
