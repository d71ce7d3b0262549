"""REST under Flink's paths, with Flink's field names."""

from __future__ import annotations

import base64
import http.client
import json
import pickle
import time

import pytest

from hurtig.client.remote_job import RemoteJobControl, RemoteOperationError
from hurtig.client.rest import RestClient, RestError
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


@pytest.fixture
def job(cluster):
    found = cluster.submit()
    until(lambda: len(cluster.output(found)) > 25)
    cluster.wait_for(found, "RUNNING")
    return found


def error(cluster, code, call, *arguments, **named):
    with pytest.raises(RestError) as e:
        call(*arguments, **named)
    assert e.value.code == code
    return str(e.value)


def test_overview_and_config(cluster, job):
    get = cluster.client.get
    overview = get("/overview")
    assert (overview["jobs-running"], overview["jobs-finished"]) == (1, 0)
    assert (overview["taskmanagers"], overview["slots-total"]) == (1, 1)
    assert overview["slots-available"] == 0
    assert get("/config")["features"]["web-cancel"] is True
    assert get("/v1/config")["flink-version"] == overview["flink-version"]
    assert {"key": "rest.bind-port", "value": "0"} in get("/jobmanager/config")
    assert b"submitted" in cluster.client.get_bytes("/jobmanager/log")
    [log] = get("/jobmanager/logs")["logs"]
    assert log["size"] > 0


def test_jobs(cluster, job):
    get = cluster.client.get
    assert get("/jobs") == {"jobs": [{"id": job, "status": "RUNNING"}]}
    [summary] = get("/jobs/overview")["jobs"]
    assert (summary["jid"], summary["name"], summary["state"]) == (job, "counting", "RUNNING")
    assert summary["tasks"]["running"] == summary["tasks"]["total"] == 1
    assert summary["end-time"] == -1
    assert 0 < summary["duration"] < 60_000


def test_job_details(cluster, job):
    get = cluster.client.get
    details = get(f"/jobs/{job}")
    assert details["jid"] == job
    assert details["state"] == "RUNNING"
    assert details["timestamps"]["RUNNING"] >= details["timestamps"]["CREATED"] > 0
    assert details["timestamps"]["FAILED"] == 0
    [vertex] = details["vertices"]
    assert "Map" in vertex["name"]
    assert vertex["metrics"]["write-records"] > 20
    assert "subtasks" not in vertex
    assert details["plan"] == get(f"/jobs/{job}/plan")["plan"]
    assert details["plan"]["nodes"][0]["id"] == vertex["id"]

    found = get(f"/jobs/{job}/vertices/{vertex['id']}")
    assert found["parallelism"] == 1
    [subtask] = found["subtasks"]
    assert subtask["attempt"] == 1
    assert get(f"/jobs/{job}/vertices/{vertex['id']}/subtasks/0")["status"] == "RUNNING"
    names = {m["id"] for m in get(f"/jobs/{job}/vertices/{vertex['id']}/metrics")}
    assert "0.numRecordsOut" in names
    assert "no vertex" in error(cluster, 404, get, f"/jobs/{job}/vertices/1234")


def test_job_config_and_metrics(cluster, job):
    get = cluster.client.get
    config = get(f"/jobs/{job}/config")
    assert config["execution-config"]["job-parallelism"] == 1
    assert config["execution-config"]["user-config"]["execution.target"] == "fake"
    names = {m["id"] for m in get(f"/jobs/{job}/metrics")}
    assert {"numRestarts", "uptime", "lastCheckpointSize"} <= names
    [value, other] = get(f"/jobs/{job}/metrics", get="numRestarts,numRecordsIn,unknown")
    assert value == {"id": "numRestarts", "value": "0"}
    assert int(other["value"]) > 20


def test_accumulators_and_result(cluster):
    job = cluster.submit(fake_limit="40")
    cluster.wait_for(job, "FINISHED")
    get = cluster.client.get
    [entry] = get(f"/jobs/{job}/accumulators")["user-task-accumulators"]
    assert entry == {"name": "count", "type": "", "value": "40"}
    result = until(lambda: get(f"/jobs/{job}/execution-result")["job-execution-result"])
    assert result["application-status"] == "SUCCEEDED"
    assert result["net-runtime"] == 17
    assert pickle.loads(base64.b64decode(result["accumulator-results"]["count"])) == 40
    control = RemoteJobControl(cluster.client, JobID(job))
    assert control.result().get_accumulator_result("count") == 40
    assert control.status() is JobStatus.FINISHED
    assert get(f"/jobs/{job}")["end-time"] > 0
    assert get("/overview")["jobs-finished"] == 1


