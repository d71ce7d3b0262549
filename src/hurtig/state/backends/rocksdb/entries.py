"""The entries of one state in one namespace: a mapping whose live objects are cached.

States bind ``dirty``; it is one dict for ever. Objects that can change in place go there already
when they are read, and count as changed unless their bytes are the same as before.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, MutableMapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.backends.rocksdb.codec import PLAIN, keys_of, with_keys
from hurtig.state.backends.rocksdb.layout import (
    NAMESPACES,
    group_of,
    group_prefix,
    is_readable,
    namespace_bytes,
    pickled,
    read_key,
    sized,
    split_name,
)
from hurtig.state.key_bytes import stable_key_bytes

if TYPE_CHECKING:
    from hurtig.state.backends.rocksdb.table import RocksTable


class Absent:
    """Stands for an entry that is known not to be there."""

    __slots__ = ()


ABSENT: Any = Absent()
MISSING: Any = object()

_FIXED = PLAIN | {Absent}


class Entries(MutableMapping[Any, Any]):
    """Key -> stored entry. Operators may use it as the table of their own objects."""

    __slots__ = (
        "__weakref__",
        "_cached",
        "_clean",
        "_digests",
        "_emptied",
        "_names",
        "_old",
        "_prefixes",
        "_saved_mask",
        "_suspects",
        "cache",
        "dirty",
        "mask",
        "namespace",
        "table",
    )

    def __init__(self, table: RocksTable, namespace: Hashable) -> None:
        self.table = table
        self.cache = table.cache
        self.namespace = namespace
        self.dirty: dict[Any, Any] = {}
        self.mask = 0
        """A bit for each key group that may have entries in the database."""
        self._saved_mask = 0
        self._clean: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}
        # What the last turn has moved to _old may be changed once more by the call in which the
        # turn happened.
        self._suspects: dict[Any, Any] = {}
        self._cached = False
        self._emptied = False
        self._names: dict[Any, bytes] = {}
        self._digests: dict[Any, int] = {}
        self._prefixes: dict[int, bytes] = {}

    # -- reading ------------------------------------------------------------------------------

    def get(self, key: Any, default: Any = None) -> Any:
        entry = self.dirty.get(key)
        if entry is None:
            entry = self.fetch(key)
        return default if entry is ABSENT else entry

    def fetch(self, key: Any) -> Any:
        """The entry of a key that is not in ``dirty``; ``ABSENT`` for none."""
        entry = self._clean.get(key, MISSING)
        if entry is MISSING:
            if key in self.dirty:  # an operator keeps None
                return self.dirty[key]
            self.admit()
            entry = self._old.get(key, MISSING)
            if entry is MISSING:
                entry = self._read(key)
        if entry.__class__ not in _FIXED and self.table.changes_in_place:
            self._clean.pop(key, None)
            self.dirty[key] = entry
        else:
            self._clean[key] = entry
        return entry

    def _read(self, key: Any) -> Any:
        if not self.mask:
            return ABSENT
        data = self.cache.database.get(self.name(key))
        if data is None:
            return ABSENT
        return self._decoded(key, data)

    def _decoded(self, key: Any, data: bytes) -> Any:
        if self.table.changes_in_place:
            self._digests[key] = hash(data)
        return self.table.codec.decode(data)

    def __getitem__(self, key: Any) -> Any:
        entry = self.get(key, MISSING)
        if entry is MISSING:
            raise KeyError(key)
        return entry

    def __contains__(self, key: object) -> bool:
        return self.get(key, MISSING) is not MISSING

    def __iter__(self) -> Iterator[Any]:
        present = [key for key, entry in self.dirty.items() if entry is not ABSENT]
        if not self.mask:
            return iter(present)
        seen = set(self.dirty)
        return chain(present, (key for key, _ in self._stored() if key not in seen))

    def items(self) -> Any:
        """Pairs, taken as of now; objects that are changed in place meanwhile count."""
        present = [pair for pair in self.dirty.items() if pair[1] is not ABSENT]
        return present if not self.mask else self._all_items(present)

    def values(self) -> Any:
        return [entry for _, entry in self.items()]

    def _all_items(self, present: list[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
        seen = set(self.dirty)
        yield from present
        for key, data in self._stored():
            if key in seen:
                continue
            if key in self.dirty or key in self._clean or key in self._old:
                entry = self.get(key, MISSING)
                if entry is not MISSING:
                    yield key, entry
                continue
            entry = self._decoded(key, data)
            if entry.__class__ not in _FIXED and self.table.changes_in_place:
                self.admit()
                self.dirty[key] = entry
            yield key, entry

    def _stored(self) -> Iterator[tuple[Any, bytes]]:
        """Keys and bytes in the database, without those that are removed in memory."""
        for name, data in self.stored_names():
            keys = keys_of(data)
            key = read_key(split_name(name)[1]) if keys is None else keys[0]
            if self.dirty.get(key) is not ABSENT and self._clean.get(key) is not ABSENT:
                yield key, data

    def stored_names(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Names, from ``start`` on, and bytes in the database."""
        for group in groups_in(self.mask):
            prefix = self.prefix(group)
            if start.startswith(prefix):
                yield from self.cache.database.scan(prefix, start)
            elif prefix > start:
                yield from self.cache.database.scan(prefix)

    def __len__(self) -> int:
        return len(self.dirty) if not self.mask else sum(1 for _ in self)

    def __bool__(self) -> bool:
        for entry in self.dirty.values():
            if entry is not ABSENT:
                return True
        return bool(self.mask) and any(True for _ in self._stored())

    # -- changing -----------------------------------------------------------------------------

    def __setitem__(self, key: Any, entry: Any) -> None:
        dirty = self.dirty
        if key not in dirty:
            if self._clean.pop(key, MISSING) is MISSING:
                self.admit()
            self.table.activate(self)
        dirty[key] = entry

    def __delitem__(self, key: Any) -> None:
        if key not in self:
            raise KeyError(key)
        self.discard(key)

    def pop(self, key: Any, default: Any = MISSING) -> Any:
        entry = self.get(key, MISSING)
        if entry is MISSING:
            if default is MISSING:
                raise KeyError(key)
            return default
        self.discard(key)
        return entry

    def discard(self, key: Any) -> None:
        """Remove an entry, if it is there."""
        self._old.pop(key, None)
        self._suspects.pop(key, None)
        cached = self._clean.pop(key, MISSING) is not MISSING or key in self.dirty
        if not self.mask:
            self.dirty.pop(key, None)
            self.table.prune(self)
            return
        if not cached:
            self.admit()
        self._emptied = True
        self.dirty[key] = ABSENT

    def clear(self) -> None:
        self.table.drop(self.namespace)

    def admit(self) -> None:
        """Make room for an entry."""
        cache = self.cache
        if cache.room <= 0:
            cache.turn()
        cache.room -= 1
        if not self._cached:
            self._cached = True
            cache.members.append(self)

    def wipe(self) -> None:
        """Forget and delete everything."""
        for part in (self.dirty, self._clean, self._old, self._suspects):
            part.clear()
        self._names.clear()
        self._digests.clear()
        for group in groups_in(self.mask):
            self.cache.delete_all(self.prefix(group))
        self.mask = 0
        self._forget_directory_entry()

    # -- writing back -------------------------------------------------------------------------

    def has_changes(self) -> bool:
        return bool(self.dirty or self._suspects)

    def write(self, batch: Any) -> None:
        """Add the changes to a batch."""
        codec = self.table.codec
        encode, put, names = codec.encode, batch.put, self._names
        in_place = self.table.changes_in_place
        groups = set()
        items: Any = self.dirty.items()
        if self._suspects:
            items = chain(self._unused_suspects(), items)
        for key, entry in items:
            name = names.get(key) or self.name(key)
            if entry is ABSENT:
                batch.delete(name)
                self._digests.pop(key, None)
                continue
            data = encode(entry)
            if not is_readable(key):
                data = with_keys((key, None), data)
            if in_place:
                digest = hash(data)
                if self._digests.get(key) == digest:
                    continue
                self._digests[key] = digest
            put(name, data)
            groups.add(name[:2])
        self.add_groups(groups)
        self._save_mask(batch)

    def _unused_suspects(self) -> Iterator[tuple[Any, Any]]:
        dirty, clean = self.dirty, self._clean
        for key, entry in self._suspects.items():
            if key not in dirty and key not in clean and entry is not ABSENT:
                yield key, entry

    def add_groups(self, groups: set[bytes]) -> None:
        """Mark key groups as holding entries."""
        for group in groups:
            self.mask |= 1 << int.from_bytes(group, "big")

    def _save_mask(self, batch: Any) -> None:
        if self.mask != self._saved_mask:
            batch.put(self._directory_name(), pickled((self.namespace, self.mask)))
            self._saved_mask = self.mask

    def opened(self, mask: int) -> None:
        """The database holds entries in these groups."""
        self.mask |= mask
        self._saved_mask = self.mask

    def written(self) -> None:
        """The batch is in the database."""
        self._clean.update(self.dirty)
        self.dirty.clear()
        self._suspects = {}
        if self._emptied:
            self._emptied = False
            self.prune_stored()

    def prune_stored(self) -> None:
        """Forget a window of which the database holds nothing."""
        if self.namespace == VOID_NAMESPACE or self.table.raw:
            return
        if next(self.stored_names(), None) is None:
            self.mask = 0
            self._clean.clear()
            self._old.clear()
            self._suspects.clear()
            self._forget_directory_entry()
            self.table.prune(self)

    def _forget_directory_entry(self) -> None:
        if self._saved_mask:
            batch = self.cache.database.batch()
            batch.delete(self._directory_name())
            self.cache.database.write(batch)
            self._saved_mask = 0

    def shift(self) -> bool:
        """Begin a new generation; whether anything is left in memory. Nothing is ``dirty``."""
        self._old = self._clean
        self._clean = {}
        self._names = {}
        if self.table.changes_in_place:
            self._suspects = self._old
            digests = self._digests
            self._digests = {key: digests[key] for key in self._old if key in digests}
        self._cached = bool(self._old)
        return self._cached

    def forget(self, key: Any) -> None:
        """Drop what is cached of a key that was changed in the database. It is not ``dirty``."""
        for part in (self._clean, self._old, self._suspects, self._digests):
            part.pop(key, None)

    # -- names --------------------------------------------------------------------------------

    def name(self, key: Any) -> bytes:
        """The name of a key's entry in the database."""
        name = self._names.get(key)
        if name is None:
            data = stable_key_bytes(key)
            prefix = self.prefix(group_of(data, self.cache.max_parallelism))
            name = self._names[key] = prefix + len(data).to_bytes(4, "big") + data
        return name

    def prefix(self, group: int) -> bytes:
        """What the names of a key group begin with."""
        prefix = self._prefixes.get(group)
        if prefix is None:
            prefix = group_prefix(group, self.table.state_id)
            prefix += sized(namespace_bytes(self.namespace))
            self._prefixes[group] = prefix
        return prefix

    def _directory_name(self) -> bytes:
        return directory_name(self.table.state_id, self.namespace)


def directory_name(state_id: int, namespace: Hashable) -> bytes:
    """Where the database keeps a namespace of a state and the key groups that it has."""
    return NAMESPACES + state_id.to_bytes(2, "big") + namespace_bytes(namespace)


def groups_in(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
