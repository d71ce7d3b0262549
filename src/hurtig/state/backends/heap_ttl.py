"""The states of the heap backend whose entries expire: each is stored as ``(value, written at)``.

For a list or a map it is each element or map entry that is stored so, and expires alone. Entries
are checked when they are read; each access also checks a few others (incremental clean-up).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hurtig.state.backends.heap_states import (
    HeapAggregatingState,
    HeapListState,
    HeapMapState,
    HeapReducingState,
    HeapState,
    HeapValueState,
)
from hurtig.state.ttl_config import StateTtlConfig
from hurtig.state.values import pack, unpack

if TYPE_CHECKING:
    from hurtig.state.backends.heap_table import StateTable


class TtlSettings:
    """Time to live of one state: its options, its clock and how many entries have expired."""

    __slots__ = (
        "_cleanup_size",
        "_cursor",
        "clock",
        "drop_from_snapshot",
        "expired",
        "millis",
        "on_read",
        "return_expired",
    )

    def __init__(self, config: StateTtlConfig, clock: Callable[[], int]) -> None:
        strategies = config.get_cleanup_strategies()
        incremental = strategies.get_incremental_cleanup_strategy()
        visibility = config.get_state_visibility()
        self.clock = clock
        self.millis = config.get_ttl_millis()
        self.on_read = config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
        self.return_expired = (
            visibility is StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
        )
        # Where expired entries are never shown, nobody can tell that a snapshot left them out.
        self.drop_from_snapshot = not self.return_expired or strategies.in_full_snapshot()
        self.expired = 0
        self._cleanup_size = 0 if incremental is None else incremental.get_cleanup_size()
        self._cursor: Iterator[tuple[Hashable, Any]] = iter(())

    def cutoff(self) -> int:
        """Entries written at or before this time have expired."""
        return self.clock() - self.millis

    def clean(self, table: StateTable) -> None:
        """Check the next few entries, whatever their key."""
        if not self._cleanup_size:
            return
        cutoff = self.cutoff()
        kind = table.descriptor.kind
        for _ in range(self._cleanup_size):
            found = next(self._cursor, None)
            if found is None:
                self._cursor = _all_keys(table)
                return
            namespace, key = found
            entries = table.namespaces.get(namespace)
            if entries is None or key not in entries:
                continue
            kept, expired = live_part(kind, entries[key], cutoff)
            if expired:
                self.expired += expired
                if kept is not None:
                    entries[key] = kept
                else:
                    del entries[key]
                    table.prune(namespace)


def _all_keys(table: StateTable) -> Iterator[tuple[Hashable, Any]]:
    for namespace, entries in list(table.namespaces.items()):
        for key in list(entries):
            yield namespace, key


def live_part(kind: str, entry: Any, cutoff: int) -> tuple[Any, int]:
    """What of an entry is alive (``None`` for nothing), and how many parts have expired."""
    if kind == "list":
        kept = [part for part in entry if part[1] > cutoff]
        return kept or None, len(entry) - len(kept)
    if kind == "map":
        live = {k: part for k, part in entry.items() if part[1] > cutoff}
        return live or None, len(entry) - len(live)
    return (entry, 0) if entry[1] > cutoff else (None, 1)


class _TtlState(HeapState):
    __slots__ = ()

    @property
    def _ttl(self) -> TtlSettings:
        return self._table.ttl  # type: ignore[return-value]

    def clear(self) -> None:
        if HeapState._find(self) is not None:
            del self._entries[self._backend.current_key]
            if not self._entries:
                self._table.prune(self._namespace)


class _TtlSingle(_TtlState):
    """One expiring value per key: wraps at the store, checks at the read."""

    __slots__ = ()

    def _find(self) -> Any:
        entry = super()._find()
        ttl = self._ttl
        if entry is None:
            ttl.clean(self._table)
            return None
        stored, written = entry
        if written <= ttl.cutoff():
            self.clear()
            ttl.expired += 1
            if not ttl.return_expired:
                stored = None
        elif ttl.on_read:
            super()._store((stored, ttl.clock()))
        ttl.clean(self._table)
        return stored

    def _store(self, entry: Any) -> None:
        super()._store((entry, self._ttl.clock()))

    def _take(self, sources: Iterable[Hashable]) -> list[Any]:
        cutoff = self._ttl.cutoff()
        taken = super()._take(sources)
        return [e for e, written in taken if written > cutoff or self._ttl.return_expired]


class TtlValueState(_TtlSingle, HeapValueState):
    __slots__ = ()

    def value(self) -> Any:
        return unpack(self._find())

    def update(self, value: Any) -> None:
        if value is None:
            self.clear()
        else:
            self._store(pack(value))
            self._ttl.clean(self._table)


class TtlReducingState(_TtlSingle, HeapReducingState):
    __slots__ = ()


class TtlAggregatingState(_TtlSingle, HeapAggregatingState):
    __slots__ = ()


class TtlListState(_TtlState, HeapListState):
    __slots__ = ()

    def get(self) -> list[Any]:
        entry = self._find()
        ttl = self._ttl
        result: list[Any] = []
        if entry is not None:
            now = ttl.clock()
            cutoff = now - ttl.millis
            kept = []
            for part in entry:
                live = part[1] > cutoff
                if live:
                    kept.append((part[0], now) if ttl.on_read else part)
                if live or ttl.return_expired:
                    result.append(unpack(part[0]))
            ttl.expired += len(entry) - len(kept)
            if not kept:
                self.clear()
            elif ttl.on_read or len(kept) < len(entry):
                entry[:] = kept
        ttl.clean(self._table)
        return result

    def _extend(self, stored: list[Any]) -> None:
        super()._extend(stored)
        self._ttl.clean(self._table)

    def _pack(self, value: Any) -> Any:
        return pack(value), self._ttl.clock()


class TtlMapState(_TtlState, HeapMapState):
    __slots__ = ()

    def _pack(self, value: Any) -> Any:
        return pack(value), self._ttl.clock()

    def _live(self, key: Any) -> Any:
        """The map entry of ``key``, checked and touched; ``None`` where there is none."""
        entry = self._find()
        part = None if entry is None else entry.get(key)
        ttl = self._ttl
        if part is not None:
            if part[1] <= ttl.cutoff():
                ttl.expired += 1
                self.remove(key)
                if not ttl.return_expired:
                    part = None
            elif ttl.on_read:
                entry[key] = (part[0], ttl.clock())
        ttl.clean(self._table)
        return part

    def _scan(self) -> list[tuple[Any, Any]]:
        """All map entries, checked and touched."""
        entry = self._find()
        ttl = self._ttl
        found: list[tuple[Any, Any]] = []
        if entry is not None:
            now = ttl.clock()
            cutoff = now - ttl.millis
            for key, part in list(entry.items()):
                live = part[1] > cutoff
                if live or ttl.return_expired:
                    found.append((key, part[0]))
                if not live:
                    ttl.expired += 1
                    del entry[key]
                elif ttl.on_read:
                    entry[key] = (part[0], now)
            if not entry:
                self.clear()
        ttl.clean(self._table)
        return found

    def get(self, key: Any) -> Any:
        part = self._live(key)
        return None if part is None else unpack(part[0])

    def contains(self, key: Any) -> bool:
        return self._live(key) is not None

    def items(self) -> Iterable[tuple[Any, Any]]:
        return [(k, unpack(v)) for k, v in self._scan()]

    def keys(self) -> Iterable[Any]:
        return [k for k, _ in self._scan()]

    def values(self) -> Iterable[Any]:
        return [unpack(v) for _, v in self._scan()]

    def is_empty(self) -> bool:
        cutoff = self._ttl.cutoff()
        return not any(
            self._ttl.return_expired or written > cutoff for _, written in self._map().values()
        )


TTL_STATES: dict[str, type[HeapState]] = {
    "value": TtlValueState,
    "reducing": TtlReducingState,
    "aggregating": TtlAggregatingState,
    "list": TtlListState,
    "map": TtlMapState,
}
