"""Checkpoint storages and the keys they stand for."""

from __future__ import annotations

import pytest

from hurtig.common.configuration import Configuration
from hurtig.datastream.checkpoint_storage import (
    CustomCheckpointStorage,
    FileSystemCheckpointStorage,
    JobManagerCheckpointStorage,
    checkpoint_storage_of,
)


def test_defaults():
    jobs = JobManagerCheckpointStorage()
    assert jobs.get_checkpoint_path() is None
    assert jobs.get_savepoint_path() is None
    assert jobs.get_max_state_size() == JobManagerCheckpointStorage.DEFAULT_MAX_STATE_SIZE
    files = FileSystemCheckpointStorage("file:///checkpoints")
    assert files.get_checkpoint_path() == "file:///checkpoints"
    assert files.get_savepoint_path() is None
    assert files.get_min_file_size_threshold() == 20_480
    assert files.get_write_buffer_size() == 4096
    assert FileSystemCheckpointStorage.MAX_FILE_STATE_THRESHOLD == 1_048_576


@pytest.mark.parametrize(
    "storage",
    [
        JobManagerCheckpointStorage(),
        JobManagerCheckpointStorage("/checkpoints", 100),
        FileSystemCheckpointStorage("/checkpoints"),
        FileSystemCheckpointStorage("s3://bucket/checkpoints", 0, 0),
        FileSystemCheckpointStorage("s3://bucket", 5000, 100),
        CustomCheckpointStorage("a.b.Factory"),
    ],
    ids=repr,
)
def test_settings_lead_back_to_the_storage(storage):
    found = checkpoint_storage_of(Configuration.from_dict(storage.settings()))
    assert found == storage
    assert hash(found) == hash(storage)
    assert repr(found) == repr(storage)


def test_storages_of_other_settings_or_kinds_differ():
    storage = FileSystemCheckpointStorage("/checkpoints", 100)
    assert storage.get_min_file_size_threshold() == 100
    assert storage != FileSystemCheckpointStorage("/checkpoints")
    assert storage != FileSystemCheckpointStorage("/other", 100)
    assert JobManagerCheckpointStorage() != CustomCheckpointStorage("jobmanager")


def test_a_relative_path_is_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert FileSystemCheckpointStorage("a/b").get_checkpoint_path() == str(tmp_path / "a" / "b")


@pytest.mark.parametrize(
    "make",
    [
        lambda: FileSystemCheckpointStorage(),
        lambda: FileSystemCheckpointStorage(""),
        lambda: FileSystemCheckpointStorage("/"),
        lambda: FileSystemCheckpointStorage("file:///"),
        lambda: FileSystemCheckpointStorage("/checkpoints", -2),
        lambda: FileSystemCheckpointStorage("/checkpoints", 1_048_577),
        lambda: FileSystemCheckpointStorage("/checkpoints", write_buffer_size=-2),
        lambda: JobManagerCheckpointStorage(max_state_size=0),
        lambda: CustomCheckpointStorage(""),
    ],
)
def test_what_cannot_be_used_is_refused(make):
    with pytest.raises(ValueError):
        make()
