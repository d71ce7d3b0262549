"""The RocksDB backend as operators see it. Mirrors Flink's ``EmbeddedRocksDBStateBackend``."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.state.api import State
from hurtig.state.backends.contract import VOID_NAMESPACE, KeyedStateBackend
from hurtig.state.backends.heap import system_millis
from hurtig.state.backends.rocksdb.cache import Cache
from hurtig.state.backends.rocksdb.checkpoints import FileNames, place_files, states_of, take_files
from hurtig.state.backends.rocksdb.database import Database, library
from hurtig.state.backends.rocksdb.directories import make_directory, remove_directory
from hurtig.state.backends.rocksdb.entries import Entries, directory_name
from hurtig.state.backends.rocksdb.layout import pickled
from hurtig.state.backends.rocksdb.local_copies import LocalCopies
from hurtig.state.backends.rocksdb.restore import ParkedBlocks, copy_key_groups, parked_in
from hurtig.state.backends.rocksdb.settings import RocksDBSettings
from hurtig.state.backends.rocksdb.states import STATES, TTL_STATES, RocksWholeMapState
from hurtig.state.backends.rocksdb.stored import (
    StoredState,
    blocks_of,
    fill,
    open_namespaces,
    read_directory,
)
from hurtig.state.backends.rocksdb.table import RocksTable
from hurtig.state.backends.rocksdb.timers import SpillingTimerQueue
from hurtig.state.backends.rocksdb.ttl import RocksTtlSettings
from hurtig.state.codec import StateMigrationError
from hurtig.state.descriptors import StateDescriptor
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import Block, KeyedStateSnapshot
from hurtig.state.timer_queue import TimerQueue
from hurtig.state.timers import TimeDomain


class RocksDBKeyedStateBackend(KeyedStateBackend):
    """Keyed state in a database on local disk, which may be larger than memory.

    ``clock``       gives processing time in epoch milliseconds, for the time to live;
    ``key_groups``  those of the subtask, all by default.

    The database is opened when something has to be written: at a barrier, or when the cache is
    full. Raises ``ProgramError`` where the library is not installed.
    """

    def __init__(
        self,
        max_parallelism: int = 128,
        clock: Callable[[], int] = system_millis,
        settings: RocksDBSettings | None = None,
        key_groups: range | None = None,
    ) -> None:
        library()
        self.max_parallelism = max_parallelism
        self.key_groups = range(max_parallelism) if key_groups is None else key_groups
        self._clock = clock
        self._settings = settings or RocksDBSettings()
        self._directory = ""
        self._numbers = 0
        self._next_state_id = 0
        self._cache = Cache(self._settings.cache_entries, max_parallelism, self._open)
        self._cache.after_flush = self._sweep
        self._tables: dict[str, RocksTable] = {}
        self._stored: dict[str, StoredState] = {}
        self._namespaces: dict[int, list[tuple[Any, int]]] = {}
        self._parked = ParkedBlocks(lambda: self._cache.database, max_parallelism)
        self._names = FileNames()
        self._local = LocalCopies(self._settings.local_directories)
        self._queues: list[SpillingTimerQueue] = []

    # -- states -------------------------------------------------------------------------------

    def state(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> State:
        table = self._table_of(descriptor)
        if namespace == VOID_NAMESPACE:
            state = table.bound
            if state is None:
                state = table.bound = self._bind(table, namespace)
            return state
        return self._bind(table, namespace)

    def _bind(self, table: RocksTable, namespace: Hashable) -> State:
        if table.whole:
            return RocksWholeMapState(self, table, namespace)
        kinds = STATES if table.ttl is None else TTL_STATES
        return kinds[table.descriptor.kind](self, table, namespace)

    def table(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> Entries:
        table = self._table_of(descriptor, raw=True)
        if table.ttl is not None:
            raise ProgramError(f"state {descriptor.name!r} has a time to live: use state(...)")
        if table.by_map_key:
            raise ProgramError(
                f"map state {descriptor.name!r} is used by map key and as a table of an operator: "
                f"give one of them another name"
            )
        table.use_raw()
        return table.entries(namespace)

    def namespaces(self, descriptor: StateDescriptor) -> list[Hashable]:
        return [
            namespace
            for namespace, entries in list(self._table_of(descriptor).namespaces.items())
            if entries
        ]

    def drop_namespace(self, descriptor: StateDescriptor, namespace: Hashable) -> None:
        self._table_of(descriptor).drop(namespace)

    def merge_namespaces(
        self, descriptor: StateDescriptor, target: Hashable, sources: Iterable[Hashable]
    ) -> None:
        merge = getattr(self._bind(self._table_of(descriptor), target), "merge_from", None)
        if merge is None:
            raise ProgramError(
                f"{descriptor.kind} state {descriptor.name!r} cannot be used with merging windows "
                f"such as sessions: use a list, reducing or aggregating state"
            )
        merge([source for source in sources if source != target])

    def keys(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> list[Any]:
        table = self._table_of(descriptor)
        if table.ttl is not None:
            self._cache.flush()  # expired entries go with it
        return list(table.entries(namespace))

    def clear_key(self, key: Any) -> None:
        for table in self._tables.values():
            table.clear_key(key)

    def unclaimed_states(self) -> list[str]:
        """Restored states that no descriptor has asked for so far; snapshots keep them."""
        return sorted({*self._stored, *self._parked.states()})

    def expired_count(self) -> int:
        """Entries that were removed because their time to live had passed."""
        return sum(t.ttl.expired for t in self._tables.values() if t.ttl is not None)

    def timer_queue(self, domain: TimeDomain) -> TimerQueue:
        """The queue of a time domain, which spills to the database unless the settings say no."""
        if self._settings.heap_timers:
            return TimerQueue()
        queue = SpillingTimerQueue(self._cache, domain.value, self._settings.timers_in_memory)
        self._queues.append(queue)
        return queue

    # -- snapshots ----------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what has changed to the database."""
        self._cache.flush()
        for queue in self._queues:
            queue.flush()

    def snapshot(
        self, checkpoint_id: int, canonical: bool = False
    ) -> KeyedStateSnapshot | FilesSnapshot:
        self.flush()
        if canonical or not self._cache.is_open:
            blocks = list(self._all_blocks()) if self._cache.is_open else []
            return KeyedStateSnapshot(checkpoint_id, self.max_parallelism, blocks)
        states = [StoredState.of(table) for table in self._tables.values()]
        states += self._stored.values()
        self._numbers += 1
        directory = os.path.join(self._own_directory(), f"chk-{checkpoint_id}-{self._numbers}")
        header = {
            "checkpoint": checkpoint_id,
            "max_parallelism": self.max_parallelism,
            "key_groups": [self.key_groups.start, self.key_groups.stop],
            "states": [state.meta().to_json() for state in states],
            "tables": [list(state) for state in states],
            "unclaimed": self._parked.states(),
        }
        snapshot = take_files(
            self._cache.database,
            directory,
            self._names,
            header,
            self._settings.incremental,
            lambda: remove_directory(directory),
        )
        if self._settings.local_recovery:
            self._local.taken(checkpoint_id, snapshot)
        return snapshot

    def _all_blocks(self) -> Iterable[Block]:
        for table in self._tables.values():
            yield from blocks_of(table, self.key_groups)
        for stored in self._stored.values():
            for block in self._stored_blocks(stored):
                yield block._replace(state=stored.meta())
        yield from self._parked.all()

    def _stored_blocks(self, stored: StoredState) -> Iterable[Block]:
        table = stored.table(self._cache, self._clock)
        open_namespaces(table, self._namespaces.get(stored.state_id, ()))
        return blocks_of(table, self.key_groups)

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._local.completed(checkpoint_id)

    def notify_checkpoint_aborted(self, checkpoint_id: int) -> None:
        self._local.aborted(checkpoint_id)

    def local_copy(self, name: str) -> str | None:
        """A file of this machine that holds what a snapshot named ``name``; see
        :func:`hurtig.state.backends.rocksdb.local_copies.local_copy`."""
        return self._local.find(name)

    # -- restore ------------------------------------------------------------------------------

    def restore(
        self, snapshots: Iterable[KeyedStateSnapshot | FilesSnapshot], key_group_range: range
    ) -> None:
        self.key_groups = key_group_range
        files: list[FilesSnapshot] = []
        blocks: list[Block] = []
        for snapshot in snapshots:
            if isinstance(snapshot, FilesSnapshot):
                self._check(snapshot.header["max_parallelism"])
                files.append(snapshot)
            else:
                self._check(snapshot.max_parallelism)
                blocks += snapshot.for_range(key_group_range).blocks
        files = [f for f in files if _overlap(_groups(f), key_group_range)]
        if len(files) == 1 and _groups(files[0]) == key_group_range and not self._cache.is_open:
            self._open_directly(files[0])
        else:
            for snapshot in files:
                self._copy(snapshot, key_group_range)
        for block in blocks:
            self._parked.add(block)
        for queue in self._queues:
            if self._cache.is_open:
                queue.opened()
        for table in self._tables.values():
            self._claim(table, self._stored.pop(table.descriptor.name, None))

    def _check(self, max_parallelism: int) -> None:
        if max_parallelism != self.max_parallelism:
            raise ProgramError(
                f"the state was written with a maximum parallelism of {max_parallelism}, the job "
                f"now has {self.max_parallelism}: its key groups do not match. Call "
                f"set_max_parallelism({max_parallelism})"
            )

    def _open_directly(self, snapshot: FilesSnapshot) -> None:
        """The same key groups: the files become the database."""
        self._names.known(place_files(snapshot, self._database_path()))
        database = self._cache.database
        self._namespaces = read_directory(database)
        for stored in states_of(snapshot.header):
            self._stored[stored.name] = stored
            self._next_state_id = max(self._next_state_id, stored.state_id + 1)
        self._parked.opened()

    def _copy(self, snapshot: FilesSnapshot, groups: range) -> None:
        """Other key groups: copy those that belong from a database opened for that."""
        self._numbers += 1
        path = os.path.join(self._own_directory(), f"import-{self._numbers}")
        place_files(snapshot, path)
        source = Database(path, self._settings)
        try:
            self._copy_from(source, snapshot, groups)
        finally:
            source.close()
            remove_directory(path)

    def _copy_from(self, source: Database, snapshot: FilesSnapshot, groups: range) -> None:
        target = self._cache.database
        directory = read_directory(source)
        ids: dict[int, int] = {}
        for stored in states_of(snapshot.header):
            known = self._stored.get(stored.name)
            if known is None:
                known = stored._replace(state_id=self._new_state_id())
                self._stored[stored.name] = known
            elif not known.reads_as(stored):
                self._park(source, stored, directory.get(stored.state_id, ()), groups)
                continue
            ids[stored.state_id] = known.state_id
        copy_key_groups(source, target, groups, ids)
        own = sum(1 << group for group in groups)
        batch = target.batch()
        for old, new in ids.items():
            masks = dict(self._namespaces.get(new, ()))
            for namespace, mask in directory.get(old, ()):
                if mask & own:
                    masks[namespace] = mask = masks.get(namespace, 0) | mask & own
                    batch.put(directory_name(new, namespace), pickled((namespace, mask)))
            self._namespaces[new] = list(masks.items())
        target.write(batch)
        for block in parked_in(source, groups):
            self._parked.add(block)

    def _park(
        self,
        source: Database,
        stored: StoredState,
        namespaces: Iterable[tuple[Any, int]],
        groups: range,
    ) -> None:
        """A state that two subtasks have kept in different ways: read it as a snapshot."""
        cache = Cache(1, self.max_parallelism, lambda: source)
        table = stored.table(cache, self._clock)
        open_namespaces(table, namespaces)
        for block in blocks_of(table, groups):
            self._parked.add(block._replace(state=stored.meta()))

    def _claim(self, table: RocksTable, stored: StoredState | None) -> None:
        """Put what was restored under a state's name into its table."""
        if stored is not None:
            namespaces = self._namespaces.get(stored.state_id, [])
            for block in self._stored_blocks(stored):
                fill(table, block._replace(state=stored.meta()))
            former = stored.table(self._cache, self._clock)
            open_namespaces(former, namespaces)
            for namespace, _ in namespaces:
                former.drop(namespace)
        name = table.descriptor.name
        for block in self._parked.of(name):
            fill(table, block)
        self._parked.remove(name)

    def _table_of(self, descriptor: StateDescriptor, raw: bool = False) -> RocksTable:
        table = self._tables.get(descriptor.name)
        if table is None:
            table = self._new_table(descriptor, raw)
        elif table.descriptor is not descriptor:
            known, asked = table.descriptor.describe(), descriptor.describe()
            if known != asked:
                raise ProgramError(
                    f"state {descriptor.name!r} is declared twice, as {known} and as {asked}: "
                    f"give one of them another name"
                )
        return table

    def _new_table(self, descriptor: StateDescriptor, raw: bool) -> RocksTable:
        config = descriptor._ttl_config
        ttl = None
        if config is not None and config.is_enabled():
            ttl = RocksTtlSettings(config, self._clock)
        stored = self._stored.get(descriptor.name)
        if stored is not None and stored.kind != descriptor.kind:
            raise StateMigrationError(
                f"state {descriptor.name!r} was written as {stored.type} and is now declared as "
                f"{descriptor.describe()}: declare the former kind, or give the new state "
                f"another name"
            )
        raw = raw and ttl is None
        whole = raw and descriptor.kind == "map"
        if stored is not None:
            raw = raw or (stored.raw and ttl is None)
            whole = whole or (stored.whole and ttl is None)
        table = RocksTable(self._cache, self._next_state_id, descriptor, ttl, raw, whole)
        now = StoredState.of(table)
        if stored is not None and now._replace(raw=stored.raw).reads_as(stored):
            table.state_id = stored.state_id
            open_namespaces(table, self._namespaces.pop(stored.state_id, ()))
            del self._stored[descriptor.name]
            stored = None
        else:
            self._new_state_id()
        self._tables[descriptor.name] = table
        if stored is not None or descriptor.name in self._parked:
            try:
                self._claim(table, stored)
            except Exception:
                del self._tables[descriptor.name]
                raise
            self._stored.pop(descriptor.name, None)
        return table

    def _new_state_id(self) -> int:
        self._next_state_id += 1
        return self._next_state_id - 1

    # -- files --------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the database and remove its folder. May be called twice."""
        self._cache.close()
        if self._directory:
            remove_directory(self._directory)
            self._directory = ""

    def _open(self) -> Database:
        return Database(self._database_path(), self._settings)

    def _database_path(self) -> str:
        return os.path.join(self._own_directory(), "db")

    def _own_directory(self) -> str:
        if not self._directory:
            self._directory = make_directory(self._settings.directories)
        return self._directory

    def _sweep(self) -> None:
        """Remove expired entries, as far as that was earned."""
        if self._cache.is_open:
            for table in self._tables.values():
                if table.ttl is not None:
                    table.ttl.sweep(table)


def _groups(snapshot: FilesSnapshot) -> range:
    start, stop = snapshot.header["key_groups"]
    return range(start, stop)


def _overlap(one: range, other: range) -> bool:
    return max(one.start, other.start) < min(one.stop, other.stop)
