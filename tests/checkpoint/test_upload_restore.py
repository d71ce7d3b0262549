"""What a subtask stores, and what a task gets back."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest
from tests.checkpoint.helpers import JOB, FaultyFileSystem, Files, all_files, inline

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError
from hurtig.checkpoint.handles import OperatorSubtaskState, SubtaskState
from hurtig.checkpoint.restore import load_operator
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.checkpoint.storage.filesystems import FileSystems
from hurtig.checkpoint.transfer import in_parallel, transfer_threads
from hurtig.checkpoint.upload import SubtaskUpload
from hurtig.common.errors import ProgramError
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import (
    KeyedStateSnapshot,
    OperatorSnapshot,
    SnapshotFormatError,
    write_container,
)

NO_INLINE = {"execution.checkpointing.data-inline-threshold": "0"}


@pytest.fixture
def faulty() -> FaultyFileSystem:
    return FaultyFileSystem()


@pytest.fixture
def storage(tmp_path: Path, faulty: FaultyFileSystem) -> CheckpointStorage:
    settings = {"execution.checkpointing.dir": str(tmp_path / "ck"), **NO_INLINE}
    return open_checkpoint_storage(settings, JOB, FileSystems(local=faulty))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "db")


class Task:
    """A subtask with one operator whose state is files."""

    def __init__(self, storage: CheckpointStorage, files: Files, threads: int = 4) -> None:
        self.storage = storage
        self.files = files
        self.uploads = SubtaskUpload(storage, 0, threads)

    def take(self, number: int, *shared: str, savepoint: bool = False) -> SubtaskState:
        contents = {name: name.encode() * 10 for name in shared}
        snapshot = self.files.snapshot(contents, {"MANIFEST": b"%d" % number})
        if savepoint:
            location = self.storage.savepoint_location(str(self.files.folder.parent / "sp"))
        else:
            location = self.storage.checkpoint_location(number)
        return self.uploads.upload(number, location, {"op": snapshot}, None, savepoint)


@pytest.fixture
def task(storage: CheckpointStorage, files: Files) -> Task:
    return Task(storage, files)


def paths(state: SubtaskState) -> dict[str, str]:
    return {name: handle.path for name, handle in state.operators["op"].files.items()}


def test_there_and_back(task: Task, tmp_path: Path) -> None:
    state = task.take(1, "1.sst", "2.sst")
    (found,) = load_operator(task.storage, [state.operators["op"]], str(tmp_path / "work"))
    keyed = found.keyed
    assert isinstance(keyed, FilesSnapshot)
    assert found.custom == {"c": b"1"}
    assert keyed.header == {"states": []}
    assert (keyed.shared, keyed.own) == (["1.sst", "2.sst"], ["MANIFEST"])
    contents = {p.name: p.read_bytes() for p in Path(keyed.directory).iterdir()}
    assert contents == {"1.sst": b"1.sst" * 10, "2.sst": b"2.sst" * 10, "MANIFEST": b"1"}
    keyed.release()
    keyed.release()
    assert os.listdir(tmp_path / "work") == []


def test_heap_state_and_overtaken_records(storage: CheckpointStorage, tmp_path: Path) -> None:
    heap = OperatorSnapshot(KeyedStateSnapshot(1, 128, []), custom={"x": b"y"})
    uploads = SubtaskUpload(storage, 3)
    state = uploads.upload(1, storage.checkpoint_location(1), {"op": heap}, b"records")
    assert os.path.basename(state.operators["op"].snapshot.path).startswith("op-3-")
    assert state.in_flight is not None
    assert storage.read(state.in_flight) == b"records"
    assert state.written_bytes == len(heap.to_bytes()) + 7
    (found,) = load_operator(storage, [state.operators["op"]], str(tmp_path / "work"))
    assert isinstance(found.keyed, KeyedStateSnapshot)
    assert found.custom == {"x": b"y"}
    assert not (tmp_path / "work").exists()


def test_state_in_memory(files: Files, tmp_path: Path) -> None:
    storage = open_checkpoint_storage({}, JOB)
    snapshot = files.snapshot({"1.sst": b"s"}, {"M": b"m"})
    state = SubtaskUpload(storage, 0).upload(1, "", {"op": snapshot})
    (found,) = load_operator(storage, [state.operators["op"]], str(tmp_path / "work"))
    assert isinstance(found.keyed, FilesSnapshot)
    assert sorted(os.listdir(found.keyed.directory)) == ["1.sst", "M"]


def test_large_files_of_one_snapshot(task: Task, tmp_path: Path) -> None:
    """As of a backend that is not incremental: nothing of it is held in memory or shared."""
    large, small = os.urandom(200_000), b"small"
    for number in (1, 2):
        snapshot = task.files.snapshot({}, {"1.sst": large, "M": small})
        location = task.storage.checkpoint_location(number)
        state = task.uploads.upload(number, location, {"op": snapshot})
        task.uploads.notify_complete(number)
    operator = state.operators["op"]
    assert list(operator.files) == ["1.sst"]
    assert os.path.dirname(operator.files["1.sst"].path) == location
    assert os.path.basename(operator.files["1.sst"].path).startswith("op-0-1.sst-")
    assert operator.snapshot.size < 1000
    assert state.written_bytes == operator.size
    (found,) = load_operator(task.storage, [operator], str(tmp_path / "work"))
    assert isinstance(found.keyed, FilesSnapshot)
    assert found.keyed.own == ["1.sst", "M"]
    contents = {p.name: p.read_bytes() for p in Path(found.keyed.directory).iterdir()}
    assert contents == {"1.sst": large, "M": small}
    with pytest.raises(CheckpointDamagedError, match=r"where the file 1\.sst of"):
        load_operator(task.storage, [operator._replace(files={})], str(tmp_path / "work"))


class TestIncremental:
    def test_only_new_files_after_a_completed_checkpoint(self, task: Task) -> None:
        first = task.take(1, "1.sst", "2.sst")
        task.uploads.notify_complete(1)
        second = task.take(2, "2.sst", "3.sst")
        assert paths(second)["2.sst"] == paths(first)["2.sst"]
        snapshot = second.operators["op"].snapshot
        assert second.written_bytes == snapshot.size + len(b"3.sst" * 10)
        assert second.operators["op"].size == snapshot.size + 2 * len(b"3.sst" * 10)
        task.uploads.notify_complete(2)
        third = task.take(3, "2.sst", "3.sst")
        assert paths(third) == paths(second)
        assert task.files.released == 3

    def test_files_of_an_unconfirmed_checkpoint_are_not_relied_on(self, task: Task) -> None:
        first, second = task.take(1, "1.sst"), task.take(2, "1.sst")
        assert paths(first) != paths(second)

    def test_files_that_a_pending_checkpoint_names_otherwise(self, task: Task) -> None:
        task.take(1, "1.sst")
        task.take(2, "1.sst")
        task.uploads.notify_complete(1)  # 2 may replace it, and names another copy of the file
        third = task.take(3, "1.sst")
        task.uploads.notify_complete(2)
        fourth = task.take(4, "1.sst")
        task.uploads.notify_complete(4)
        fifth = task.take(5, "1.sst")
        assert len({paths(s)["1.sst"] for s in (third, fourth)}) == 2
        assert paths(fifth) == paths(fourth)

    def test_a_name_that_is_used_again(self, task: Task) -> None:
        first = task.take(1, "1.sst")
        task.uploads.notify_complete(1)
        snapshot = task.files.snapshot({"1.sst": b"another"}, {})
        location = task.storage.checkpoint_location(2)
        second = task.uploads.upload(2, location, {"op": snapshot})
        assert paths(second) != paths(first)

    def test_a_savepoint_neither_relies_nor_is_relied_on(self, task: Task) -> None:
        first = task.take(1, "1.sst")
        task.uploads.notify_complete(1)
        savepoint = task.take(2, "1.sst", savepoint=True)
        third = task.take(3, "1.sst")
        task.uploads.notify_complete(2)
        fourth = task.take(4, "1.sst")
        folder = os.path.dirname(savepoint.operators["op"].snapshot.path)
        assert os.path.dirname(paths(savepoint)["1.sst"]) == folder
        assert paths(first) == paths(third) == paths(fourth)

    def test_files_that_a_restore_went_on_with(self, task: Task, files: Files) -> None:
        first = task.take(1, "1.sst")
        after = Task(task.storage, files)
        after.uploads.adopt("op", first.operators["op"].files)
        assert paths(after.take(2, "1.sst")) == paths(first)
        assert paths(Task(task.storage, files).take(3, "1.sst")) != paths(first)


class TestFailures:
    @pytest.mark.parametrize("threads", [1, 4])
    @pytest.mark.parametrize("name", ["3-", "op-0-"])
    def test_a_full_disk(
        self, storage: CheckpointStorage, faulty: FaultyFileSystem, files: Files, threads: int,
        name: str, tmp_path: Path,
    ) -> None:  # fmt: skip
        task = Task(storage, files, threads)
        first = task.take(1, "1.sst")
        task.uploads.notify_complete(1)
        before = all_files(tmp_path / "ck")
        faulty.fails = lambda operation, path: os.path.basename(path).startswith(name)
        with pytest.raises(CheckpointError, match=f"/{name}.*No space left on device"):
            task.take(2, "1.sst", "2.sst", "3.sst", "4.sst")
        assert all_files(tmp_path / "ck") == before
        assert files.released == 2
        faulty.fails = lambda operation, path: False
        assert paths(task.take(3, "1.sst", "3.sst"))["1.sst"] == paths(first)["1.sst"]

    def test_a_local_file_is_gone(self, task: Task, files: Files, tmp_path: Path) -> None:
        snapshot = files.snapshot({"1.sst": b"1"}, {"M": b"m"})
        (files.folder / "1.sst").unlink()
        location = task.storage.checkpoint_location(1)
        with pytest.raises(CheckpointError, match=r"1\.sst"):
            task.uploads.upload(1, location, {"op": snapshot})
        snapshot = files.snapshot({"1.sst": b"1"}, {"M": b"m"})
        (files.folder / "M").unlink()
        with pytest.raises(CheckpointError, match="cannot read a file of the state's snapshot"):
            task.uploads.upload(1, location, {"op": snapshot})
        assert all_files(tmp_path / "ck") == []

    def test_aborted_afterwards(self, task: Task, tmp_path: Path) -> None:
        task.take(1, "1.sst")
        task.uploads.notify_complete(1)
        before = all_files(tmp_path / "ck")
        task.take(2, "1.sst", "2.sst")
        discard = task.uploads.notify_aborted(2)
        assert discard is not None
        discard()
        assert all_files(tmp_path / "ck") == before
        assert task.uploads.notify_aborted(2) is None

    def test_aborted_before(self, task: Task, tmp_path: Path, files: Files) -> None:
        assert task.uploads.notify_aborted(1) is None
        with pytest.raises(CheckpointError, match="checkpoint 1 was given up"):
            task.take(1, "1.sst")
        assert files.released == 1
        assert all_files(tmp_path / "ck") == []

    def test_aborted_meanwhile(
        self, task: Task, faulty: FaultyFileSystem, tmp_path: Path, files: Files
    ) -> None:
        began, go_on = threading.Event(), threading.Event()

        def wait(operation: str, path: str) -> bool:
            if operation == "upload":
                began.set()
                assert go_on.wait(10)
            return False

        faulty.fails = wait
        errors: list[BaseException] = []

        def take() -> None:
            try:
                task.take(1, "1.sst", "2.sst")
            except CheckpointError as e:
                errors.append(e)

        thread = threading.Thread(target=take)
        thread.start()
        assert began.wait(10)
        discard = task.uploads.notify_aborted(1)
        assert discard is not None
        discard()
        go_on.set()
        thread.join(10)
        assert "given up" in str(errors[0])
        assert all_files(tmp_path / "ck") == []
        assert files.released == 1

    def test_a_newer_one_completes(self, task: Task, tmp_path: Path) -> None:
        task.take(1, "1.sst")
        task.take(2, "1.sst")
        discard = task.uploads.notify_complete(2)
        assert discard is not None
        discard()
        assert len(all_files(tmp_path / "ck")) == 2
        with pytest.raises(CheckpointError, match="checkpoint 1 was given up"):
            task.take(1, "1.sst")


class TestRestore:
    @pytest.fixture
    def state(self, task: Task) -> OperatorSubtaskState:
        return task.take(1, "1.sst", "2.sst").operators["op"]

    @pytest.mark.parametrize("file", ["1.sst", None])
    @pytest.mark.parametrize("damage", ["missing", "cut off", "damaged"])
    def test_damage(
        self, task: Task, state: OperatorSubtaskState, tmp_path: Path, file: str | None,
        damage: str,
    ) -> None:  # fmt: skip
        handle = state.files[file] if file else state.snapshot
        path = Path(handle.path)
        data = path.read_bytes()
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(data[:-1] if damage == "cut off" else data[:-1] + b"\0")
        with pytest.raises(CheckpointDamagedError, match=f"{path} is {damage}"):
            load_operator(task.storage, [state, state], str(tmp_path / "work"))
        work = tmp_path / "work"
        assert not work.exists() or os.listdir(work) == []

    def test_a_file_of_which_nothing_is_known(
        self, task: Task, state: OperatorSubtaskState, tmp_path: Path
    ) -> None:
        other = state._replace(files={"1.sst": state.files["1.sst"]})
        with pytest.raises(CheckpointDamagedError, match=r"where the file 2\.sst of .*op-0-"):
            load_operator(task.storage, [other], str(tmp_path / "work"))
        assert os.listdir(tmp_path / "work") == []

    def test_without_the_files_of_some(
        self, task: Task, state: OperatorSubtaskState, tmp_path: Path
    ) -> None:
        one, two = load_operator(
            task.storage, [state, state], str(tmp_path / "work"), with_files=[1]
        )
        assert one.keyed is None
        assert one.custom == {"c": b"1"}
        assert isinstance(two.keyed, FilesSnapshot)
        assert len(os.listdir(tmp_path / "work")) == 1

    def test_local_copies(
        self, task: Task, state: OperatorSubtaskState, tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        good, bad = tmp_path / "good", tmp_path / "bad"
        good.write_bytes(b"1.sst" * 10)
        bad.write_bytes(b"2_sst" * 10)
        by_path = {state.files["1.sst"].path: good, state.files["2.sst"].path: bad}
        Path(state.files["1.sst"].path).unlink()
        with caplog.at_level(logging.WARNING):
            (found,) = load_operator(
                task.storage,
                [state],
                str(tmp_path / "work"),
                local_copy=lambda h: str(by_path[h.path]),
            )
        assert isinstance(found.keyed, FilesSnapshot)
        assert Path(found.keyed.directory, "1.sst").samefile(good)
        assert Path(found.keyed.directory, "2.sst").read_bytes() == b"2.sst" * 10
        assert f"the local copy {bad} is damaged" in caplog.text

    def test_a_local_copy_that_is_gone(
        self, task: Task, state: OperatorSubtaskState, tmp_path: Path
    ) -> None:
        (found,) = load_operator(
            task.storage, [state], str(tmp_path / "work"), local_copy=lambda h: "/nowhere"
        )
        assert isinstance(found.keyed, FilesSnapshot)

    def test_bytes_that_are_no_snapshot(self, storage: CheckpointStorage, tmp_path: Path) -> None:
        state = OperatorSubtaskState(inline(b"nonsense"), {})
        with pytest.raises(CheckpointDamagedError, match="cannot be read: not a state snapshot"):
            load_operator(storage, [state], str(tmp_path / "work"))

    @pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
    def test_names_that_lead_elsewhere(
        self, storage: CheckpointStorage, tmp_path: Path, name: str
    ) -> None:
        files = write_container(
            b"HFIL", {"header": {}, "shared": [], "own": [name], "apart": []}, [b"x"]
        )
        data = write_container(b"HOPR", {"has": [True, False, False], "custom": []}, [files])
        with pytest.raises(CheckpointDamagedError, match="is no name of a file"):
            load_operator(storage, [OperatorSubtaskState(inline(data), {})], str(tmp_path / "w"))

    def test_files_need_a_folder(self, files: Files) -> None:
        data = files.snapshot({}, {"M": b"m"}).to_bytes()
        with pytest.raises(SnapshotFormatError, match="a folder to restore them to is needed"):
            OperatorSnapshot.from_bytes(data)


class TestTransfer:
    def test_order_and_threads(self) -> None:
        assert in_parallel(lambda x: x * 2, range(20), 4) == [x * 2 for x in range(20)]
        here = threading.get_ident()
        assert set(in_parallel(lambda x: threading.get_ident(), range(3), 1)) == {here}

    def test_several_at_once(self) -> None:
        barrier = threading.Barrier(4, timeout=10)
        in_parallel(lambda x: barrier.wait(), range(4), 4)

    def test_no_further_one_after_a_failure(self) -> None:
        begun: list[int] = []

        def work(item: int) -> None:
            begun.append(item)
            raise OSError(str(item))

        with pytest.raises(OSError, match="0"):
            in_parallel(work, range(100), 2)
        assert len(begun) < 100

    def test_setting(self) -> None:
        key = "state.backend.rocksdb.checkpoint.transfer.thread.num"
        assert transfer_threads({}) == 4
        assert transfer_threads({key: "9"}) == 9
        for text in ("0", "many"):
            with pytest.raises(ProgramError, match=f"{key} must be a positive number"):
                transfer_threads({key: text})
