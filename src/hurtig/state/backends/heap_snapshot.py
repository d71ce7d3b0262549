"""Heap tables to blocks of a snapshot, one per state and key group, and back.

The columns of a block: ``keys``; ``namespaces`` as runs ``(namespace, entries)`` where there are
any; ``raw`` entries of operators, or else ``values``, for lists and maps ``counts`` per key, for
maps ``map_keys``; ``times`` of writing for state with a time to live.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Any

from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.backends.heap_table import StateTable
from hurtig.state.backends.heap_ttl import live_part
from hurtig.state.codec import Part, StateMigrationError, decode, encode
from hurtig.state.key_groups import key_group_for
from hurtig.state.snapshot import Block, KeyedStateSnapshot, StateMeta
from hurtig.state.values import pack, unpack

COMPOSITE_KINDS = ("list", "map")


class _Rows:
    """The entries of one key group, in columns."""

    __slots__ = ("entries", "keys", "runs")

    def __init__(self) -> None:
        self.runs: list[list[Any]] = []
        self.keys: list[Any] = []
        self.entries: list[Any] = []


def write_snapshot(tables: Iterable[StateTable], max_parallelism: int) -> list[Block]:
    """The blocks of all entries. Key groups are computed here, once per key."""
    groups: dict[Any, int] = {}
    blocks = []
    for table in tables:
        meta = StateMeta(
            table.descriptor.name,
            table.descriptor.kind,
            table.descriptor.describe(),
            table.ttl is not None,
        )
        for group, rows in sorted(_by_group(table, groups, max_parallelism).items()):
            parts = _write_parts(table, rows)
            blocks.append(Block(meta, group, len(rows.keys), parts))
    return blocks


def _by_group(table: StateTable, groups: dict[Any, int], max_parallelism: int) -> dict[int, _Rows]:
    by_group: dict[int, _Rows] = {}
    ttl = table.ttl
    cutoff = ttl.cutoff() if ttl is not None and ttl.drop_from_snapshot else None
    for namespace, entries in table.namespaces.items():
        for key, entry in entries.items():
            if cutoff is not None:
                entry, _ = live_part(table.descriptor.kind, entry, cutoff)
                if entry is None:
                    continue
            group = groups.get(key)
            if group is None:
                group = groups[key] = key_group_for(key, max_parallelism)
            rows = by_group.get(group)
            if rows is None:
                rows = by_group[group] = _Rows()
            if not rows.runs or rows.runs[-1][0] is not namespace:
                rows.runs.append([namespace, 0])
            rows.runs[-1][1] += 1
            rows.keys.append(key)
            rows.entries.append(entry)
    return by_group


def _write_parts(table: StateTable, rows: _Rows) -> dict[str, Part]:
    descriptor = table.descriptor
    name = descriptor.name
    parts = {"keys": encode(rows.keys, None, name)}
    if any(namespace != VOID_NAMESPACE for namespace, _ in rows.runs):
        parts["namespaces"] = encode(rows.runs, None, name)
    if table.raw:
        # What operators keep need not follow the declared type.
        parts["raw"] = encode([_unpack_entry(descriptor.kind, e) for e in rows.entries], None, name)
        return parts
    stored = rows.entries
    if descriptor.kind in COMPOSITE_KINDS:
        parts["counts"] = encode([len(entry) for entry in stored], None, name)
        if descriptor.kind == "map":
            map_keys = [k for entry in stored for k in entry]
            parts["map_keys"] = encode(map_keys, descriptor.value_types()[0], name)
            stored = [v for entry in stored for v in entry.values()]
        else:
            stored = [v for entry in stored for v in entry]
    if table.ttl is not None:
        parts["times"] = encode([written for _, written in stored], None, name)
        stored = [value for value, _ in stored]
    parts["values"] = encode([unpack(v) for v in stored], descriptor.value_types()[-1], name)
    return parts


def _unpack_entry(kind: str, entry: Any) -> Any:
    """A raw entry; a user's state of that name may have packed parts of it."""
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
        self._blocks: dict[str, list[Block]] = {}

    def add(self, snapshot: KeyedStateSnapshot) -> None:
        for block in snapshot.blocks:
            self._blocks.setdefault(block.state.name, []).append(block)

    def names(self) -> list[str]:
        return sorted(self._blocks)

    def unclaimed(self) -> list[Block]:
        return [block for blocks in self._blocks.values() for block in blocks]

    def claim(self, table: StateTable) -> None:
        """Put the blocks of that state into its table."""
        for block in self._blocks.pop(table.descriptor.name, ()):
            _read_block(table, block)


def _read_block(table: StateTable, block: Block) -> None:
    descriptor = table.descriptor
    written, declared = block.state.type, descriptor.describe()
    if block.state.kind != descriptor.kind:
        raise StateMigrationError(
            f"state {descriptor.name!r} was written as {written} and is now declared as "
            f"{declared}: declare the former kind, or give the new state another name"
        )
    types = {"values": descriptor.value_types()[-1], "map_keys": descriptor.value_types()[0]}
    columns = {
        column: decode(part, types.get(column), descriptor.name, written, declared)
        for column, part in block.parts.items()
    }
    runs = columns.get("namespaces", [[VOID_NAMESPACE, block.size]])
    pairs = zip(columns["keys"], _read_entries(table, columns), strict=True)
    for namespace, count in runs:
        _fill(table, namespace, islice(pairs, count))


def _fill(table: StateTable, namespace: Hashable, pairs: Iterable[tuple[Any, Any]]) -> None:
    table.entries(namespace).update(pairs)


def _read_entries(table: StateTable, columns: dict[str, list[Any]]) -> Iterable[Any]:
    if "raw" in columns:
        return columns["raw"]
    stored: list[Any] = [pack(value) for value in columns["values"]]
    if table.ttl is not None:
        # State that had no time to live before starts to age now.
        times = columns.get("times") or [table.ttl.clock()] * len(stored)
        stored = list(zip(stored, times, strict=True))
    if "counts" not in columns:
        return stored
    values = iter(stored)
    if "map_keys" in columns:
        map_keys = iter(columns["map_keys"])
        return [
            dict(zip(islice(map_keys, count), islice(values, count), strict=True))
            for count in columns["counts"]
        ]
    return [list(islice(values, count)) for count in columns["counts"]]
