"""Chooses the state backend of an operator by the job's settings.

To add a backend: subclass ``KeyedStateBackend`` and enter it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hurtig.common.errors import ProgramError
from hurtig.state.backends.contract import KeyedStateBackend
from hurtig.state.backends.heap import HeapKeyedStateBackend

BACKEND_KEYS = ("state.backend.type", "state.backend")
_HEAP = ("hashmap", "heap", "jobmanager", "filesystem", "memory")
_ROCKSDB = ("rocksdb", "embeddedrocksdb")
# Flink takes the names of factory classes, too.
_CLASSES = {
    "HashMapStateBackendFactory": "hashmap",
    "MemoryStateBackendFactory": "hashmap",
    "FsStateBackendFactory": "hashmap",
    "EmbeddedRocksDBStateBackendFactory": "rocksdb",
    "RocksDBStateBackendFactory": "rocksdb",
}


def backend_type(settings: Mapping[str, str]) -> str:
    """``hashmap`` or ``rocksdb``. Raises ``ProgramError`` for another backend."""
    asked = next((settings[key] for key in BACKEND_KEYS if settings.get(key)), "hashmap")
    name = asked.lower()
    if name in _HEAP:
        return "hashmap"
    if name in _ROCKSDB:
        return "rocksdb"
    known = _CLASSES.get(asked.rpartition(".")[2])
    if known is None:
        raise ProgramError(
            f"state.backend.type is {asked!r}: there are hashmap (in memory) and rocksdb (on "
            "local disk)"
        )
    return known


def create_keyed_backend(
    settings: Mapping[str, str],
    max_parallelism: int,
    clock: Callable[[], int],
    key_groups: range | None = None,
) -> KeyedStateBackend:
    """An empty backend for one operator subtask, which owns ``key_groups``."""
    if backend_type(settings) == "hashmap":
        return HeapKeyedStateBackend(max_parallelism, clock, key_groups)
    from hurtig.state.backends.rocksdb.backend import RocksDBKeyedStateBackend
    from hurtig.state.backends.rocksdb.settings import RocksDBSettings

    return RocksDBKeyedStateBackend(max_parallelism, clock, RocksDBSettings(settings), key_groups)


def local_copy_finder(settings: Mapping[str, str]) -> Callable[[str], str | None] | None:
    """What gives the path of a file of an incremental snapshot, by its name there, where this
    machine has kept it; ``None`` where the settings do not ask for that."""
    if backend_type(settings) != "rocksdb":
        return None
    from hurtig.state.backends.rocksdb.local_copies import local_copy
    from hurtig.state.backends.rocksdb.settings import RocksDBSettings

    chosen = RocksDBSettings(settings)
    if not chosen.local_recovery:
        return None
    return lambda name: local_copy(name, chosen.local_directories)