def test_result_of_a_running_job(cluster, job):
    found = cluster.client.get(f"/jobs/{job}/execution-result")
    assert found == {"status": {"id": "IN_PROGRESS"}, "job-execution-result": None}


def test_checkpoints(cluster, job):
    get = cluster.client.get
    found = get(f"/jobs/{job}/checkpoints")
    assert found["counts"]["completed"] >= 2
    assert found["counts"]["failed"] == 0
    last = found["latest"]["completed"]
    assert last == found["history"][0]
    assert last["external_path"].endswith(f"chk-{last['id']}")
    assert found["summary"]["state_size"]["min"] == 0
    details = get(f"/jobs/{job}/checkpoints/details/{last['id']}")
    assert details["status"] == "COMPLETED"
    for unknown in ("99999", "x", f"{last['id']}/subtasks/{'0' * 32}"):
        error(cluster, 404, get, f"/jobs/{job}/checkpoints/details/{unknown}")
    assert get(f"/jobs/{job}/checkpoints/details/latest")["id"] >= last["id"]


def test_checkpoint_configuration_follows_changed_settings(cluster, job):
    client = cluster.client
    before = client.get(f"/jobs/{job}/checkpoints/config")
    assert before["interval"] == 2**63 - 1
    assert before["checkpoint_storage"] == "FileSystemCheckpointStorage"
    change = {"execution.checkpointing.interval": "5 s"}
    assert client.patch(f"/hurtig/jobs/{job}", change) == {"settings": change}
    assert client.get(f"/jobs/{job}/checkpoints/config")["interval"] == 5000
    assert cluster.record(job)["settings"]["execution.checkpointing.interval"] == "5 s"
    until(lambda: b"changed" in client.get_bytes(f"/hurtig/jobs/{job}/log"))
    for wrong in ({"parallelism.default": "2"}, {}, {"execution.checkpointing.interval": "soon"}):
        error(cluster, 400, client.patch, f"/hurtig/jobs/{job}", wrong)
    assert cluster.record(job)["settings"]["execution.checkpointing.interval"] == "5 s"


def test_trigger_checkpoint(cluster, job):
    control = RemoteJobControl(cluster.client, JobID(job))
    before = cluster.client.get(f"/jobs/{job}/checkpoints")["counts"]["completed"]
    assert control.trigger_checkpoint() > before


def test_savepoint(cluster, job):
    client = cluster.client
    begun = client.post(
        f"/jobs/{job}/savepoints", {"target-directory": "/s", "triggerId": "a" * 32}
    )
    assert begun == {"request-id": "a" * 32}
    path = f"/jobs/{job}/savepoints/{begun['request-id']}"
    assert client.get(path) == {"status": {"id": "IN_PROGRESS"}, "operation": None}
    done = until(lambda: (a := client.get(path))["status"]["id"] == "COMPLETED" and a)
    assert done["operation"]["location"].startswith("/s/savepoint-")
    assert cluster.status(job) == "RUNNING"
    assert "no savepoint" in error(cluster, 404, client.get, f"/jobs/{job}/savepoints/unknown")


def test_savepoint_needs_a_directory(cluster, job):
    message = error(cluster, 400, cluster.client.post, f"/jobs/{job}/savepoints", {})
    assert "execution.checkpointing.savepoint-dir" in message


def test_savepoint_in_the_configured_directory(idle_cluster):
    idle_cluster.start("-D", "state.savepoints.dir=/configured")
    job = idle_cluster.submit()
    control = RemoteJobControl(idle_cluster.client, JobID(job))
    assert control.trigger_savepoint(None).startswith("/configured/")


def test_savepoint_that_fails(cluster, job):
    control = RemoteJobControl(cluster.client, JobID(job))
    with pytest.raises(RemoteOperationError, match="JobExecutionError: /broken cannot be written"):
        control.trigger_savepoint("/broken")
    assert cluster.status(job) == "RUNNING"


def test_savepoint_and_cancel(cluster, job):
    control = RemoteJobControl(cluster.client, JobID(job))
    assert control.savepoint_and_cancel("/s").startswith("/s/")
    cluster.wait_for(job, "CANCELED")


