"""The states of the heap backend that do not expire, each bound to a table and a namespace."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.state.api import (
    AggregatingState,
    ListState,
    MapState,
    ReducingState,
    State,
    ValueState,
)
from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.values import ENCODED, IMMUTABLE, pack, unpack

if TYPE_CHECKING:
    from hurtig.state.backends.contract import KeyedStateBackend
    from hurtig.state.backends.heap_table import StateTable


class HeapState(State):
    """What all of them share: where the entries are.

    ``_entries`` is the dict of the namespace. For a window it may have been pruned while empty,
    so it is looked up again before a write to, or a read from, an empty dict.
    """

    __slots__ = ("_backend", "_entries", "_namespace", "_table", "_void")

    def __init__(self, backend: KeyedStateBackend, table: StateTable, namespace: Hashable) -> None:
        self._backend = backend
        self._table = table
        self._namespace = namespace
        self._void = namespace == VOID_NAMESPACE
        self._entries: dict[Any, Any] = table.namespaces.get(namespace, {})

    def _find(self) -> Any:
        """The stored entry of the current key, ``None`` where there is none."""
        entry = self._entries.get(self._backend.current_key)
        if entry is None and not self._void and not self._entries:
            self._entries = self._table.namespaces.get(self._namespace, self._entries)
            entry = self._entries.get(self._backend.current_key)
        return entry

    def _store(self, entry: Any) -> None:
        if not self._entries and not self._void:
            self._entries = self._table.entries(self._namespace)
        self._entries[self._backend.current_key] = entry

    def clear(self) -> None:
        if self._find() is not None:
            del self._entries[self._backend.current_key]
            if not self._entries and not self._void:
                self._table.prune(self._namespace)

    def _take(self, sources: Iterable[Hashable]) -> list[Any]:
        """Remove and return the current key's entries in other namespaces."""
        taken = []
        key = self._backend.current_key
        for source in sources:
            entry = self._table.namespaces.get(source, {}).pop(key, None)
            if entry is not None:
                taken.append(entry)
                self._table.prune(source)
        return taken

    def _pack(self, value: Any) -> Any:
        return value if self._table.raw else pack(value)


class HeapValueState(HeapState, ValueState[Any]):
    __slots__ = ()

    def value(self) -> Any:
        entry = self._entries.get(self._backend.current_key)
        if entry is None:
            return None if self._void else unpack(self._find())
        return unpack(entry) if entry.__class__ in ENCODED else entry

    def update(self, value: Any) -> None:
        if value is None:
            self.clear()
            return
        if value.__class__ not in IMMUTABLE:
            value = pack(value)
        if self._void or self._entries:
            self._entries[self._backend.current_key] = value
        else:
            self._store(value)


class HeapReducingState(HeapState, ReducingState[Any]):
    __slots__ = ("_reduce",)

    def __init__(self, backend: KeyedStateBackend, table: StateTable, namespace: Hashable) -> None:
        super().__init__(backend, table, namespace)
        self._reduce = table.descriptor.get_reduce_function().reduce  # type: ignore[attr-defined]

    def get(self) -> Any:
        return unpack(self._find())

    def add(self, value: Any) -> None:
        if value is None:
            return
        entry = self._find()
        self._put(value if entry is None else self._reduce(unpack(entry), value))

    def _put(self, result: Any) -> None:
        if result is None:
            self.clear()
        else:
            self._store(self._pack(result))

    def merge_from(self, sources: Iterable[Hashable]) -> None:
        entries = self._take(sources)
        if entries:
            result = self._find()
            parts = [unpack(e) for e in (entries if result is None else [result, *entries])]
            merged = parts[0]
            for part in parts[1:]:
                merged = self._reduce(merged, part)
            self._put(merged)


class HeapAggregatingState(HeapState, AggregatingState[Any, Any]):
    __slots__ = ("_function",)

    def __init__(self, backend: KeyedStateBackend, table: StateTable, namespace: Hashable) -> None:
        super().__init__(backend, table, namespace)
        self._function = table.descriptor.get_agg_function()  # type: ignore[attr-defined]

    def get(self) -> Any:
        entry = self._find()
        return None if entry is None else self._function.get_result(unpack(entry))

    def add(self, value: Any) -> None:
        if value is None:
            return
        entry = self._find()
        accumulator = self._function.create_accumulator() if entry is None else unpack(entry)
        self._put(self._function.add(value, accumulator))

    def _put(self, accumulator: Any) -> None:
        if accumulator is None:
            self.clear()
        else:
            self._store(self._pack(accumulator))

    def merge_from(self, sources: Iterable[Hashable]) -> None:
        entries = self._take(sources)
        if entries:
            own = self._find()
            parts = [unpack(e) for e in (entries if own is None else [own, *entries])]
            merged = parts[0]
            for part in parts[1:]:
                merged = self._function.merge(merged, part)
            self._put(merged)


class HeapListState(HeapState, ListState[Any]):
    __slots__ = ()

    def get(self) -> list[Any]:
        entry = self._find()
        if entry is None:
            return []
        return [unpack(e) if e.__class__ in ENCODED else e for e in entry]

    def add(self, value: Any) -> None:
        if value is not None:
            self._extend([self._pack(value)])

    def add_all(self, values: Iterable[Any] | None) -> None:
        if values is not None:
            self._extend([self._pack(v) for v in values])

    def _extend(self, stored: list[Any]) -> None:
        entry = self._find()
        if entry is not None:
            entry.extend(stored)
        elif stored:
            self._store(stored)

    def update(self, values: Iterable[Any] | None) -> None:
        stored = [] if values is None else [self._pack(v) for v in values]
        if stored:
            self._store(stored)
        else:
            self.clear()

    def merge_from(self, sources: Iterable[Hashable]) -> None:
        for stored in self._take(sources):
            self._extend(stored)


class HeapMapState(HeapState, MapState[Any, Any]):
    __slots__ = ()

    def _map(self) -> dict[Any, Any]:
        """The stored map of the current key; a throw-away one where there is none."""
        entry = self._find()
        return {} if entry is None else entry

    def get(self, key: Any) -> Any:
        return unpack(self._map().get(key))

    def put(self, key: Any, value: Any) -> None:
        stored = self._pack(value)
        entry = self._find()
        if entry is not None:
            entry[key] = stored
        else:
            self._store({key: stored})

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        stored = {k: self._pack(v) for k, v in dict_value.items()}
        entry = self._find()
        if entry is not None:
            entry.update(stored)
        elif stored:
            self._store(stored)

    def remove(self, key: Any) -> None:
        entry = self._find()
        if entry is not None and key in entry:
            del entry[key]
            if not entry:
                self.clear()

    def contains(self, key: Any) -> bool:
        return key in self._map()

    def items(self) -> Iterable[tuple[Any, Any]]:
        return [(k, unpack(v)) for k, v in self._map().items()]

    def keys(self) -> Iterable[Any]:
        return list(self._map())

    def values(self) -> Iterable[Any]:
        return [unpack(v) for v in self._map().values()]

    def is_empty(self) -> bool:
        return not self._map()


STATES: dict[str, type[HeapState]] = {
    "value": HeapValueState,
    "reducing": HeapReducingState,
    "aggregating": HeapAggregatingState,
    "list": HeapListState,
    "map": HeapMapState,
}
