"""Blocks of keyed snapshots as columns of Python values, where no descriptor is at hand."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import islice, repeat
from typing import Any, NamedTuple

from hurtig.state.backends.heap_snapshot import selectors
from hurtig.state.codec import Part, decode
from hurtig.state.snapshot import Block
from hurtig.state.unpickling import StateLoads


class Entries(NamedTuple):
    """Parallel lists: one item for each value, list element or map entry."""

    keys: list[Any]
    namespaces: list[Hashable]
    map_keys: list[Any]
    values: list[Any]
    times: list[int]
    """When they were written, epoch ms; empty for state without a time to live."""


def read_blocks(blocks: list[Block], max_parallelism: int) -> Entries:
    """All entries of one state. Raises whatever the decoders raise."""
    entries = Entries([], [], [], [], [])
    columns: list[list[Any]] = list(entries)
    loads = StateLoads()
    for block in blocks:
        for found in _rows(block, max_parallelism, loads):
            for column, value in zip(columns, found, strict=True):
                if value is not _NONE:
                    column.append(value)
    return entries


_NONE: Any = object()


def _rows(block: Block, max_parallelism: int, loads: StateLoads) -> Iterator[tuple[Any, ...]]:
    """Key, namespace, map key, value, time."""
    types = block.state.value_types() or (None,)
    parts = block.parts
    kind = block.state.kind
    keys = decode(parts["keys"], None, loads)
    namespaces = _namespaces(parts, len(keys), loads)
    wanted: Iterator[bool] = repeat(True)
    if block.wanted is not None:
        wanted = selectors(keys, block.wanted, max_parallelism)
    inner = _raw(parts, kind, loads) if "raw" in parts else _typed(parts, types, loads)
    for key, namespace, is_wanted, entry in zip(keys, namespaces, wanted, inner, strict=False):
        if is_wanted:
            for map_key, value, time in entry:
                yield key, namespace, map_key, value, time


def _namespaces(parts: dict[str, Part], count: int, loads: StateLoads) -> Iterator[Any]:
    if "namespaces" not in parts:
        return repeat("", count)
    runs = decode(parts["namespaces"], None, loads)
    return (namespace for namespace, times in runs for _ in range(times))


def _raw(parts: dict[str, Part], kind: str, loads: StateLoads) -> Iterator[Any]:
    for entry in decode(parts["raw"], None, loads):
        if kind == "list" and isinstance(entry, list):
            yield [(_NONE, value, _NONE) for value in entry]
        elif kind == "map" and isinstance(entry, dict):
            yield [(map_key, value, _NONE) for map_key, value in entry.items()]
        else:
            yield [(_NONE, entry, _NONE)]


def _typed(
    parts: dict[str, Part], types: tuple[Any, ...], loads: StateLoads
) -> Iterator[list[tuple[Any, ...]]]:
    values = decode(parts["values"], types[-1], loads)
    times: Any = decode(parts["times"], None, loads) if "times" in parts else repeat(_NONE)
    map_keys: Any = repeat(_NONE)
    if "map_keys" in parts:
        map_keys = decode(parts["map_keys"], types[0], loads)
    rows = zip(map_keys, values, times, strict=False)
    if "counts" not in parts:
        return ([row] for row in rows)
    return (list(islice(rows, count)) for count in decode(parts["counts"], None, loads))
