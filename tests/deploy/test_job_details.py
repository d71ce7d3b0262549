from __future__ import annotations

import json

from hurtig.common.errors import JobExecutionError, UserFunctionError
from hurtig.common.job_status import JobStatus
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.deploy.job_details import (
    SubtaskCounters,
    exception_entry,
    exceptions,
    job_details,
    job_plan,
    task_manager,
    vertex_id,
)

JOB = "ab" * 16


def graph():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    numbers = env.from_collection([1, 2]).name("numbers")
    numbers.key_by(lambda x: x).reduce(lambda a, b: a + b).name("sum").print()
    return env._job_graph("my job")


def test_plan():
    plan = job_plan(graph(), JOB)
    assert (plan["jid"], plan["name"], plan["type"]) == (JOB, "my job", "STREAMING")
    source, reduce = plan["nodes"]
    assert source["description"] == "numbers"
    assert "inputs" not in source
    assert reduce["parallelism"] == 2
    assert reduce["inputs"] == [
        {
            "num": 0,
            "id": source["id"],
            "ship_strategy": "HASH",
            "exchange": "pipelined_bounded",
        }
    ]


def test_ids_stay():
    assert [vertex_id(v) for v in graph().vertices] == [vertex_id(v) for v in graph().vertices]
    assert len({vertex_id(v) for v in graph().vertices}) == 2
    assert all(len(vertex_id(v)) == 32 for v in graph().vertices)


def details(status, timestamps, counters=None, now=2000):
    found = job_details(graph(), JOB, status, timestamps, now, counters)
    return json.loads(json.dumps(found))


def test_a_running_job():
    counters = {
        (0, 0): SubtaskCounters("FINISHED", 0, 10, 1, 1100, 1500, "tm-1"),
        (1, 0): SubtaskCounters("RUNNING", 6, 0, 1, 1200, task_manager="tm-1", watermark=5),
        (1, 1): SubtaskCounters("RUNNING", 4, 0, 2, 1300, task_manager="tm-2", busy_ms=7),
    }
    found = details(JobStatus.RUNNING, {"CREATED": 1000, "RUNNING": 1100}, counters)
    assert (found["start-time"], found["end-time"], found["duration"]) == (1000, -1, 1000)
    assert found["timestamps"]["RUNNING"] == 1100
    assert found["timestamps"]["FINISHED"] == 0
    assert found["status-counts"]["RUNNING"] == 1
    source, reduce = found["vertices"]
    assert (source["status"], source["end-time"], source["duration"]) == ("FINISHED", 1500, 400)
    assert source["metrics"]["write-records"] == 10
    assert (reduce["status"], reduce["start-time"], reduce["duration"]) == ("RUNNING", 1200, 800)
    assert reduce["metrics"]["read-records"] == 10
    assert reduce["metrics"]["accumulated-busy-time"] == 7
    assert reduce["tasks"]["RUNNING"] == 2
    assert [s["taskmanager-id"] for s in reduce["subtasks"]] == ["tm-1", "tm-2"]
    assert [s["watermark"] for s in reduce["subtasks"]] == [5, None]


def test_states_of_a_vertex():
    def status(*states):
        counters = {(1, i): SubtaskCounters(s) for i, s in enumerate(states)}
        return details(JobStatus.RUNNING, {"CREATED": 1}, counters)["vertices"][1]["status"]

    assert status("RUNNING", "FINISHED") == "RUNNING"
    assert status("RUNNING", "FAILED") == "FAILED"
    assert status("CREATED", "RUNNING") == "RUNNING"
    assert status("CREATED", "FINISHED") == "RUNNING"
    assert status("CANCELED", "FINISHED") == "CANCELED"
    assert status("CANCELED", "CANCELING") == "CANCELING"
    assert status("DEPLOYING", "CREATED") == "CREATED"


def test_a_job_that_has_ended():
    found = details(JobStatus.FAILED, {"CREATED": 1000, "RUNNING": 1100, "FAILED": 1900})
    assert (found["end-time"], found["duration"]) == (1900, 900)
    assert found["vertices"][0]["status"] == "FAILED"
    assert found["vertices"][0]["end-time"] == 1900


def test_exceptions():
    first = exception_entry(ValueError("bad"), 5, "Map", "tm-1")
    assert first["exceptionName"] == "ValueError"
    assert first["stacktrace"] == "ValueError: bad\n"
    assert (first["taskName"], first["taskManagerId"]) == ("Map", "tm-1")
    second = exception_entry(
        UserFunctionError("Filter", "uid", KeyError("k"), "Traceback of the user's"), 9
    )
    assert (second["exceptionName"], second["taskName"]) == ("KeyError", "Filter")
    assert second["stacktrace"].startswith("Traceback of the user's")
    third = exception_entry(JobExecutionError("lost"), 10)
    assert third["exceptionName"] == "hurtig.common.errors.JobExecutionError"
    found = exceptions([first, second, third], limit=2)
    assert found["root-exception"] == "JobExecutionError: lost"
    assert found["timestamp"] == 10
    assert found["exceptionHistory"] == {"entries": [third, second], "truncated": True}
    assert exceptions([])["root-exception"] is None


def test_task_manager():
    found = task_manager("tm-1", slots=2, free_slots=1, heartbeat=7, pid=3)
    assert (found["id"], found["slotsNumber"], found["freeSlots"]) == ("tm-1", 2, 1)
    assert found["hardware"]["cpuCores"] >= 1
