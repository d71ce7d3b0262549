"""Timers to blocks of a snapshot, one per time domain, and back."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import compress, repeat
from typing import Any

from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.codec import decode, encode
from hurtig.state.key_groups import key_group_for
from hurtig.state.snapshot import MANY_GROUPS, Block, KeyedStateSnapshot, StateMeta
from hurtig.state.timer_queue import Columns
from hurtig.state.unpickling import StateLoads

Timer = tuple[int, Any, Hashable]
"""Timestamp, key, namespace."""

_KIND = "timers"


def write_timers(queues: Mapping[str, Columns], key_groups: range) -> list[Block]:
    """Blocks of all timers, which belong to ``key_groups``; ``queues`` by name of the domain."""
    blocks = []
    for name, (times, keys, namespaces) in queues.items():
        if not times:
            continue
        parts = {"times": encode(times, None, name), "keys": encode(keys, None, name)}
        if namespaces.count(VOID_NAMESPACE) < len(namespaces):
            parts["namespaces"] = encode(namespaces, None, name)
        meta = StateMeta(name, _KIND, _KIND)
        bounds = (key_groups.start, key_groups.stop)
        blocks.append(Block(meta, MANY_GROUPS, len(times), parts, bounds))
    return blocks


def read_timers(snapshot: KeyedStateSnapshot) -> Iterator[tuple[str, Iterable[Timer]]]:
    """Name of the time domain and timers of each block."""
    loads = StateLoads()
    for block in snapshot.blocks:
        columns = {name: decode(part, None, loads) for name, part in block.parts.items()}
        times, keys = columns["times"], columns["keys"]
        namespaces = columns.get("namespaces") or repeat(VOID_NAMESPACE, len(times))
        timers: Iterable[Timer] = zip(times, keys, namespaces, strict=True)
        if block.wanted is not None:
            start, stop = block.wanted
            limit = snapshot.max_parallelism
            groups = {key: key_group_for(key, limit) for key in set(keys)}
            timers = compress(timers, [start <= groups[key] < stop for key in keys])
        yield block.state.name, timers
