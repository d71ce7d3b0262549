"""Timers to blocks of a snapshot, one per time domain and key group, and back."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from hurtig.state.codec import decode, encode
from hurtig.state.key_groups import key_group_for
from hurtig.state.snapshot import Block, KeyedStateSnapshot, StateMeta

Timer = tuple[int, Any, Hashable]
"""Timestamp, key, namespace."""

_KIND = "timers"


def write_timers(queues: Mapping[str, Iterable[Timer]], max_parallelism: int) -> list[Block]:
    """Blocks of all timers; ``queues`` by the name of the time domain."""
    groups: dict[Any, int] = {}
    blocks = []
    for name, timers in queues.items():
        by_group: dict[int, list[Timer]] = {}
        for timer in timers:
            key = timer[1]
            group = groups.get(key)
            if group is None:
                group = groups[key] = key_group_for(key, max_parallelism)
            by_group.setdefault(group, []).append(timer)
        meta = StateMeta(name, _KIND, _KIND)
        for group, entries in sorted(by_group.items()):
            times, keys, namespaces = zip(*entries, strict=True)
            columns = {"times": times, "keys": keys, "namespaces": namespaces}
            parts = {column: encode(list(v), None, name) for column, v in columns.items()}
            blocks.append(Block(meta, group, len(entries), parts))
    return blocks


def read_timers(snapshot: KeyedStateSnapshot) -> Iterator[tuple[str, Iterable[Timer]]]:
    """Name of the time domain and timers of each block."""
    for block in snapshot.blocks:
        columns = [
            decode(block.parts[column], None, block.state.name, _KIND, _KIND)
            for column in ("times", "keys", "namespaces")
        ]
        yield block.state.name, zip(*columns, strict=True)
