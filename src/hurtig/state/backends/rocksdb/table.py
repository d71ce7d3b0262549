"""One state of the RocksDB backend: its namespaces, its codec, how it is laid out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.backends.rocksdb.codec import Codec
from hurtig.state.backends.rocksdb.entries import Entries
from hurtig.state.backends.rocksdb.map_entries import MapEntries

if TYPE_CHECKING:
    from hurtig.state.api import State
    from hurtig.state.backends.rocksdb.cache import Cache
    from hurtig.state.backends.rocksdb.ttl import RocksTtlSettings
    from hurtig.state.descriptors import StateDescriptor


class RocksTable:
    """Namespace -> entries. A namespace has one :class:`Entries` as long as anybody holds it.

    ``whole``  whether a map is one entry, as operators keep it, not one for each map key.
    """

    def __init__(
        self,
        cache: Cache,
        state_id: int,
        descriptor: StateDescriptor,
        ttl: RocksTtlSettings | None,
        raw: bool,
        whole: bool,
    ) -> None:
        self.cache = cache
        self.state_id = state_id
        self.descriptor = descriptor
        self.ttl = ttl
        self.whole = whole
        self.namespaces: dict[Hashable, Entries] = {}
        """Those that hold entries, or have held some until a moment ago."""
        self.bound: State | None = None
        self.changes_in_place = raw or descriptor.kind in ("list", "map")
        """Whether entries may change without being set."""
        self.codec = Codec(
            descriptor.name,
            descriptor.kind,
            descriptor.value_types()[-1],
            ttl is not None,
            raw,
        )
        self._known: WeakValueDictionary[Hashable, Entries] = WeakValueDictionary()
        self._void = self.entries(VOID_NAMESPACE)

    @property
    def raw(self) -> bool:
        """Whether an operator holds entries of it: namespaces are dropped when it says so."""
        return self.codec.raw

    @property
    def by_map_key(self) -> bool:
        return self.descriptor.kind == "map" and not self.whole

    def use_raw(self) -> None:
        """An operator keeps its own objects from now on."""
        self.codec.raw = True
        self.changes_in_place = True

    def entries(self, namespace: Hashable) -> Entries:
        """The entries of a namespace, which may be none."""
        entries = self._known.get(namespace)
        if entries is None:
            entries = MapEntries(self, namespace) if self.by_map_key else Entries(self, namespace)
            self._known[namespace] = entries
        return entries

    def activate(self, entries: Entries) -> None:
        """Remember a namespace, as it holds something now."""
        self.namespaces[entries.namespace] = entries

    def prune(self, entries: Entries) -> None:
        """Forget a namespace that nothing is left of."""
        if not entries.dirty and not entries.mask and not self.raw:
            self.namespaces.pop(entries.namespace, None)

    def drop(self, namespace: Hashable) -> None:
        """Remove a namespace for all keys."""
        entries = self._known.get(namespace)
        if entries is not None:
            self.namespaces.pop(namespace, None)
            entries.wipe()

    def clear_key(self, key: Any) -> None:
        """Remove a key from every namespace."""
        for entries in list(self.namespaces.values()):
            entries.discard(key)
