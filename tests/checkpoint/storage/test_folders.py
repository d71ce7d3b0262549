"""Checkpoints in folders, and in memory."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

import pytest
from tests.checkpoint.helpers import JOB, FaultyFileSystem, all_files, checkpoint

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError
from hurtig.checkpoint.handles import OperatorSubtaskState, StateHandle
from hurtig.checkpoint.metadata import read_checkpoint
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.checkpoint.storage.filesystem import LocalStateFileSystem
from hurtig.checkpoint.storage.filesystems import FileSystems

DIR = "execution.checkpointing.dir"
NO_INLINE = {"execution.checkpointing.data-inline-threshold": "0"}


def storage_in(folder: Path, job_id: str = JOB, **more: str) -> CheckpointStorage:
    return open_checkpoint_storage({DIR: str(folder), **NO_INLINE, **more}, job_id)


def take(storage: CheckpointStorage, number: int, local: Path, data: bytes = b"sst") -> str:
    """A complete checkpoint with a file of its own and a shared one."""
    location = storage.checkpoint_location(number)
    writer = storage.writer(location)
    local.write_bytes(data)
    state = OperatorSubtaskState(
        writer.write("op-0", b"own"), {"000001.sst": writer.upload_shared(str(local))}
    )
    storage.write_metadata(checkpoint(number, location, {0: state}))
    return location


def test_layout(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    take(storage, 3, tmp_path / "000001.sst")
    job = tmp_path / "ck" / JOB
    assert sorted(os.listdir(job)) == ["chk-3", "shared", "taskowned"]
    own = sorted(os.listdir(job / "chk-3"))
    assert own[0] == "_metadata"
    assert re.fullmatch(r"op-0-[0-9a-f]{12}", own[1])
    assert re.fullmatch(r"000001-[0-9a-f]{12}\.sst", os.listdir(job / "shared")[0])


def test_what_was_written_is_read(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    location = take(storage, 3, tmp_path / "000001.sst")
    state = read_checkpoint(location).operators["op"].subtasks[0]
    assert storage.read(state.snapshot) == b"own"
    storage.download(state.files["000001.sst"], str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"sst"


def test_file_urls(tmp_path: Path) -> None:
    storage = open_checkpoint_storage({DIR: f"file://{tmp_path}/my%20dir"}, JOB)
    location = storage.checkpoint_location(1)
    storage.write_metadata(checkpoint(1, location))
    assert (tmp_path / "my dir" / JOB / "chk-1" / "_metadata").exists()
    assert read_checkpoint(location).location == location


def test_small_state_stays_in_its_handle(tmp_path: Path) -> None:
    storage = open_checkpoint_storage({DIR: str(tmp_path)}, JOB)
    writer = storage.writer(storage.checkpoint_location(1))
    small, large = writer.write("a", b"1" * 20480), writer.write("a", b"1" * 20481)
    assert small.inline == b"1" * 20480
    assert large.inline is None
    assert storage.read(small) == b"1" * 20480
    assert storage.read(large) == b"1" * 20481


def test_names_are_readable_and_safe(tmp_path: Path) -> None:
    storage = storage_in(tmp_path)
    writer = storage.writer(storage.checkpoint_location(1))
    handle = writer.write("Map: ../../x ->\nä-0", b"1")
    name = os.path.basename(handle.path)
    assert name.startswith("Map_.._.._x_-_-0-")
    assert Path(handle.path).parent == tmp_path / JOB / "chk-1"


def test_a_savepoint_holds_all_it_needs(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    location = storage.savepoint_location(str(tmp_path / "sp"))
    assert re.fullmatch(r"savepoint-a1b2c3-[0-9a-f]{12}", os.path.basename(location))
    (tmp_path / "1.sst").write_bytes(b"sst")
    writer = storage.writer(location)
    state = OperatorSubtaskState(
        writer.write("op-0", b"own"), {"1.sst": writer.upload_shared(str(tmp_path / "1.sst"))}
    )
    storage.write_metadata(checkpoint(1, location, {0: state}, savepoint=True))
    assert not (tmp_path / "ck").exists()
    moved = tmp_path / "moved"
    (tmp_path / "sp").rename(moved)
    found = read_checkpoint(str(moved / os.path.basename(location)))
    assert found.is_savepoint
    again = found.operators["op"].subtasks[0]
    assert storage.read(again.files["1.sst"]) == b"sst"
    assert storage.read(again.snapshot) == b"own"


def test_savepoints_go_to_the_configured_directory(tmp_path: Path) -> None:
    storage = open_checkpoint_storage({"execution.checkpointing.savepoint-dir": str(tmp_path)}, JOB)
    assert os.path.dirname(storage.savepoint_location(None)) == str(tmp_path)


def test_discarding_what_a_writer_wrote(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    (tmp_path / "1.sst").write_bytes(b"sst")
    location = storage.checkpoint_location(1)
    other = storage.writer(location).write("op-1", b"other")
    writer = storage.writer(location)
    writer.write("op-0", b"own")
    writer.upload_own("m", str(tmp_path / "1.sst"))
    writer.upload_shared(str(tmp_path / "1.sst"))
    writer.discard()
    writer.discard()
    assert all_files(tmp_path / "ck") == [os.path.relpath(other.path, tmp_path / "ck")]
    with pytest.raises(CheckpointError, match="given up"):
        writer.write("op-0", b"own")


def test_discarding_a_checkpoint_leaves_shared_files(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    location = take(storage, 1, tmp_path / "000001.sst")
    storage.discard_location(location)
    storage.discard_location(location)
    storage.discard_location("")
    assert not Path(location).exists()
    assert len(all_files(tmp_path / "ck")) == 1


def test_a_folder_of_another_name_keeps_what_is_not_ours(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    location = Path(take(storage, 1, tmp_path / "000001.sst"))
    renamed = location.rename(tmp_path / "precious")
    (renamed / "thesis.txt").write_text("years")
    storage.discard_location(str(renamed))
    assert all_files(renamed) == ["thesis.txt"]


def test_completed_checkpoints_oldest_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = storage_in(tmp_path / "ck")
    for number in (9, 10, 11, 12):
        take(storage, number, tmp_path / f"{number}.sst")
    job = tmp_path / "ck" / JOB
    (job / "chk-12" / "_metadata").write_bytes(b"{")
    next((job / "shared").glob("11-*")).write_bytes(b"cut")
    next((job / "shared").glob("9-*")).unlink()
    storage.checkpoint_location(13)  # not complete
    with caplog.at_level(logging.WARNING):
        assert [c.checkpoint_id for c in storage.completed_checkpoints()] == [10, 11]
    assert "checkpoint 12 cannot be used" in caplog.text
    assert str(job / "chk-12" / "_metadata") in caplog.text
    assert "checkpoint 9 cannot be used" in caplog.text
    next((job / "shared").glob("11-*")).write_bytes(b"longer than it was")
    assert [c.checkpoint_id for c in storage.completed_checkpoints()] == [10]


def test_jobs_that_share_a_folder_see_their_own(tmp_path: Path) -> None:
    more = {"execution.checkpointing.create-subdir": "false"}
    one, two = storage_in(tmp_path, JOB, **more), storage_in(tmp_path, "other", **more)
    one.write_metadata(checkpoint(1, one.checkpoint_location(1)))
    two.write_metadata(checkpoint(2, two.checkpoint_location(2), job_id="other"))
    assert [c.checkpoint_id for c in one.completed_checkpoints()] == [1]
    assert [c.checkpoint_id for c in two.completed_checkpoints()] == [2]


def test_a_checkpoint_is_never_overwritten(tmp_path: Path) -> None:
    storage = storage_in(tmp_path)
    storage.checkpoint_location(1)
    storage.write_metadata(checkpoint(1, storage.checkpoint_location(1)))
    with pytest.raises(CheckpointError, match="chk-1 holds a checkpoint already"):
        storage.checkpoint_location(1)


def test_the_end_of_a_job(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    location = take(storage, 1, tmp_path / "000001.sst")
    storage.discard_job()
    assert Path(location).exists()
    storage.discard_location(location)
    storage.checkpoint_location(2)
    storage.discard_job()
    assert os.listdir(tmp_path / "ck") == []
    storage.discard_job()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.unlink(), "is missing; restore an earlier"),
        (lambda p: p.write_bytes(b"ow"), "is cut off: it has 2 bytes instead of 3"),
        (lambda p: p.write_bytes(b"owns"), "was changed: it has 4 bytes instead of 3"),
        (lambda p: p.write_bytes(b"0wn"), "is damaged: its checksum is"),
    ],
)
def test_damage_is_noticed(tmp_path: Path, change: object, message: str) -> None:
    storage = storage_in(tmp_path / "ck")
    handle = storage.writer(storage.checkpoint_location(1)).write("op-0", b"own")
    change(Path(handle.path))  # type: ignore[operator]
    with pytest.raises(CheckpointDamagedError, match=message) as e:
        storage.read(handle)
    assert handle.path in str(e.value)
    with pytest.raises(CheckpointDamagedError, match=message):
        storage.download(handle, str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_damaged_inline_state() -> None:
    storage = open_checkpoint_storage({}, JOB)
    with pytest.raises(CheckpointDamagedError, match="state in the metadata file is damaged"):
        storage.read(StateHandle(1, "", b"x", 5))


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    faulty = FaultyFileSystem()
    storage = open_checkpoint_storage(
        {DIR: str(tmp_path / "ck"), **NO_INLINE}, JOB, FileSystems(local=faulty)
    )
    location = storage.checkpoint_location(1)
    faulty.fails = lambda operation, path: "op-0" in path or path.endswith(".inprogress")
    advice = "No space left on device; free space there, or set execution.checkpointing.dir"
    with pytest.raises(CheckpointError, match=rf"cannot write .*chk-1/op-0-\w+: {advice}"):
        storage.writer(location).write("op-0", b"own")
    with pytest.raises(CheckpointError, match=f"chk-1/_metadata.*{advice}"):
        storage.write_metadata(checkpoint(1, location))
    assert os.listdir(location) == []
    faulty.fails = lambda operation, path: operation == "make_folder"
    with pytest.raises(CheckpointError, match=f"chk-2: {advice}"):
        storage.checkpoint_location(2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_no_room_for_a_download(tmp_path: Path) -> None:
    storage = storage_in(tmp_path / "ck")
    handle = storage.writer(storage.checkpoint_location(1)).write("op-0", b"own")
    (tmp_path / "copy").symlink_to("/dev/full")
    with pytest.raises(OSError, match=f"cannot keep a copy of {handle.path}: No space left"):
        storage.download(handle, str(tmp_path / "copy"))
    with pytest.raises(OSError, match=r"cannot keep a copy of .*No such file"):
        storage.download(handle, str(tmp_path / "nowhere" / "copy"))


def test_names_are_synced_before_the_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = storage_in(tmp_path / "ck")
    synced: list[str] = []
    monkeypatch.setattr(
        LocalStateFileSystem, "sync_folder", lambda self, path: synced.append(Path(path).name)
    )
    take(storage, 1, tmp_path / "000001.sst")
    assert synced[-2:] == ["shared", "chk-1"]


def test_deleting_never_raises(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    faulty = FaultyFileSystem()
    storage = open_checkpoint_storage(
        {DIR: str(tmp_path / "ck"), **NO_INLINE}, JOB, FileSystems(local=faulty)
    )
    location = storage.checkpoint_location(1)
    writer = storage.writer(location)
    handle = writer.write("op-0", b"own")
    faulty.fails = lambda operation, path: operation.startswith("delete")
    writer.discard()
    storage.delete([handle])
    storage.discard_location(location)
    storage.discard_job()
    assert caplog.text.count("could not delete") == 4
    assert Path(handle.path).exists()


class TestMemory:
    def test_state_is_in_its_handles(self, tmp_path: Path) -> None:
        storage = open_checkpoint_storage({}, JOB)
        (tmp_path / "1.sst").write_bytes(b"sst")
        assert storage.checkpoint_location(1) == ""
        writer = storage.writer("")
        handles = [
            writer.write("op-0", b"own"),
            writer.upload_shared(str(tmp_path / "1.sst")),
            writer.upload_own("1", str(tmp_path / "1.sst")),
        ]
        assert [h.inline for h in handles] == [b"own", b"sst", b"sst"]
        storage.write_metadata(checkpoint(1))
        storage.discard_location("")
        storage.delete(handles)
        storage.discard_job()
        assert storage.completed_checkpoints() == []
        storage.download(handles[0], str(tmp_path / "x"))
        assert (tmp_path / "x").read_bytes() == b"own"

    def test_limit(self) -> None:
        writer = open_checkpoint_storage({}, JOB).writer("")
        writer.write("op-0", bytes(5 << 20))
        with pytest.raises(CheckpointError, match=r"'op-0' has 5242881 bytes.*checkpointing\.dir"):
            writer.write("op-0", bytes((5 << 20) + 1))

    def test_metadata_in_a_directory(self, tmp_path: Path) -> None:
        settings = {DIR: str(tmp_path), "execution.checkpointing.storage": "jobmanager"}
        storage = open_checkpoint_storage(settings, JOB)
        location = storage.checkpoint_location(1)
        handle = storage.writer(location).write("op-0", b"1" * 100_000)
        state = OperatorSubtaskState(handle, {})
        storage.write_metadata(checkpoint(1, location, {0: state}))
        assert os.listdir(location) == ["_metadata"]
        (found,) = storage.completed_checkpoints()
        assert storage.read(found.operators["op"].subtasks[0].snapshot) == b"1" * 100_000

    def test_savepoints_are_files(self, tmp_path: Path) -> None:
        storage = open_checkpoint_storage({}, JOB)
        location = storage.savepoint_location(str(tmp_path))
        handle = storage.writer(location).write("op-0", bytes(6 << 20))
        assert os.path.dirname(handle.path) == location


def test_the_highest_id_counts_folders_without_metadata_too(tmp_path: Path) -> None:
    storage = open_checkpoint_storage({"execution.checkpointing.dir": str(tmp_path)}, "0" * 32)
    assert storage.highest_id() == 0
    for number in (3, 12):
        storage.checkpoint_location(number)
    assert storage.highest_id() == 12
    assert storage.completed_checkpoints() == []
