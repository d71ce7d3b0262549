"""The heap backend: state in dicts, ``tables[state][namespace][key]``."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.state.api import State
from hurtig.state.backends.contract import VOID_NAMESPACE, KeyedStateBackend
from hurtig.state.backends.heap_snapshot import RestoredBlocks, write_snapshot
from hurtig.state.backends.heap_states import STATES
from hurtig.state.backends.heap_table import StateTable
from hurtig.state.backends.heap_ttl import TTL_STATES, TtlSettings
from hurtig.state.descriptors import StateDescriptor
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import KeyedStateSnapshot


def system_millis() -> int:
    """Processing time: epoch milliseconds of the system's clock."""
    return time.time_ns() // 1_000_000


class HeapKeyedStateBackend(KeyedStateBackend):
    """Keyed state in memory. Mirrors Flink's ``HashMapStateBackend``.

    ``clock`` gives processing time in epoch milliseconds, for the time to live; ``key_groups`` are
    those of the subtask, all by default.
    """

    def __init__(
        self,
        max_parallelism: int = 128,
        clock: Callable[[], int] = system_millis,
        key_groups: range | None = None,
    ) -> None:
        self.max_parallelism = max_parallelism
        self.key_groups = range(max_parallelism) if key_groups is None else key_groups
        self._clock = clock
        self._tables: dict[str, StateTable] = {}
        self._restored = RestoredBlocks()

    def state(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> State:
        table = self._table_of(descriptor)
        if namespace == VOID_NAMESPACE:
            state = table.bound
            if state is None:
                state = table.bound = self._bind(table, namespace)
            return state
        return self._bind(table, namespace)

    def _bind(self, table: StateTable, namespace: Hashable) -> State:
        kinds = STATES if table.ttl is None else TTL_STATES
        return kinds[table.descriptor.kind](self, table, namespace)

    def table(
        self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE
    ) -> dict[Any, Any]:
        table = self._table_of(descriptor)
        if table.ttl is not None:
            raise ProgramError(f"state {descriptor.name!r} has a time to live: use state(...)")
        table.raw = True
        return table.entries(namespace)

    def namespaces(self, descriptor: StateDescriptor) -> list[Hashable]:
        return [ns for ns, entries in self._table_of(descriptor).namespaces.items() if entries]

    def drop_namespace(self, descriptor: StateDescriptor, namespace: Hashable) -> None:
        self._table_of(descriptor).drop(namespace)

    def merge_namespaces(
        self, descriptor: StateDescriptor, target: Hashable, sources: Iterable[Hashable]
    ) -> None:
        table = self._table_of(descriptor)
        merge = getattr(self._bind(table, target), "merge_from", None)
        if merge is None:
            raise ProgramError(
                f"{descriptor.kind} state {descriptor.name!r} cannot be used with merging windows "
                f"such as sessions: use a list, reducing or aggregating state"
            )
        merge([source for source in sources if source != target])

    def keys(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> list[Any]:
        return list(self._table_of(descriptor).namespaces.get(namespace, ()))

    def clear_key(self, key: Any) -> None:
        for table in self._tables.values():
            table.clear_key(key)

    def snapshot(self, checkpoint_id: int, canonical: bool = False) -> KeyedStateSnapshot:
        blocks = write_snapshot(self._tables.values(), self.key_groups, canonical)
        return KeyedStateSnapshot(
            checkpoint_id, self.max_parallelism, blocks + self._restored.unclaimed()
        )

    def restore(
        self, snapshots: Iterable[KeyedStateSnapshot | FilesSnapshot], key_group_range: range
    ) -> None:
        for snapshot in snapshots:
            if not isinstance(snapshot, KeyedStateSnapshot):
                raise ProgramError(
                    f"the checkpoint holds files of the state backend "
                    f"{snapshot.header.get('backend')!r}, the job now keeps state in memory. To "
                    f"change the backend, restore with the former one, take a savepoint, and "
                    f"start from that"
                )
            if snapshot.max_parallelism != self.max_parallelism:
                raise ProgramError(
                    f"the state was written with a maximum parallelism of "
                    f"{snapshot.max_parallelism}, the job now has {self.max_parallelism}: its key "
                    f"groups do not match. Call set_max_parallelism({snapshot.max_parallelism})"
                )
            self._restored.add(snapshot.for_range(key_group_range))
        for table in self._tables.values():
            self._restored.claim(table)

    def unclaimed_states(self) -> list[str]:
        """Restored states that no descriptor has asked for so far; snapshots keep them."""
        return self._restored.names()

    def expired_count(self) -> int:
        """Entries that were removed because their time to live had passed."""
        return sum(t.ttl.expired for t in self._tables.values() if t.ttl is not None)

    def _table_of(self, descriptor: StateDescriptor) -> StateTable:
        table = self._tables.get(descriptor.name)
        if table is None:
            config = descriptor._ttl_config
            ttl = (
                TtlSettings(config, self._clock)
                if config is not None and config.is_enabled()
                else None
            )
            table = self._tables[descriptor.name] = StateTable(descriptor, ttl)
            self._restored.claim(table)
        elif table.descriptor is not descriptor:
            known, asked = table.descriptor.describe(), descriptor.describe()
            if known != asked:
                raise ProgramError(
                    f"state {descriptor.name!r} is declared twice, as {known} and as {asked}: "
                    f"give one of them another name"
                )
        return table
