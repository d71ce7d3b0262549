"""Key groups of one database copied into another: for a restore with another parallelism."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hurtig.state.backends.rocksdb.database import Database
from hurtig.state.backends.rocksdb.layout import PARKED, TIMERS
from hurtig.state.backends.rocksdb.timers import timer_group
from hurtig.state.snapshot import Block, KeyedStateSnapshot

_BATCH = 20_000


def copy_key_groups(
    source: Database, target: Database, groups: range, state_ids: dict[int, int]
) -> None:
    """Copy the entries, timers and unclaimed blocks of ``groups``; ``state_ids`` old -> new."""
    new_ids = {old.to_bytes(2, "big"): new.to_bytes(2, "big") for old, new in state_ids.items()}

    def renamed() -> Iterator[tuple[bytes, bytes]]:
        for group in groups:
            for name, data in source.scan(group.to_bytes(2, "big")):
                new = new_ids.get(name[2:4])
                if new is not None:
                    yield name[:2] + new + name[4:], data
        for name, data in source.scan(TIMERS):
            if timer_group(name) in groups:
                yield name, data

    _write(target, renamed())


def _write(target: Database, items: Iterator[tuple[bytes, bytes]]) -> None:
    batch = target.batch()
    count = 0
    for name, data in items:
        batch.put(name, data)
        count += 1
        if count == _BATCH:
            target.write(batch)
            batch = target.batch()
            count = 0
    target.write(batch)


class ParkedBlocks:
    """Blocks of canonical snapshots that no state has claimed, in the database until one does."""

    def __init__(self, database: Callable[[], Database], max_parallelism: int) -> None:
        self._database = database
        self._max_parallelism = max_parallelism
        self._names: dict[str, list[bytes]] = {}
        self._number = 0

    def __contains__(self, state: str) -> bool:
        return state in self._names

    def states(self) -> list[str]:
        """The names of their states."""
        return sorted(self._names)

    def opened(self) -> None:
        """The database was restored: it may hold some."""
        for name, _ in self._database().scan(PARKED):
            at = len(PARKED)
            self._number = max(self._number, int.from_bytes(name[at : at + 4], "big"))
            self._names.setdefault(name[at + 4 :].decode(), []).append(name)

    def add(self, block: Block) -> None:
        """Keep a block."""
        self._number += 1
        state = block.state.name
        name = PARKED + self._number.to_bytes(4, "big") + state.encode()
        data = KeyedStateSnapshot(0, self._max_parallelism, [block]).to_bytes()
        _write(self._database(), iter([(name, data)]))
        self._names.setdefault(state, []).append(name)

    def of(self, state: str) -> Iterator[Block]:
        """The blocks of a state; they stay."""
        for name in self._names.get(state, ()):
            yield self._read(name)

    def remove(self, state: str) -> None:
        """Delete the blocks of a state, which are in its table now."""
        names = self._names.pop(state, None)
        if names is not None:
            batch = self._database().batch()
            for name in names:
                batch.delete(name)
            self._database().write(batch)

    def all(self) -> Iterator[Block]:
        """All blocks; they stay."""
        for names in self._names.values():
            for name in names:
                yield self._read(name)

    def _read(self, name: bytes) -> Block:
        return KeyedStateSnapshot.from_bytes(self._database().get(name)).blocks[0]


def parked_in(source: Database, groups: range) -> Iterator[Block]:
    """The unclaimed blocks of another database that belong to ``groups``."""
    for _, data in source.scan(PARKED):
        yield from KeyedStateSnapshot.from_bytes(data).for_range(groups).blocks
