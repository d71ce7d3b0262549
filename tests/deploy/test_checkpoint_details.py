from __future__ import annotations

import pytest

from hurtig.deploy.checkpoint_details import (
    checkpoint_configuration,
    checkpoint_entry,
    checkpoint_statistics,
    no_checkpoints,
)


def test_statistics():
    entries = [
        checkpoint_entry(
            n, "COMPLETED", 1000 * n, latest_ack_timestamp=1000 * n + 10 * n, state_size=n
        )
        for n in (1, 2, 3)
    ]
    savepoint = checkpoint_entry(
        4, "COMPLETED", 5000, is_savepoint=True, latest_ack_timestamp=5001, external_path="/s"
    )
    failed = checkpoint_entry(5, "FAILED", 6000, failure_message="expired", failure_timestamp=6600)
    running = checkpoint_entry(6, "IN_PROGRESS", 7000, num_subtasks=4)
    restored = {"id": 1, "restore_timestamp": 4, "is_savepoint": False, "external_path": "/c"}
    found = checkpoint_statistics(
        [*entries, savepoint, failed, running],
        completed=104,
        failed=2,
        restored=restored,
        restored_count=1,
    )
    assert found["counts"] == {
        "restored": 1,
        "total": 107,
        "in_progress": 1,
        "completed": 104,
        "failed": 2,
    }
    assert [entry["id"] for entry in found["history"]] == [6, 5, 4, 3, 2, 1]
    assert found["latest"]["completed"]["id"] == 3
    assert found["latest"]["savepoint"]["external_path"] == "/s"
    assert found["latest"]["failed"]["failure_message"] == "expired"
    assert found["latest"]["failed"]["end_to_end_duration"] == 600
    assert found["latest"]["restored"] == restored
    duration = found["summary"]["end_to_end_duration"]
    assert (duration["min"], duration["max"], duration["avg"]) == (1, 30, 15)
    assert duration["p50"] in (10.0, 20.0)
    assert duration["p999"] == 30.0
    assert running["end_to_end_duration"] == -1
    assert savepoint["checkpoint_type"] == "SAVEPOINT"
    assert checkpoint_entry(1, "IN_PROGRESS", 1, unaligned=True)["checkpoint_type"] == (
        "UNALIGNED_CHECKPOINT"
    )


def test_no_checkpoints():
    found = no_checkpoints()
    assert found["counts"]["total"] == 0
    assert found["latest"] == dict.fromkeys(("completed", "savepoint", "failed", "restored"))
    assert found["summary"]["state_size"]["p99"] == 0.0
    assert found["history"] == []


def test_configuration_by_default():
    found = checkpoint_configuration({})
    assert found["interval"] == 2**63 - 1
    assert found["mode"] == "exactly_once"
    assert found["timeout"] == 600_000
    assert found["externalization"] == {"enabled": False, "delete_on_cancellation": True}
    assert found["state_backend"] == "HashMapStateBackend"
    assert found["checkpoint_storage"] == "JobManagerCheckpointStorage"


@pytest.mark.parametrize("directory", ["execution.checkpointing.dir", "state.checkpoints.dir"])
def test_configuration(directory):
    found = checkpoint_configuration(
        {
            "execution.checkpointing.interval": "5 s",
            "execution.checkpointing.min-pause": "1 s",
            "execution.checkpointing.unaligned": "true",
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "state.backend": "rocksdb",
            directory: "file:///c",
        }
    )
    assert found["interval"] == 5000
    assert found["min_pause"] == 1000
    assert found["unaligned_checkpoints"] is True
    assert found["externalization"] == {"enabled": True, "delete_on_cancellation": False}
    assert found["state_backend"] == "EmbeddedRocksDBStateBackend"
    assert found["checkpoint_storage"] == "FileSystemCheckpointStorage"


def test_at_least_once():
    found = checkpoint_configuration({"execution.checkpointing.mode": "AT_LEAST_ONCE"})
    assert found["mode"] == "at_least_once"
