"""Heap tables to blocks of a snapshot, one per state, and back.

Entries are written as they lie, whatever their key group: a restore with other key groups sorts
them out. The columns of a block: ``keys``; ``namespaces`` as runs ``(namespace, entries)`` where
there are any; ``raw`` entries of operators, or else ``values``, for lists and maps ``counts`` per
key, for maps ``map_keys``; ``times`` of writing for state with a time to live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, compress, islice
from typing import Any

from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.backends.heap_table import StateTable
from hurtig.state.backends.heap_ttl import live_part
from hurtig.state.codec import Part, encode, encode_stored
from hurtig.state.evolution import StateReader
from hurtig.state.key_groups import key_group_for
from hurtig.state.snapshot import MANY_GROUPS, Block, KeyedStateSnapshot, StateMeta
from hurtig.state.values import ENCODED, unpack

COMPOSITE_KINDS = ("list", "map")

_REMEMBER_KEYS = 1000
"""Of fewer keys it is not worth the while to find out whether they are the same."""


class _Rows:
    """The entries of a table, in columns."""

    __slots__ = ("entries", "keys", "runs")

    def __init__(self) -> None:
        self.runs: list[list[Any]] = []
        self.keys: list[Any] = []
        self.entries: list[Any] = []


def write_snapshot(
    tables: Iterable[StateTable], key_groups: range, canonical: bool = False
) -> list[Block]:
    """The blocks of all entries, which belong to ``key_groups``.

    ``canonical``  mutable values are written under their type, not as they are kept.
    """
    group = key_groups.start if len(key_groups) == 1 else MANY_GROUPS
    blocks = []
    for table in tables:
        rows = _rows_of(table)
        if rows.keys:
            meta = StateMeta.of(table.descriptor, table.ttl is not None)
            parts = _write_parts(table, rows, canonical)
            bounds = (key_groups.start, key_groups.stop)
            blocks.append(Block(meta, group, len(rows.keys), parts, bounds))
    return blocks


def _rows_of(table: StateTable) -> _Rows:
    rows = _Rows()
    ttl = table.ttl
    cutoff = ttl.cutoff() if ttl is not None and ttl.drop_from_snapshot else None
    kind = table.descriptor.kind
    if cutoff is None and len(table.namespaces) == 1:
        ((namespace, entries),) = table.namespaces.items()
        rows.keys, rows.entries = list(entries), list(entries.values())
        rows.runs = [[namespace, len(entries)]]
        return rows
    for namespace, entries in table.namespaces.items():
        if cutoff is not None:
            live = {key: live_part(kind, entry, cutoff)[0] for key, entry in entries.items()}
            entries = {key: entry for key, entry in live.items() if entry is not None}
        if entries:
            rows.runs.append([namespace, len(entries)])
            rows.keys += entries
            rows.entries += entries.values()
    return rows


def _write_parts(table: StateTable, rows: _Rows, canonical: bool) -> dict[str, Part]:
    descriptor = table.descriptor
    name = descriptor.name
    parts = {"keys": _write_keys(table, rows.keys)}
    if len(rows.runs) > 1 or rows.runs[0][0] != VOID_NAMESPACE:
        parts["namespaces"] = encode(rows.runs, None, name)
    if table.raw:
        # What operators keep need not follow the declared type.
        parts["raw"] = encode(_unpack_entries(descriptor.kind, rows.entries), None, name)
        return parts
    stored = rows.entries
    if descriptor.kind in COMPOSITE_KINDS:
        parts["counts"] = encode(list(map(len, stored)), None, name)
        if descriptor.kind == "map":
            map_keys = list(chain.from_iterable(stored))
            parts["map_keys"] = encode(map_keys, descriptor.value_types()[0], name)
            stored = list(chain.from_iterable([entry.values() for entry in stored]))
        else:
            stored = list(chain.from_iterable(stored))
    if table.ttl is not None:
        parts["times"] = encode([written for _, written in stored], None, name)
        stored = [value for value, _ in stored]
    parts["values"] = encode_stored(stored, descriptor.value_types()[-1], name, canonical)
    return parts


def _write_keys(table: StateTable, keys: list[Any]) -> Part:
    """Most often they are those of the snapshot before: to find that out costs a fraction."""
    former = table.written_keys
    if former is not None and former[0] == keys:
        return former[1]
    part = encode(keys, None, table.descriptor.name)
    table.written_keys = (keys, part) if len(keys) >= _REMEMBER_KEYS else None
    return part


def _unpack_entries(kind: str, entries: list[Any]) -> list[Any]:
    """Raw entries; a user's state of that name may have packed parts of them."""
    types = set(map(type, entries))
    if kind == "list" and list in types:
        types |= set(map(type, chain.from_iterable([e for e in entries if type(e) is list])))
    elif kind == "map" and dict in types:
        maps = [e.values() for e in entries if type(e) is dict]
        types |= set(map(type, chain.from_iterable(maps)))
    if ENCODED.isdisjoint(types):
        return entries
    return [_unpack_entry(kind, entry) for entry in entries]


