"""The states of the RocksDB backend, each bound to a table and a namespace.

Those that read and write a whole entry work as on the heap: the entries are a mapping. Values,
the most used, have a shorter way; maps are read and written by map key.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.state.api import MapState, ValueState
from hurtig.state.backends.heap_states import (
    HeapAggregatingState,
    HeapListState,
    HeapMapState,
    HeapReducingState,
    HeapState,
)
from hurtig.state.backends.heap_ttl import (
    TtlAggregatingState,
    TtlListState,
    TtlReducingState,
    TtlSettings,
    TtlValueState,
)
from hurtig.state.backends.rocksdb.codec import Wire
from hurtig.state.backends.rocksdb.entries import ABSENT, Absent, Entries
from hurtig.state.backends.rocksdb.map_entries import MapEntries
from hurtig.state.values import ENCODED, IMMUTABLE

if TYPE_CHECKING:
    from hurtig.state.backends.contract import KeyedStateBackend
    from hurtig.state.backends.rocksdb.table import RocksTable

_SPECIAL = ENCODED | {Wire, Absent, type(None)}


class RocksState(HeapState):
    """Finds, stores and removes entries in :class:`Entries` instead of a dict."""

    __slots__ = ()

    _entries: Entries  # type: ignore[assignment]
    _table: RocksTable  # type: ignore[assignment]

    def __init__(self, backend: KeyedStateBackend, table: Any, namespace: Hashable) -> None:
        super().__init__(backend, table, namespace)
        self._entries = table.entries(namespace)

    def _find(self) -> Any:
        return self._entries.get(self._backend.current_key)

    def _store(self, entry: Any) -> None:
        self._entries[self._backend.current_key] = entry

    def clear(self) -> None:
        self._entries.discard(self._backend.current_key)

    def _take(self, sources: Iterable[Hashable]) -> list[Any]:
        key = self._backend.current_key
        taken = [self._table.entries(source).pop(key, None) for source in sources]
        return [entry for entry in taken if entry is not None]


class RocksValueState(RocksState, ValueState[Any]):
    """Its entry is in ``dirty`` where it was written since the last barrier."""

    __slots__ = ("_dirty", "_live", "_stored")

    def __init__(self, backend: KeyedStateBackend, table: Any, namespace: Hashable) -> None:
        super().__init__(backend, table, namespace)
        self._dirty = self._entries.dirty
        self._live = table.codec.live
        self._stored = table.codec.store

    def value(self) -> Any:
        entry = self._dirty.get(self._backend.current_key)
        if entry.__class__ not in _SPECIAL:
            return entry
        if entry is None:
            entry = self._entries.fetch(self._backend.current_key)
        return None if entry is ABSENT else self._live(entry)

    def update(self, value: Any) -> None:
        if value.__class__ not in IMMUTABLE:
            value = self._stored(value)
        elif value is None:
            self.clear()
            return
        key = self._backend.current_key
        if key in self._dirty:
            self._dirty[key] = value
        else:
            self._entries[key] = value


class RocksReducingState(HeapReducingState, RocksState):
    __slots__ = ()


class RocksAggregatingState(HeapAggregatingState, RocksState):
    __slots__ = ()


class RocksListState(HeapListState, RocksState):
    __slots__ = ()


class RocksWholeMapState(HeapMapState, RocksState):
    """A map that an operator keeps as one entry."""

    __slots__ = ()


class RocksMapState(RocksState, MapState[Any, Any]):
    """A map whose entries are read and written one by one."""

    __slots__ = ()

    _entries: MapEntries  # type: ignore[assignment]

    def get(self, key: Any) -> Any:
        part = self._entries.part(self._backend.current_key, key)
        return None if part is None else self._table.codec.live(part)

    def put(self, key: Any, value: Any) -> None:
        self._entries.put(self._backend.current_key, {key: self._table.codec.store(value)})

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        store = self._table.codec.store
        parts = {key: store(value) for key, value in dict_value.items()}
        self._entries.put(self._backend.current_key, parts)

    def remove(self, key: Any) -> None:
        self._entries.remove(self._backend.current_key, key)

    def contains(self, key: Any) -> bool:
        return self._entries.part(self._backend.current_key, key) is not None

    def items(self) -> Iterable[tuple[Any, Any]]:
        live = self._table.codec.live
        return [(key, live(part)) for key, part in self._parts().items()]

    def keys(self) -> Iterable[Any]:
        return list(self._parts())

    def values(self) -> Iterable[Any]:
        live = self._table.codec.live
        return [live(part) for part in self._parts().values()]

    def is_empty(self) -> bool:
        return self._entries.is_empty(self._backend.current_key)

    def _parts(self) -> dict[Any, Any]:
        return self._entries.all_parts(self._backend.current_key)


class _Clear(HeapState):
    """Comes before the heap's states with a time to live, which remove entries of a dict."""

    __slots__ = ()

    def clear(self) -> None:
        RocksState.clear(self)  # type: ignore[arg-type]


