"""State backends and the keys they stand for."""

from __future__ import annotations

import pytest

from hurtig.common.configuration import Configuration
from hurtig.common.options import warn_unknown_keys
from hurtig.datastream.checkpoint_config import CheckpointConfig
from hurtig.datastream.checkpoint_storage import (
    FileSystemCheckpointStorage,
    JobManagerCheckpointStorage,
)
from hurtig.datastream.state_backend import (
    CustomStateBackend,
    EmbeddedRocksDBStateBackend,
    FsStateBackend,
    HashMapStateBackend,
    MemoryStateBackend,
    PredefinedOptions,
    RocksDBStateBackend,
    StateBackend,
    state_backend_of,
    state_backend_settings,
)


def full_rocksdb() -> EmbeddedRocksDBStateBackend:
    backend = EmbeddedRocksDBStateBackend(True)
    backend.set_db_storage_paths("/a", "file:///b/c")
    backend.set_predefined_options(PredefinedOptions.FLASH_SSD_OPTIMIZED)
    backend.set_number_of_transfer_threads(7)
    return backend


def storage_of(backend: StateBackend) -> object:
    settings = state_backend_settings(backend)
    return CheckpointConfig(Configuration.from_dict(settings)).get_checkpoint_storage()


def test_the_default_is_not_set():
    assert state_backend_of(Configuration()) is None


@pytest.mark.parametrize(
    "backend",
    [
        HashMapStateBackend(),
        EmbeddedRocksDBStateBackend(),
        EmbeddedRocksDBStateBackend(False),
        full_rocksdb(),
        CustomStateBackend("a.b.Factory"),
    ],
    ids=repr,
)
def test_settings_lead_back_to_the_backend(backend):
    settings = state_backend_settings(backend)
    found = state_backend_of(Configuration.from_dict(settings))
    assert found == backend
    assert hash(found) == hash(backend)
    assert warn_unknown_keys(settings) == []


def test_rocksdb_defaults():
    backend = EmbeddedRocksDBStateBackend()
    assert backend.settings() == {"state.backend.type": "rocksdb"}
    assert not backend.is_incremental_checkpoints_enabled()
    assert backend.get_db_storage_paths() is None
    assert backend.get_predefined_options() is PredefinedOptions.DEFAULT
    assert backend.get_options() is None
    assert backend.get_number_of_transfer_threads() == 4


def test_rocksdb_settings():
    backend = full_rocksdb()
    assert backend.is_incremental_checkpoints_enabled()
    assert backend.get_db_storage_paths() == ["/a", "/b/c"]
    assert backend.get_predefined_options() is PredefinedOptions.FLASH_SSD_OPTIMIZED
    assert backend.get_number_of_transfer_threads() == 7
    assert backend.settings() == {
        "state.backend.type": "rocksdb",
        "execution.checkpointing.incremental": "true",
        "state.backend.rocksdb.localdir": "/a,/b/c",
        "state.backend.rocksdb.predefined-options": "FLASH_SSD_OPTIMIZED",
        "state.backend.rocksdb.checkpoint.transfer.thread.num": "7",
    }
    backend.set_db_storage_paths()
    assert backend.get_db_storage_paths() is None


@pytest.mark.parametrize("path", ["relative", "hdfs://host/x"])
def test_rocksdb_directories_are_local_and_absolute(path):
    backend = full_rocksdb()
    with pytest.raises(ValueError, match=path):
        backend.set_db_storage_paths(path)
    assert backend.get_db_storage_paths() == ["/a", "/b/c"]


def test_rocksdb_refuses_what_makes_no_sense():
    backend = EmbeddedRocksDBStateBackend()
    with pytest.raises(ValueError, match="at least 1"):
        backend.set_number_of_transfer_threads(0)
    with pytest.raises(TypeError, match="PredefinedOptions"):
        backend.set_predefined_options("DEFAULT")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="incremental"):
        EmbeddedRocksDBStateBackend("hdfs://checkpoints")  # type: ignore[arg-type]


def test_a_java_options_factory_warns_and_is_kept():
    backend = EmbeddedRocksDBStateBackend()
    with pytest.warns(UserWarning, match=r"a\.b\.Factory is a Java class"):
        backend.set_options("a.b.Factory")
    assert backend.get_options() == "a.b.Factory"
    assert state_backend_of(Configuration.from_dict(backend.settings())) == backend


@pytest.mark.parametrize("name", ["hashmap", "jobmanager", "filesystem"])
@pytest.mark.parametrize("key", ["state.backend", "state.backend.type"])
def test_names_of_the_heap(key, name):
    assert state_backend_of(Configuration.from_dict({key: name})) == HashMapStateBackend()


def test_an_unknown_set_of_options_is_named():
    configuration = Configuration.from_dict(
        {"state.backend.type": "rocksdb", "state.backend.rocksdb.predefined-options": "FLOPPY"}
    )
    with pytest.raises(ValueError, match="FLOPPY"):
        state_backend_of(configuration)


def test_a_class_is_no_backend():
    with pytest.raises(TypeError, match="HashMapStateBackend"):
        state_backend_settings("rocksdb")  # type: ignore[arg-type]


def test_memory_backend_keeps_checkpoints_in_memory():
    backend = MemoryStateBackend("/meta", "/savepoints", 100, False)
    assert backend.get_max_state_size() == 100
    assert not backend.is_using_asynchronous_snapshots()
    assert storage_of(backend) == JobManagerCheckpointStorage("/meta", 100)
    assert backend.settings()["execution.checkpointing.savepoint-dir"] == "/savepoints"
    assert backend.settings()["state.backend.type"] == "hashmap"
    assert MemoryStateBackend().is_using_asynchronous_snapshots()
    assert MemoryStateBackend().get_max_state_size() == MemoryStateBackend.DEFAULT_MAX_STATE_SIZE


def test_file_backend_names_the_directory():
    backend = FsStateBackend("hdfs://host/x", None, 100, 200)
    assert backend.get_checkpoint_path() == "hdfs://host/x"
    assert backend.get_min_file_size_threshold() == 100
    assert backend.get_write_buffer_size() == 200
    assert backend.is_using_asynchronous_snapshots()
    assert storage_of(backend) == FileSystemCheckpointStorage("hdfs://host/x", 100, 200)
    with pytest.raises(ValueError, match="checkpoint_directory_uri"):
        FsStateBackend()


def test_older_rocksdb_backend_also_names_the_directory():
    backend = RocksDBStateBackend("hdfs://checkpoints", True)
    assert isinstance(backend, EmbeddedRocksDBStateBackend)
    assert backend.settings() == {
        "state.backend.type": "rocksdb",
        "execution.checkpointing.incremental": "true",
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": "hdfs://checkpoints",
    }
    assert backend.get_checkpoint_backend() == FsStateBackend("hdfs://checkpoints")
    backend.set_number_of_transfering_threads(2)
    assert backend.get_number_of_transfering_threads() == 2


def test_older_rocksdb_backend_takes_the_directory_of_another():
    other = FsStateBackend("/checkpoints")
    backend = RocksDBStateBackend(checkpoint_stream_backend=other)
    assert backend.get_checkpoint_backend() is other
    assert storage_of(backend) == FileSystemCheckpointStorage("/checkpoints")
    assert RocksDBStateBackend().settings() == {"state.backend.type": "rocksdb"}
    with pytest.raises(TypeError, match="FsStateBackend"):
        RocksDBStateBackend(checkpoint_stream_backend=HashMapStateBackend())
