"""Removal of expired entries from the database.

There is no hook into RocksDB's compaction from Python. Each access earns the right to check a few
entries, as on the heap, and the checks are made with the next write: together, in the order of
the database, without decoding what is alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.state.backends.heap_ttl import TtlSettings, live_part
from hurtig.state.backends.rocksdb.codec import keys_of, with_keys
from hurtig.state.backends.rocksdb.entries import Entries
from hurtig.state.backends.rocksdb.layout import is_readable, read_key, split_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from hurtig.state.ttl_config import StateTtlConfig

_MOST = 50_000
"""Entries checked with one write."""


class RocksTtlSettings(TtlSettings):
    """Time to live of one state; :meth:`sweep` after each write."""

    __slots__ = ("_at", "_earned", "_size")

    def __init__(self, config: StateTtlConfig, clock: Callable[[], int]) -> None:
        super().__init__(config, clock)
        self._size = self._cleanup_size
        # Compaction filters of Flink ask for the same: expired entries go in the background.
        strategies = config.get_cleanup_strategies()
        if not self._size and strategies.get_rocksdb_compact_filter_cleanup_strategy():
            self._size = 1
        self._earned = 0
        self._at: tuple[Any, bytes] | None = None

    def clean(self, table: Any) -> None:
        self._earned += self._size

    def sweep(self, table: Any) -> None:
        """Check as many entries as were earned, going on where the last sweep has ended."""
        left = min(self._earned, _MOST)
        self._earned = 0
        if not left:
            return
        cutoff = self.cutoff()
        namespaces = [entries for entries in table.namespaces.values() if entries.mask]
        start = b""
        if self._at is not None and self._at[0] in table.namespaces:
            at, start = self._at
            index = next((i for i, e in enumerate(namespaces) if e.namespace == at), 0)
            namespaces = namespaces[index:]
        self._at = None
        for entries in namespaces:
            left = self._sweep(table, entries, cutoff, start, left)
            if left <= 0:
                return
            start = b""

    def _sweep(self, table: Any, entries: Entries, cutoff: int, start: bytes, left: int) -> int:
        database = table.cache.database
        batch = database.batch()
        codec, kind = table.codec, table.descriptor.kind
        for name, data in entries.stored_names(start):
            if left <= 0:
                self._at = (entries.namespace, name)
                break
            left -= 1
            if kind == "list":
                kept, expired = live_part("list", codec.decode(data), cutoff)
                if not expired:
                    continue
                self.expired += expired
                if kept is None:
                    batch.delete(name)
                else:
                    key = _key(name, data)
                    new = codec.encode(kept)
                    batch.put(name, new if is_readable(key) else with_keys((key, None), new))
            else:
                written = codec.time_of(data)
                if written is None or written > cutoff:
                    continue
                self.expired += 1
                batch.delete(name)
            entries.forget(_key(name, data))
        database.write(batch)
        return left


def _key(name: bytes, data: bytes) -> Any:
    keys = keys_of(data)
    return read_key(split_name(name)[1]) if keys is None else keys[0]