class RocksTtlValueState(_Clear, TtlValueState, RocksState):
    __slots__ = ()


class RocksTtlReducingState(_Clear, TtlReducingState, RocksState):
    __slots__ = ()


class RocksTtlAggregatingState(_Clear, TtlAggregatingState, RocksState):
    __slots__ = ()


class RocksTtlListState(_Clear, TtlListState, RocksState):
    __slots__ = ()


class RocksTtlMapState(RocksMapState):
    """Each map entry is stored with its time of writing, and expires alone."""

    __slots__ = ()

    @property
    def _ttl(self) -> TtlSettings:
        ttl = self._table.ttl
        assert ttl is not None
        return ttl

    def get(self, key: Any) -> Any:
        part = self._checked(key)
        return None if part is None else self._table.codec.live(part[0])

    def contains(self, key: Any) -> bool:
        return self._checked(key) is not None

    def put(self, key: Any, value: Any) -> None:
        self.put_all({key: value})

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        store, now = self._table.codec.store, self._ttl.clock()
        parts = {key: (store(value), now) for key, value in dict_value.items()}
        self._entries.put(self._backend.current_key, parts)

    def items(self) -> Iterable[tuple[Any, Any]]:
        live = self._table.codec.live
        return [(key, live(value)) for key, value in self._checked_all()]

    def keys(self) -> Iterable[Any]:
        return [key for key, _ in self._checked_all()]

    def values(self) -> Iterable[Any]:
        live = self._table.codec.live
        return [live(value) for _, value in self._checked_all()]

    def is_empty(self) -> bool:
        if self._ttl.return_expired:
            return super().is_empty()
        cutoff = self._ttl.cutoff()
        return not any(written > cutoff for _, written in self._parts().values())

    def _checked(self, map_key: Any) -> Any:
        """The map entry, checked and touched; ``None`` for none."""
        key, ttl, entries = self._backend.current_key, self._ttl, self._entries
        part = entries.part(key, map_key)
        if part is not None:
            if part[1] <= ttl.cutoff():
                ttl.expired += 1
                entries.remove(key, map_key)
                if not ttl.return_expired:
                    part = None
            elif ttl.on_read:
                entries.put(key, {map_key: (part[0], ttl.clock())})
        ttl.clean(self._table)  # type: ignore[arg-type]
        return part

    def _checked_all(self) -> list[tuple[Any, Any]]:
        key, ttl, entries = self._backend.current_key, self._ttl, self._entries
        found: list[tuple[Any, Any]] = []
        now = ttl.clock()
        cutoff = now - ttl.millis
        for map_key, part in self._parts().items():
            live = part[1] > cutoff
            if live or ttl.return_expired:
                found.append((map_key, part[0]))
            if not live:
                ttl.expired += 1
                entries.remove(key, map_key)
            elif ttl.on_read:
                entries.put(key, {map_key: (part[0], now)})
        ttl.clean(self._table)  # type: ignore[arg-type]
        return found


STATES: dict[str, type[RocksState]] = {
    "value": RocksValueState,
    "reducing": RocksReducingState,
    "aggregating": RocksAggregatingState,
    "list": RocksListState,
    "map": RocksMapState,
}
TTL_STATES: dict[str, type[RocksState]] = {
    "value": RocksTtlValueState,
    "reducing": RocksTtlReducingState,
    "aggregating": RocksTtlAggregatingState,
    "list": RocksTtlListState,
    "map": RocksTtlMapState,
}
