"""Runs the tests of the heap backend on the RocksDB backend: the same text, another class."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from hurtig.state.backends.rocksdb.backend import RocksDBKeyedStateBackend
from hurtig.state.backends.rocksdb.settings import RocksDBSettings
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import KeyedStateSnapshot, OperatorSnapshot

TESTS = Path(__file__).resolve().parents[2]


class Backends:
    """Makes backends and closes them at the end of the test. ``settings`` as a job has them."""

    def __init__(self, **settings):
        self.settings = {
            "hurtig.rocksdb.cache-entries": "3",
            "hurtig.rocksdb.timers-in-memory": "3",
            "execution.checkpointing.incremental": "true",
            # Small, or every database of a test asks for memory of its own.
            "state.backend.rocksdb.memory.fixed-per-slot": "8mb",
            "state.backend.rocksdb.writebuffer.size": "64kb",
        } | settings
        self.made = []

    def __call__(self, max_parallelism=128, clock=None, key_groups=None):
        more = {} if clock is None else {"clock": clock}
        settings = RocksDBSettings(self.settings)
        backend = RocksDBKeyedStateBackend(
            max_parallelism, settings=settings, key_groups=key_groups, **more
        )
        self.made.append(backend)
        return backend

    def close(self):
        while self.made:
            self.made.pop().close()


def load(file: str, backends: Backends) -> ModuleType:
    """A module of the heap's tests, with the RocksDB backend in the heap's place."""
    path = TESTS / file
    spec = importlib.util.spec_from_file_location(f"{path.stem}_on_rocksdb", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.HeapKeyedStateBackend = backends
    return module


def cases_of(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if name.startswith("test_")}


def stored(snapshot, folder):
    """A snapshot as a checkpoint stores and loads it; its files lie in a new folder."""
    if isinstance(snapshot, KeyedStateSnapshot):
        return KeyedStateSnapshot.from_bytes(snapshot.to_bytes())
    data = OperatorSnapshot(keyed=snapshot).to_bytes()
    loaded = OperatorSnapshot.from_bytes(data, lambda: str(folder)).keyed
    assert isinstance(loaded, FilesSnapshot)
    for name in snapshot.shared:
        (folder / name).write_bytes(Path(snapshot.directory, name).read_bytes())
    snapshot.release()
    snapshot.release()
    return loaded