@pytest.mark.parametrize(("drain", "word"), [(True, "drained"), (False, "stopped")])
def test_stop(cluster, job, drain, word):
    control = RemoteJobControl(cluster.client, JobID(job))
    assert control.stop_with_savepoint(drain, "/s") == f"/s/savepoint-{word}"
    cluster.wait_for(job, "FINISHED")
    for path in ("stop", "savepoints"):
        error(cluster, 409, cluster.client.post, f"/jobs/{job}/{path}", {})
    error(cluster, 409, cluster.client.patch, f"/jobs/{job}", mode="cancel")


def test_disposal_of_what_is_not_there(cluster, tmp_path):
    client = cluster.client
    begun = client.post("/savepoint-disposal", {"savepoint-path": str(tmp_path / "none")})
    path = f"/savepoint-disposal/{begun['request-id']}"
    done = until(lambda: (a := client.get(path))["status"]["id"] == "COMPLETED" and a)
    assert "there is no checkpoint" in done["operation"]["failure-cause"]["stack-trace"]
    error(cluster, 400, client.post, "/savepoint-disposal", {})


def test_task_managers(cluster, job):
    [entry] = cluster.client.get("/taskmanagers")["taskmanagers"]
    assert entry["slotsNumber"] == 1
    vertex = cluster.client.get(f"/jobs/{job}")["vertices"][0]["id"]
    found = cluster.client.get(f"/jobs/{job}/vertices/{vertex}")
    assert found["subtasks"][0]["taskmanager-id"] == entry["id"] == f"{job}-tm-1"
    assert cluster.client.get(f"/taskmanagers/{entry['id']}")["pid"] == cluster.output(job)[0][0]
    error(cluster, 404, cluster.client.get, "/taskmanagers/none")


def test_log_of_a_job(cluster, job):
    get = cluster.client.get_bytes
    text = until(lambda: get(f"/hurtig/jobs/{job}/log"))
    assert text == b"attempt 1 from 0\n"
    assert get(f"/hurtig/jobs/{job}/log", offset=8) == text[8:]
    assert get(f"/hurtig/jobs/{job}/log", offset=1000) == b""


def test_unknown(cluster):
    get, job = cluster.client.get, "0" * 32
    assert error(cluster, 404, get, f"/jobs/{job}") == f"Job {job} not found"
    assert "Not found: /nothing" in error(cluster, 404, get, "/nothing")
    assert "only GET" in error(cluster, 405, cluster.client.post, "/overview")
    error(cluster, 400, cluster.client.post, "/hurtig/jobs", {"name": "x"})


def test_the_token(cluster):
    stranger = RestClient("127.0.0.1", cluster.client.port)
    assert stranger.get("/jobs") == {"jobs": []}
    assert "token" in error(cluster, 401, stranger.post, "/hurtig/jobs", {})
    assert "token" in error(cluster, 401, stranger.post, "/hurtig/jobs/", {})
    thief = RestClient("127.0.0.1", cluster.client.port, "wrong")
    error(cluster, 403, thief.get, "/jobs")


def test_a_configured_token_is_wanted_for_everything(idle_cluster):
    idle_cluster.start("-D", "hurtig.rest.token=geheim")
    port = idle_cluster.client.port
    error(idle_cluster, 401, RestClient("127.0.0.1", port).get, "/jobs")
    assert RestClient("127.0.0.1", port, "geheim").get("/jobs") == {"jobs": []}
    secret = RestClient("127.0.0.1", port, "geheim").get("/jobmanager/config")
    assert {"key": "hurtig.rest.token", "value": "******"} in secret


def test_beyond_loopback_everything_needs_the_token(idle_cluster):
    idle_cluster.start("-D", "rest.bind-address=0.0.0.0")
    error(idle_cluster, 401, RestClient("127.0.0.1", idle_cluster.client.port).get, "/jobs")
    assert idle_cluster.client.get("/jobs") == {"jobs": []}


def raw(cluster, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", cluster.client.port, timeout=10)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, names)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_pages_of_others_cannot_use_the_browser(cluster, job):
    assert raw(cluster, "GET", "/jobs", Host="evil.example")[0] == 403
    code, answer = raw(cluster, "POST", f"/jobs/{job}/stop", "{}", Origin="http://evil.example")
    assert (code, json.loads(answer)) == (
        403,
        {"errors": ["not from a page of http://evil.example"]},
    )
    assert cluster.status(job) == "RUNNING"


def test_requests_that_are_none(cluster):
    assert raw(cluster, "POST", "/savepoint-disposal", "no json")[0] == 400
    assert raw(cluster, "POST", "/savepoint-disposal", "[]")[0] == 400
    assert raw(cluster, "HEAD", "/jobs") == (200, b"")
