"""Numbers of checkpoints, in the shape of Flink's REST API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.checkpoint.fakes import A, B, C, World, state_of

from hurtig.checkpoint.handles import StateHandle
from hurtig.checkpoint.settings import CheckpointSettings
from hurtig.checkpoint.statistics import (
    NOT_ADDRESSABLE,
    CheckpointStatsTracker,
    config_to_json,
    history_size,
)
from hurtig.checkpoint.summary import NumbersSummary

SETTINGS = CheckpointSettings(interval=1000, tolerable_failures=9)


def taken(world: World, checkpoint_id: int) -> None:
    """The next checkpoint, whose subtasks answer after 10, 20 and 40 ms."""
    world.advance(1000)
    world.main.advance(10)
    state = state_of("src", b"12345", f="mem://f")._replace(alignment_ms=2, sync_ms=3, async_ms=4)
    world.coordinator.acknowledge(A, checkpoint_id, state)
    world.main.advance(10)
    world.coordinator.acknowledge(B, checkpoint_id, state_of("src", b"1"))
    world.main.advance(20)
    flying = state_of("sink", b"12")._replace(in_flight=StateHandle(100))
    world.coordinator.acknowledge(C, checkpoint_id, flying)
    world.io.finish_all()


def numbers(world: World) -> dict[str, Any]:
    answer = world.coordinator.statistics.to_json()
    json.dumps(answer)
    return answer


def test_nothing_yet() -> None:
    answer = numbers(World(SETTINGS))
    assert list(answer) == ["counts", "summary", "latest", "history"]
    assert set(answer["counts"].values()) == {0}
    assert answer["latest"] == {
        "completed": None,
        "savepoint": None,
        "failed": None,
        "restored": None,
    }
    assert answer["summary"]["state_size"]["avg"] == 0


def test_a_completed_one() -> None:
    world = World(SETTINGS)
    taken(world, 1)
    answer = numbers(world)
    assert answer["counts"] == {
        "restored": 0,
        "total": 1,
        "in_progress": 0,
        "completed": 1,
        "failed": 0,
    }
    assert answer["history"] == [answer["latest"]["completed"]]
    assert answer["history"][0] == {
        "className": "completed",
        "id": 1,
        "status": "COMPLETED",
        "is_savepoint": False,
        "savepointFormat": None,
        "trigger_timestamp": 1_001_000,
        "latest_ack_timestamp": 1_001_040,
        "checkpointed_size": 8,
        "state_size": 118,
        "end_to_end_duration": 40,
        "alignment_buffered": 0,
        "processed_data": 0,
        "persisted_data": 100,
        "num_subtasks": 3,
        "num_acknowledged_subtasks": 3,
        "checkpoint_type": "CHECKPOINT",
        "tasks": {},
        "external_path": "mem://chk-1",
        "discarded": False,
    }
    assert answer["summary"]["end_to_end_duration"]["max"] == 40


def test_details() -> None:
    world = World(SETTINGS)
    taken(world, 1)
    details = world.coordinator.statistics.details_to_json(1)
    assert details is not None
    json.dumps(details)
    assert list(details["tasks"]) == ["src", "sink"]
    assert details["tasks"]["src"] == {
        "id": 1,
        "status": "COMPLETED",
        "latest_ack_timestamp": 1_001_020,
        "checkpointed_size": 6,
        "state_size": 16,
        "end_to_end_duration": 20,
        "alignment_buffered": 0,
        "processed_data": 0,
        "persisted_data": 0,
        "num_subtasks": 2,
        "num_acknowledged_subtasks": 2,
    }
    assert world.coordinator.statistics.details_to_json(2) is None


def test_subtasks() -> None:
    world = World(SETTINGS)
    taken(world, 1)
    answer = world.coordinator.statistics.vertex_to_json(1, "src")
    assert answer is not None
    json.dumps(answer)
    first = answer["subtasks"][0]
    assert (first["className"], first["index"], first["ack_timestamp"]) == (
        "completed",
        0,
        1_001_010,
    )
    assert first["checkpoint"] == {"sync": 3, "async": 4}
    assert first["alignment"]["duration"] == 2
    assert first["start_delay"] == 1
    assert answer["summary"]["checkpoint_duration"]["async"]["max"] == 4
    assert answer["summary"]["end_to_end_duration"]["min"] == 10
    assert world.coordinator.statistics.vertex_to_json(1, "other") is None
    assert world.coordinator.statistics.vertex_to_json(9, "src") is None


def test_under_way() -> None:
    world = World(SETTINGS)
    world.advance(1000)
    entry = numbers(world)["history"][0]
    assert (entry["className"], entry["status"]) == ("in_progress", "IN_PROGRESS")
    assert (entry["latest_ack_timestamp"], entry["end_to_end_duration"]) == (-1, -1)
    assert (entry["num_subtasks"], entry["num_acknowledged_subtasks"]) == (3, 0)
    world.finish(A)
    world.acknowledge(1, B)
    details = world.coordinator.statistics.vertex_to_json(1, "sink")
    assert details is not None
    assert details["subtasks"][0]["status"] == "pending_or_failed"


def test_a_failed_one() -> None:
    world = World(SETTINGS)
    world.advance(1000)
    world.main.advance(5)
    world.coordinator.decline(A, 1, "no")
    answer = numbers(world)
    entry = answer["latest"]["failed"]
    assert entry["className"] == "failed"
    assert entry["failure_timestamp"] == 1_001_005
    assert "was declined: by Source -> Map (1/2): no" in entry["failure_message"]
    assert answer["counts"]["failed"] == 1
    assert answer["summary"]["state_size"]["max"] == 0


def test_finished_subtasks_count_as_acknowledged() -> None:
    world = World(SETTINGS)
    world.advance(1000)
    world.acknowledge(1, A, C)
    world.finish(B)
    world.io.finish_all()
    entry = numbers(world)["history"][0]
    assert entry["num_acknowledged_subtasks"] == 3
    details = world.coordinator.statistics.vertex_to_json(1, "src")
    assert details is not None
    assert [s["status"] for s in details["subtasks"]] == ["completed", "finished"]


@pytest.mark.parametrize(("stop", "kind"), [(False, "SAVEPOINT"), (True, "SYNC_SAVEPOINT")])
def test_savepoints(stop: bool, kind: str) -> None:
    world = World(SETTINGS)
    world.coordinator.trigger_savepoint(None, stop=stop)
    world.io.finish_all()
    world.complete(1)
    latest = numbers(world)["latest"]
    assert latest["completed"] is None
    assert latest["savepoint"]["checkpoint_type"] == kind
    assert latest["savepoint"]["savepointFormat"] == "CANONICAL"
    assert latest["savepoint"]["external_path"] == "mem://savepoints/savepoint-1"


def test_unaligned_ones_say_so() -> None:
    world = World(SETTINGS._replace(unaligned=True))
    world.advance(1000)
    assert numbers(world)["history"][0]["checkpoint_type"] == "UNALIGNED_CHECKPOINT"


def test_the_history_is_short_and_newest_first() -> None:
    tracker = CheckpointStatsTracker(2)
    for checkpoint_id in (1, 2, 3):
        tracker.triggered(checkpoint_id, 0, False, False, False)
    assert [entry["id"] for entry in tracker.to_json()["history"]] == [3, 2]
    assert tracker.to_json()["counts"]["in_progress"] == 3
    assert tracker.details_to_json(1) is not None  # while it is under way
    tracker.failed(1, 0, "no")
    tracker.failed(2, 0, "no")
    assert tracker.details_to_json(1) is None
    assert CheckpointStatsTracker(0).to_json()["history"] == []
    assert history_size({}) == 10
    assert history_size({"web.checkpoints.history": "3"}) == 3


def test_restores_and_discards() -> None:
    world = World(SETTINGS)
    taken(world, 1)
    tracker = world.coordinator.statistics
    checkpoint = world.store.checkpoints[0]
    tracker.restored(checkpoint, 77)
    tracker.discarded(1)
    tracker.discarded(99)
    answer = numbers(world)
    assert answer["counts"]["restored"] == 1
    assert answer["latest"]["restored"] == {
        "id": 1,
        "restore_timestamp": 77,
        "is_savepoint": False,
        "external_path": "mem://chk-1",
    }
    assert answer["history"][0]["discarded"]
    checkpoint.location = ""
    tracker.restored(checkpoint, 78)
    assert tracker.to_json()["latest"]["restored"]["external_path"] == NOT_ADDRESSABLE


def test_configuration() -> None:
    answer = config_to_json(SETTINGS, "FileSystemCheckpointStorage", "HashMapStateBackend")
    json.dumps(answer)
    assert answer["mode"] == "exactly_once"
    assert answer["interval"] == 1000
    assert answer["externalization"] == {"enabled": False, "delete_on_cancellation": True}
    assert answer["tolerable_failed_checkpoints"] == 9
    off = config_to_json(CheckpointSettings(retention="RETAIN_ON_CANCELLATION"), "a", "b")
    assert off["interval"] == 2**63 - 1
    assert off["externalization"] == {"enabled": True, "delete_on_cancellation": False}


def test_summaries() -> None:
    summary = NumbersSummary()
    for value in range(1, 101):
        summary.add(value)
    answer = summary.to_json()
    assert (answer["min"], answer["max"], answer["avg"]) == (1, 100, 50)
    assert answer["p50"] == 50.5
    assert answer["p99"] == pytest.approx(99.99)
    assert answer["p999"] == 100
    one = NumbersSummary()
    one.add(-3)
    assert set(one.to_json().values()) == {-3}