def _unpack_entry(kind: str, entry: Any) -> Any:
    if kind == "list" and type(entry) is list:
        return [unpack(v) for v in entry]
    if kind == "map" and type(entry) is dict:
        return {k: unpack(v) for k, v in entry.items()}
    return unpack(entry)


class RestoredBlocks:
    """Blocks of a snapshot until a descriptor with the state's name is registered.

    Only the descriptor knows the types. What nobody claims goes into the next snapshot as it is.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, list[tuple[Block, int]]] = {}

    def add(self, snapshot: KeyedStateSnapshot) -> None:
        for block in snapshot.blocks:
            pair = block, snapshot.max_parallelism
            self._blocks.setdefault(block.state.name, []).append(pair)

    def names(self) -> list[str]:
        return sorted(self._blocks)

    def unclaimed(self) -> list[Block]:
        return [block for blocks in self._blocks.values() for block, _ in blocks]

    def claim(self, table: StateTable) -> None:
        """Put the blocks of that state into its table. Raises ``StateMigrationError``."""
        for block, max_parallelism in self._blocks.pop(table.descriptor.name, ()):
            _read_block(table, block, max_parallelism)


def _read_block(table: StateTable, block: Block, max_parallelism: int) -> None:
    reader = StateReader(block.state, table.descriptor)
    parts = block.parts
    keys = reader.plain(parts["keys"])
    entries = _read_entries(table, reader, parts)
    runs: list[Any] = [[VOID_NAMESPACE, block.size]]
    if "namespaces" in parts:
        runs = reader.plain(parts["namespaces"])
    pairs: Iterator[tuple[Any, Any]] = zip(keys, entries, strict=True)
    wanted = None if block.wanted is None else selectors(keys, block.wanted, max_parallelism)
    for namespace, count in runs:
        run: Iterable[tuple[Any, Any]] = islice(pairs, count)
        if wanted is not None:
            run = list(compress(run, islice(wanted, count)))
            if not run:
                continue
        table.entries(namespace).update(run)


def selectors(keys: list[Any], wanted: tuple[int, int], max_parallelism: int) -> Iterator[bool]:
    """For each key whether its key group is among ``wanted``."""
    start, stop = wanted
    return iter([start <= key_group_for(key, max_parallelism) < stop for key in keys])


def _read_entries(table: StateTable, reader: StateReader, parts: dict[str, Part]) -> Iterable[Any]:
    if "raw" in parts:
        return reader.raw(parts["raw"])
    stored = reader.stored(parts["values"], -1)
    if table.ttl is not None:
        # State that had no time to live before starts to age now.
        times = reader.plain(parts["times"]) if "times" in parts else None
        stored = list(zip(stored, times or [table.ttl.clock()] * len(stored), strict=True))
    if "counts" not in parts:
        return stored
    counts = reader.plain(parts["counts"])
    values = iter(stored)
    if "map_keys" in parts:
        map_keys = iter(reader.values(parts["map_keys"], 0))
        return [
            dict(zip(islice(map_keys, count), islice(values, count), strict=True))
            for count in counts
        ]
    return [list(islice(values, count)) for count in counts]
