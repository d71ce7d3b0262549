"""What a database says about the states in it, and their entries as blocks of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from hurtig.state.backends.heap_snapshot import RestoredBlocks, write_snapshot
from hurtig.state.backends.heap_table import StateTable
from hurtig.state.backends.rocksdb.cache import Cache
from hurtig.state.backends.rocksdb.codec import keys_of
from hurtig.state.backends.rocksdb.database import Database
from hurtig.state.backends.rocksdb.layout import NAMESPACES, read_key, split_name, unpickled
from hurtig.state.backends.rocksdb.map_entries import MapEntries
from hurtig.state.backends.rocksdb.table import RocksTable
from hurtig.state.backends.rocksdb.ttl import RocksTtlSettings
from hurtig.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from hurtig.state.snapshot import Block, KeyedStateSnapshot, StateMeta


class StoredState(NamedTuple):
    """One state of a database, as JSON keeps it."""

    state_id: int
    name: str
    kind: str
    type: str
    ttl: bool
    raw: bool
    whole: bool
    types: list[Any]
    """Descriptions of what ``StateDescriptor.value_types`` gave, ``None`` for untyped."""

    @staticmethod
    def of(table: RocksTable) -> StoredState:
        from hurtig.common.serializers import describe

        descriptor = table.descriptor
        types = [None if t is None else describe(t) for t in descriptor.value_types()]
        return StoredState(
            table.state_id,
            descriptor.name,
            descriptor.kind,
            descriptor.describe(),
            table.ttl is not None,
            table.raw,
            table.whole,
            types,
        )

    def meta(self) -> StateMeta:
        return StateMeta.from_json([self.name, self.kind, self.type, self.ttl, self.types])

    def reads_as(self, other: StoredState) -> bool:
        """Whether entries of one can stand among those of the other."""
        return self[1:] == other[1:]

    def table(self, cache: Cache, clock: Callable[[], int]) -> RocksTable:
        """The state as its writer declared it, where no descriptor is at hand."""
        ttl = None
        if self.ttl:
            from hurtig.common.time import Duration
            from hurtig.state.ttl_config import StateTtlConfig

            builder = StateTtlConfig.new_builder(Duration.of_days(36_500))
            ttl = RocksTtlSettings(builder.return_expired_if_not_cleaned_up().build(), clock)
        return RocksTable(cache, self.state_id, self._descriptor(), ttl, self.raw, self.whole)

    def _descriptor(self) -> StateDescriptor:
        from hurtig.common.serializers import from_description

        types = [None if t is None else from_description(t) for t in self.types]
        if self.kind == "map":
            return MapStateDescriptor(self.name, *types)
        if self.kind == "list":
            return ListStateDescriptor(self.name, *types)
        if self.kind == "reducing":
            return ReducingStateDescriptor(self.name, _no_function, *types)
        if self.kind == "aggregating":
            return AggregatingStateDescriptor(self.name, _NoAggregate(), *types)
        return ValueStateDescriptor(self.name, *types)


def read_directory(database: Database) -> dict[int, list[tuple[Any, int]]]:
    """State -> its namespaces, each with the key groups that it may have entries in."""
    found: dict[int, list[tuple[Any, int]]] = {}
    for name, data in database.scan(NAMESPACES):
        state_id = int.from_bytes(name[len(NAMESPACES) : len(NAMESPACES) + 2], "big")
        found.setdefault(state_id, []).append(unpickled(data, 0)[0])
    return found


def open_namespaces(table: RocksTable, namespaces: Iterable[tuple[Any, int]]) -> None:
    """Tell a table what the database holds of it."""
    for namespace, mask in namespaces:
        entries = table.entries(namespace)
        entries.opened(mask)
        table.activate(entries)
        entries.prune_stored()  # what it held may be in key groups of another subtask


def blocks_of(table: RocksTable, groups: range) -> Iterator[Block]:
    """The entries of a state as blocks, a key group at a time. The cache has been written."""
    for group in groups:
        rows = StateTable(table.descriptor, table.ttl)
        rows.raw = table.raw
        for namespace, entries in table.namespaces.items():
            if entries.mask >> group & 1:
                into = rows.entries(namespace)
                for name, data in table.cache.database.scan(entries.prefix(group)):
                    _read_entry(table, name, data, into)
        yield from write_snapshot([rows], range(group, group + 1), canonical=True)


def _read_entry(table: RocksTable, name: bytes, data: bytes, into: dict[Any, Any]) -> None:
    codec = table.codec
    keys = keys_of(data)
    if keys is None:
        _, key_part, map_key_part = split_name(name)
        key = read_key(key_part)
        map_key = read_key(map_key_part) if table.by_map_key else None
    else:
        key, map_key = keys
    entry = codec.heap_form(codec.decode(data))
    if table.by_map_key:
        into.setdefault(key, {})[map_key] = entry
    else:
        into[key] = entry


def fill(table: RocksTable, block: Block) -> None:
    """Put the entries of a block into a table. Raises ``StateMigrationError``."""
    rows = StateTable(table.descriptor, table.ttl)
    restored = RestoredBlocks()
    restored.add(KeyedStateSnapshot(0, table.cache.max_parallelism, [block]))
    restored.claim(rows)
    for namespace, found in rows.namespaces.items():
        entries = table.entries(namespace)
        for key, entry in found.items():
            if isinstance(entries, MapEntries):
                entries.put(key, entry)
            else:
                entries[key] = entry


def _no_function(a: Any, b: Any) -> Any:
    raise AssertionError("state that nobody has claimed is not reduced")


class _NoAggregate:
    """State that nobody has claimed is not aggregated."""

    create_accumulator = add = get_result = _no_function
