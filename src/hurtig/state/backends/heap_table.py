"""The dicts of one state of the heap backend."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from hurtig.state.backends.contract import VOID_NAMESPACE

if TYPE_CHECKING:
    from hurtig.state.api import State
    from hurtig.state.backends.heap_ttl import TtlSettings
    from hurtig.state.codec import Part
    from hurtig.state.descriptors import StateDescriptor


class StateTable:
    """Namespace -> key -> stored entry. The void namespace's dict lives as long as the table."""

    __slots__ = ("bound", "descriptor", "namespaces", "raw", "ttl", "written_keys")

    def __init__(self, descriptor: StateDescriptor, ttl: TtlSettings | None) -> None:
        self.descriptor = descriptor
        self.ttl = ttl
        self.namespaces: dict[Hashable, dict[Any, Any]] = {VOID_NAMESPACE: {}}
        self.bound: State | None = None
        self.raw = False
        """Whether an operator holds dicts of it: they are then dropped only when it says so."""
        self.written_keys: tuple[list[Any], Part] | None = None
        """Keys of the latest snapshot, and how they were written."""

    def entries(self, namespace: Hashable) -> dict[Any, Any]:
        """The dict of a namespace, created where there is none."""
        entries = self.namespaces.get(namespace)
        if entries is None:
            entries = self.namespaces[namespace] = {}
        return entries

    def drop(self, namespace: Hashable) -> None:
        """Remove a namespace for all keys."""
        if namespace == VOID_NAMESPACE:
            self.namespaces[namespace].clear()
        else:
            self.namespaces.pop(namespace, {}).clear()

    def prune(self, namespace: Hashable) -> None:
        """Forget an empty namespace, so that windows leave nothing behind."""
        if not self.raw and namespace != VOID_NAMESPACE and not self.namespaces.get(namespace, 1):
            del self.namespaces[namespace]

    def clear_key(self, key: Any) -> None:
        """Remove a key from every namespace."""
        for namespace, entries in list(self.namespaces.items()):
            if entries.pop(key, None) is not None and not entries:
                self.prune(namespace)
