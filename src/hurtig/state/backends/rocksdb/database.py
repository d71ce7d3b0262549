"""One RocksDB database: bytes to bytes. The only file that calls the library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.state.backends.rocksdb.layout import after

if TYPE_CHECKING:
    from hurtig.state.backends.rocksdb.settings import RocksDBSettings

_CONFIG_FILE = "rocksdict-config.json"
"""A file of the library's own, without which it takes a database for one of another mode."""


def library() -> Any:
    """The module ``rocksdict``. Raises ``ProgramError`` where it is not installed."""
    try:
        import rocksdict
    except ImportError as e:
        raise ProgramError(
            "state.backend.type is rocksdb, which needs the package rocksdict: "
            f"pip install 'hurtig[rocksdb]' ({e})"
        ) from e
    return rocksdict


class Database:
    """An open database. All calls come from the thread of the task."""

    def __init__(self, path: str, settings: RocksDBSettings) -> None:
        self._library = library()
        self._closed = False
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        options, self._shared = settings.options(self._library)
        try:
            self._db = self._library.Rdict(path, options)
        except Exception as e:
            raise ProgramError(
                f"RocksDB cannot open {path}: {e}. Choose another folder with "
                "state.backend.rocksdb.localdir, or look at what is wrong with this one"
            ) from e
        # State is safe in checkpoints: no write-ahead log.
        writes = self._library.WriteOptions()
        writes.disable_wal = True
        self._db.set_write_options(writes)
        self.get = self._db.get
        """The bytes under a name, ``None`` for none."""

    def batch(self) -> Any:
        """Changes to be made by :meth:`write` at once: ``put``, ``delete``, ``delete_range``."""
        return self._library.WriteBatch(raw_mode=True)

    def write(self, batch: Any) -> None:
        """Make the changes."""
        if not batch.is_empty():
            self._db.write(batch)

    def scan(self, prefix: bytes, start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Names, in order, and bytes of all entries that begin with ``prefix``, as of now.

        ``start``: the name to begin at instead of the first.
        """
        end = after(prefix)
        bounds = self._library.ReadOptions()
        bounds.set_iterate_upper_bound(end)
        return _up_to(self._db.items(from_key=start or prefix, read_opt=bounds), end, bounds)

    def delete_range(self, first: bytes, end: bytes) -> None:
        """Remove what lies from ``first`` up to, but not including, ``end``."""
        self._db.delete_range(first, end)

    def checkpoint(self, directory: str) -> None:
        """Write what is in memory, then link all files into a new ``directory``."""
        checkpoint = self._library.Checkpoint(self._db)
        checkpoint.create_checkpoint(directory)

    def close(self) -> None:
        """Let go of the files. May be called twice."""
        if not self._closed:
            self._closed = True
            self._db.close()


def _up_to(
    items: Iterator[tuple[bytes, bytes]], end: bytes, bounds: Any
) -> Iterator[tuple[bytes, bytes]]:
    """Holds on to ``bounds``: the iterator uses their memory, but does not own it."""
    for item in items:
        if item[0] >= end:
            return
        yield item
    del bounds


def is_table(name: str) -> bool:
    """Whether a file of a database is one that never changes."""
    return name.endswith(".sst")


def is_needed(name: str) -> bool:
    """Whether a file of a checkpoint is needed to open it: no empty log, no report."""
    return name.startswith("MANIFEST") or name in ("CURRENT", _CONFIG_FILE)
