"""Settings of jobs, to a backend and to the library."""

import builtins
import logging

import pytest

from hurtig.common import Configuration
from hurtig.common.errors import ProgramError
from hurtig.datastream import EmbeddedRocksDBStateBackend, RocksDBStateBackend
from hurtig.datastream.state_backend import PredefinedOptions
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.backends.registry import backend_type, create_keyed_backend
from hurtig.state.backends.rocksdb import settings as module
from hurtig.state.backends.rocksdb.backend import RocksDBKeyedStateBackend
from hurtig.state.backends.rocksdb.database import Database, library
from hurtig.state.backends.rocksdb.settings import RocksDBSettings
from hurtig.state.descriptors import ValueStateDescriptor

MB = 1 << 20


def test_the_names_of_backends():
    assert backend_type({}) == "hashmap"
    for name in ("hashmap", "jobmanager", "filesystem", "HashMap"):
        assert backend_type({"state.backend.type": name}) == "hashmap"
    factory = "org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackendFactory"
    for name in ("rocksdb", "RocksDB", factory):
        assert backend_type({"state.backend": name}) == "rocksdb"
    assert backend_type({"state.backend.type": "hashmap", "state.backend": "rocksdb"}) == "hashmap"
    with pytest.raises(ProgramError, match=r"'redis': there are hashmap .* and rocksdb"):
        backend_type({"state.backend.type": "redis"})


def test_the_backend_follows_the_settings():
    assert isinstance(create_keyed_backend({}, 8, lambda: 0), HeapKeyedStateBackend)
    backend = create_keyed_backend({"state.backend.type": "rocksdb"}, 8, lambda: 5, range(2, 4))
    assert isinstance(backend, RocksDBKeyedStateBackend)
    assert (backend.max_parallelism, backend.key_groups) == (8, range(2, 4))


@pytest.mark.parametrize("backend", [EmbeddedRocksDBStateBackend, RocksDBStateBackend])
def test_what_programs_say(backend, tmp_path):
    asked = backend(*(["file:///chk"] if backend is RocksDBStateBackend else []), True)
    asked.set_db_storage_paths(str(tmp_path / "a"), f"file://{tmp_path}/b")
    asked.set_predefined_options(PredefinedOptions.FLASH_SSD_OPTIMIZED)
    assert backend_type(asked.settings()) == "rocksdb"
    settings = RocksDBSettings(asked.settings())
    assert settings.incremental
    assert settings.directories == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert settings._tuned("files.open") == -1
    assert settings._tuned("writebuffer.count") == 2


def test_what_is_set_wins_over_what_is_predefined():
    key = "state.backend.rocksdb."
    settings = RocksDBSettings(
        {
            f"{key}predefined-options": "spinning-disk-optimized-high-mem",
            f"{key}writebuffer.count": "7",
        }
    )
    assert settings._tuned("writebuffer.count") == 7
    assert settings._tuned("block.cache-size") == 256 * MB


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        ({}, 128 * MB),
        ({"state.backend.rocksdb.memory.fixed-per-slot": "32 mb"}, 32 * MB),
        ({"state.backend.rocksdb.memory.fixed-per-slot": "1 kb"}, 8 * MB),
        ({"taskmanager.memory.managed.size": "64mb"}, 64 * MB),
        ({"state.backend.rocksdb.memory.managed": "false"}, None),
    ],
)
def test_memory_is_limited(given, limit, tmp_path):
    settings = RocksDBSettings(given)
    assert settings.memory_limit() == limit
    _, shared = settings.options(library())
    _, again = settings.options(library())
    assert (shared is again) == (limit is not None)
    Database(str(tmp_path / "db"), settings).close()


@pytest.mark.parametrize(
    "given",
    [
        {"state.backend.rocksdb.compression": "zstd"},
        {"state.backend.rocksdb.compaction.style": "universal"},
        {"state.backend.rocksdb.use-bloom-filter": "false"},
        {"state.backend.rocksdb.predefined-options": "SPINNING_DISK_OPTIMIZED"},
    ],
)
def test_the_library_takes_them(given, tmp_path):
    database = Database(str(tmp_path / "db"), RocksDBSettings(given))
    batch = database.batch()
    batch.put(b"a", b"1")
    database.write(batch)
    assert database.get(b"a") == b"1"
    database.close()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hurtig.rocksdb.cache-entries", "0"),
        ("hurtig.rocksdb.cache-entries", "many"),
        ("state.backend.rocksdb.compression", "arj"),
        ("state.backend.rocksdb.compaction.style", "none"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_key(key, value):
    with pytest.raises(ProgramError, match=key):
        RocksDBSettings({key: value})


def test_what_cannot_be_honoured_is_said_once(monkeypatch, caplog):
    monkeypatch.setattr(module, "_warned", set())
    given = {"state.backend.rocksdb.ttl.compaction.filter.enabled": "true"}
    with caplog.at_level(logging.WARNING):
        RocksDBSettings(given)
        RocksDBSettings(given)
    assert [m for m in caplog.messages if "ttl.compaction.filter.enabled has no effect" in m] == [
        caplog.messages[0]
    ]


def test_a_missing_library_says_how_to_install_it(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "rocksdict":
            raise ImportError("No module named 'rocksdict'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ProgramError, match=r"pip install 'hurtig\[rocksdb\]'"):
        create_keyed_backend({"state.backend.type": "rocksdb"}, 8, lambda: 0)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    given = {"state.backend.rocksdb.localdir": str(tmp_path / "file" / "x")}
    backend = RocksDBKeyedStateBackend(settings=RocksDBSettings(given))
    backend.current_key = 1
    backend.state(ValueStateDescriptor("v")).update(1)
    with pytest.raises(ProgramError, match=r"state\.backend\.rocksdb\.localdir"):
        backend.flush()


def test_the_configuration_lists_the_options():
    configuration = Configuration()
    configuration.set_string("state.backend.rocksdb.checkpointdir", "/x")  # of older releases
    from hurtig.common.options import is_known, option

    assert option("state.backend.rocksdb.checkpointdir").key == "state.backend.rocksdb.localdir"
    assert is_known("hurtig.rocksdb.cache-entries")
