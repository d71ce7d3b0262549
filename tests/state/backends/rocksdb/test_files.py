"""Folders, files of checkpoints, and what is uploaded again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from same_tests import Backends, stored

from hurtig.common import Types
from hurtig.common.errors import ProgramError
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.backends.rocksdb.directories import PREFIX, remove_leftovers
from hurtig.state.backends.rocksdb.local_copies import local_copy
from hurtig.state.codec import StateMigrationError
from hurtig.state.descriptors import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import KeyedStateSnapshot

VALUE = ValueStateDescriptor("v", Types.LONG())


@pytest.fixture
def backends(tmp_path):
    made = Backends(**{"state.backend.rocksdb.localdir": str(tmp_path / "local")})
    yield made
    made.close()


def fill(backend, keys, descriptor=VALUE):
    state = backend.state(descriptor)
    for key in keys:
        backend.current_key = key
        state.update(key)


def read(backend, keys, descriptor=VALUE):
    state = backend.state(descriptor)
    found = []
    for key in keys:
        backend.current_key = key
        found.append(state.value())
    return found


def folders(tmp_path):
    return [p for p in (tmp_path / "local").glob(f"{PREFIX}*/backend-*") if p.is_dir()]


def test_nothing_is_written_before_the_cache_is_full(tmp_path):
    backend = Backends(
        **{
            "state.backend.rocksdb.localdir": str(tmp_path / "local"),
            "hurtig.rocksdb.cache-entries": "100",
        }
    )()
    fill(backend, range(50))
    assert not (tmp_path / "local").exists()
    assert len(backend.keys(VALUE)) == 50
    fill(backend, range(60))
    assert len(folders(tmp_path)) == 1
    assert read(backend, range(60)) == list(range(60))
    backend.close()
    assert folders(tmp_path) == []
    backend.close()


def test_a_backend_without_state_has_no_files(backends):
    backend = backends()
    snapshot = backend.snapshot(1)
    assert isinstance(snapshot, KeyedStateSnapshot)
    assert snapshot.blocks == []


def test_later_checkpoints_name_the_files_of_earlier_ones_again(backends, tmp_path):
    backend = backends()
    fill(backend, range(2000))
    first = backend.snapshot(1)
    fill(backend, range(2000, 2010))
    second = backend.snapshot(2)
    assert set(first.shared) < set(second.shared)
    (folder := tmp_path / "stored").mkdir()
    copy = stored(second, folder)
    backend.close()

    restored = backends()
    restored.restore([copy], range(128))
    copy.release()
    assert read(restored, range(2010)) == list(range(2010))
    third = restored.snapshot(3)
    assert set(copy.shared) <= set(third.shared)
    # A file of the new database has another name than one of the former, whatever its number.
    fill(restored, [5000])
    new = set(restored.snapshot(4).shared) - set(third.shared)
    assert new
    assert not new & set(second.shared)


def test_not_incremental_means_all_files_belong_to_one_checkpoint(tmp_path):
    backend = Backends(**{"execution.checkpointing.incremental": "false"})()
    fill(backend, range(100))
    snapshot = backend.snapshot(1)
    assert snapshot.shared == []
    assert any(name.endswith(".sst") for name in snapshot.own)
    restored = Backends()()
    (folder := tmp_path / "stored").mkdir()
    restored.restore([stored(snapshot, folder)], range(128))
    assert read(restored, range(100)) == list(range(100))
    backend.close()
    restored.close()


def test_the_header_says_what_is_inside(backends):
    backend = backends(key_groups=range(10, 90))
    fill(backend, range(30))
    header = backend.snapshot(7).header
    long = {"version": 1, "type": "long"}
    assert header["states"] == [["v", "value", "value<Long>", False, [long]]]
    assert (header["checkpoint"], header["max_parallelism"]) == (7, 128)
    assert header["key_groups"] == [10, 90]


def test_released_files_are_gone(backends):
    backend = backends()
    fill(backend, range(10))
    snapshot = backend.snapshot(1)
    assert os.path.isdir(snapshot.directory)
    snapshot.release()
    assert not os.path.exists(snapshot.directory)
    snapshot.release()


def test_the_backend_is_changed_by_a_canonical_snapshot_only(backends):
    backend = backends()
    fill(backend, range(20))
    heap = HeapKeyedStateBackend()
    with pytest.raises(ProgramError, match=r"'rocksdb'.*savepoint"):
        heap.restore([backend.snapshot(1)], range(128))
    heap.restore([backend.snapshot(2, canonical=True)], range(128))
    assert read(heap, range(20)) == list(range(20))
    back = backends()
    back.restore([heap.snapshot(3)], range(128))
    assert back.unclaimed_states() == ["v"]
    again = backends()
    again.restore([back.snapshot(4)], range(128))  # blocks that nobody has claimed, in files
    assert again.unclaimed_states() == ["v"]
    assert read(again, range(20)) == list(range(20))
    assert again.unclaimed_states() == []


def test_unclaimed_files_are_read_for_a_canonical_snapshot(backends):
    backend = backends()
    fill(backend, range(20))
    ahead = MapStateDescriptor("m", Types.STRING(), Types.ROW([Types.INT(), Types.STRING()]))
    from hurtig.common import Row

    backend.current_key = 3
    backend.state(ahead).put("x", Row(1, "a"))
    second = backends()
    second.restore([backend.snapshot(1)], range(128))
    assert second.unclaimed_states() == ["m", "v"]
    heap = HeapKeyedStateBackend()
    heap.restore([second.snapshot(2, canonical=True)], range(128))
    assert read(heap, range(20)) == list(range(20))
    heap.current_key = 3
    assert heap.state(ahead).get("x") == Row(1, "a")


@pytest.mark.parametrize("canonical", [False, True])
def test_another_kind_or_type_is_an_error_that_names_both(backends, canonical):
    backend = backends()
    fill(backend, [1])
    restored = backends()
    restored.restore([backend.snapshot(1, canonical)], range(128))
    with pytest.raises(StateMigrationError, match=r"value<Long>.*list<"):
        restored.state(ListStateDescriptor("v", Types.LONG()))
    with pytest.raises(StateMigrationError, match=r"value<Long>.*value<String>"):
        restored.state(ValueStateDescriptor("v", Types.STRING()))
    assert restored.unclaimed_states() == ["v"]


def test_the_maximum_parallelism_must_agree(backends):
    backend = backends()
    fill(backend, [1])
    with pytest.raises(ProgramError, match=r"set_max_parallelism\(128\)"):
        backends(64).restore([backend.snapshot(1)], range(64))


def test_files_of_another_backend_are_refused(backends):
    snapshot = FilesSnapshot(
        "/", [], [], {"backend": "other", "max_parallelism": 128, "key_groups": [0, 128]}
    )
    with pytest.raises(ProgramError, match="'other'"):
        backends().restore([snapshot], range(128))


def test_files_that_are_missing_are_named(backends):
    backend = backends()
    fill(backend, range(10))
    snapshot = backend.snapshot(1)
    os.remove(os.path.join(snapshot.directory, snapshot.shared[0]))
    with pytest.raises(ProgramError, match="cannot be read"):
        backends().restore([snapshot], range(128))


def test_a_killed_process_leaves_a_folder_that_the_next_one_removes(tmp_path):
    program = (
        "import os, sys\n"
        "from hurtig.state.backends.rocksdb.directories import make_directory\n"
        "print(make_directory([sys.argv[1]]), flush=True)\n"
        "sys.stdin.readline()\n"
        "os._exit(9)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        left = Path(process.stdout.readline().strip())
        assert remove_leftovers(str(tmp_path)) == []  # it lives
        assert left.is_dir()
        process.communicate("\n")
    assert left.is_dir()
    assert remove_leftovers(str(tmp_path)) == [left.parent.name]
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_leaves_nothing(tmp_path):
    program = (
        "import sys\n"
        "from hurtig.state.backends.rocksdb.directories import make_directory\n"
        "make_directory([sys.argv[1]])\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("configured", [False, True])
def test_files_of_the_last_complete_checkpoint_stay_here(tmp_path, configured):
    given = {"execution.checkpointing.local-backup.enabled": "true"}
    if configured:
        given["execution.checkpointing.local-backup.dirs"] = str(tmp_path / "kept")
    backend = Backends(**given)()
    fill(backend, range(100))
    first = backend.snapshot(1)
    content = Path(first.directory, first.shared[0]).read_bytes()
    first.release()
    backend.notify_checkpoint_complete(1)
    fill(backend, range(100, 120))
    second = backend.snapshot(2)
    second.release()
    only_second = set(second.shared) - set(first.shared)
    backend.notify_checkpoint_aborted(2)
    backend.close()
    path = local_copy(first.shared[0])
    assert path is not None
    assert Path(path).read_bytes() == content
    assert configured == path.startswith(str(tmp_path))
    assert all(local_copy(name) is None for name in only_second)
    assert local_copy("no-such-file.sst") is None


def test_without_local_recovery_nothing_stays(backends):
    backend = backends()
    fill(backend, range(10))
    names = backend.snapshot(1).shared
    backend.notify_checkpoint_complete(1)
    assert all(backend.local_copy(name) is None for name in names)


def test_a_folder_that_has_just_been_made_is_nobodys_leftover(tmp_path: Path) -> None:
    """Its process has not come to lock it yet."""
    folder = tmp_path / f"{PREFIX}{os.getpid()}-abc"
    folder.mkdir()
    (folder / "lock").touch()
    assert remove_leftovers(str(tmp_path)) == []
    assert folder.exists()
