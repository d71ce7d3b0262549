"""The entries of a map state in one namespace: one entry of the database for each map key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hurtig.state.backends.rocksdb.codec import keys_of, with_keys
from hurtig.state.backends.rocksdb.entries import ABSENT, MISSING, Entries
from hurtig.state.backends.rocksdb.layout import is_readable, map_key_bytes, read_key, split_name

_LARGE = 1024
"""A map with more entries than this is not kept in memory when it is iterated."""


class CachedMap:
    """What is in memory of one map.

    ``parts``     map key -> stored form, or ``ABSENT``;
    ``changed``   map keys that have to be written;
    ``complete``  whether the database has nothing that is not in ``parts``.
    """

    __slots__ = ("changed", "complete", "parts")

    def __init__(self, complete: bool) -> None:
        self.parts: dict[Any, Any] = {}
        self.changed: set[Any] = set()
        self.complete = complete


class MapEntries(Entries):
    """Key -> :class:`CachedMap`. Used by the map states only, not as a table of operators."""

    __slots__ = ()

    def fetch(self, key: Any) -> Any:
        entry = self._clean.pop(key, None)
        if entry is None:
            entry = self._old.get(key)
            if entry is None and not self.mask:
                return ABSENT
            self.admit()
            if entry is None:
                entry = CachedMap(complete=not self.mask)
        self.dirty[key] = entry
        return entry

    def for_writing(self, key: Any) -> CachedMap:
        """The map of a key, made where there is none. Change it before anything else is read."""
        self.admit()
        entry = self.dirty.get(key)
        if entry is None:
            entry = self.fetch(key)
            if entry is ABSENT:
                entry = CachedMap(complete=True)
                self[key] = entry
        self.table.activate(self)
        found: CachedMap = entry
        return found

    def part(self, key: Any, map_key: Any) -> Any:
        """The stored form under a map key; ``None`` for none."""
        entry = self.get(key)
        if entry is None:
            return None
        part = entry.parts.get(map_key, MISSING)
        if part is MISSING:
            if entry.complete:
                return None
            self.admit()
            data = self.cache.database.get(self.name(key) + map_key_bytes(map_key))
            part = ABSENT if data is None else self.table.codec.decode(data)
            entry.parts[map_key] = part
        return None if part is ABSENT else part

    def put(self, key: Any, parts: dict[Any, Any]) -> None:
        """Set the stored forms under some map keys."""
        for map_key, part in parts.items():
            entry = self.for_writing(key)
            entry.parts[map_key] = part
            entry.changed.add(map_key)

    def remove(self, key: Any, map_key: Any) -> None:
        """Remove a map key, if it is there."""
        entry = self.get(key)
        if entry is None:
            return
        if self.mask:
            entry = self.for_writing(key)
            entry.parts[map_key] = ABSENT
            entry.changed.add(map_key)
            self._emptied = True
            return
        entry.parts.pop(map_key, None)
        entry.changed.discard(map_key)
        if not entry.parts:
            super().discard(key)

    def all_parts(self, key: Any) -> dict[Any, Any]:
        """Map key -> stored form; a dict of the caller's own."""
        entry = self.get(key)
        if entry is None:
            return {}
        parts = {k: part for k, part in entry.parts.items() if part is not ABSENT}
        if entry.complete:
            return parts
        known = entry.parts
        decode = self.table.codec.decode
        for name, data in self.cache.database.scan(self.name(key)):
            map_key = _map_key(name, data)
            if map_key not in known:
                parts[map_key] = decode(data)
        if len(parts) <= _LARGE:
            self.cache.room -= len(parts) - len(known)
            entry.parts = dict(parts)
            for map_key in entry.changed:
                entry.parts.setdefault(map_key, ABSENT)
            entry.complete = True
        return parts

    def is_empty(self, key: Any) -> bool:
        """Whether a key has no map keys; reads one at most."""
        entry = self.get(key)
        if entry is None:
            return True
        for part in entry.parts.values():
            if part is not ABSENT:
                return False
        if entry.complete:
            return True
        known = entry.parts
        stored = self.cache.database.scan(self.name(key))
        return all(_map_key(name, data) in known for name, data in stored)

    def discard(self, key: Any) -> None:
        """Remove a key with all its map keys."""
        if not self.mask:
            super().discard(key)
            return
        entry = self.get(key)
        assert entry is not None
        self.cache.delete_all(self.name(key))
        entry.parts = {}
        entry.changed = set()
        entry.complete = True
        self._emptied = True

    def write(self, batch: Any) -> None:
        groups = set()
        for key, entry in (*self._unused_suspects(), *self.dirty.items()):
            if not entry.changed:
                continue
            base = self.name(key)
            readable = is_readable(key)
            for map_key in entry.changed:
                part = entry.parts[map_key]
                name = base + map_key_bytes(map_key)
                if part is ABSENT:
                    batch.delete(name)
                    if entry.complete:
                        del entry.parts[map_key]
                    continue
                data = self.table.codec.encode(part)
                if not (readable and is_readable(map_key)):
                    data = with_keys((key, map_key), data)
                batch.put(name, data)
                groups.add(name[:2])
            entry.changed = set()
        self.add_groups(groups)
        self._save_mask(batch)

    def __iter__(self) -> Iterator[Any]:
        if not self.mask:
            return iter([key for key, entry in self.dirty.items() if entry.parts])
        self.cache.flush()
        return iter(dict.fromkeys(key for key, _ in self._stored()))

    def items(self) -> Any:
        """Pairs of key and dict of stored forms."""
        return [(key, self.all_parts(key)) for key in self]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        if not self.mask:
            return any(entry.parts for entry in self.dirty.values())
        self.cache.flush()
        return next(self.stored_names(), None) is not None

    def forget(self, key: Any) -> None:
        super().forget(key)
        self.dirty.pop(key, None)


def _map_key(name: bytes, data: bytes) -> Any:
    keys = keys_of(data)
    return read_key(split_name(name)[2]) if keys is None else keys[1]
