"""Where the general window operator keeps contents, for plain and for merging windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hurtig.operators.window.contents import CONTENTS_STATE, MISSING, ContentsLogic
from hurtig.operators.window.merging_window_set import Merge, add_window
from hurtig.state.descriptors import MapStateDescriptor, StateDescriptor

if TYPE_CHECKING:
    from hurtig.operators.window.assigner import MergingWindowAssigner
    from hurtig.state.backends.contract import KeyedStateBackend


class WindowStore(Protocol):
    """Contents of the current key's windows."""

    def get(self, window: Any) -> Any:
        """The contents, ``MISSING`` for none."""

    def put(self, window: Any, contents: Any) -> None:
        """Keep contents."""

    def add(self, window: Any, add: Callable[[Any, Any], Any], value: Any) -> None:
        """Keep ``add(contents, value)``."""

    def purge(self, window: Any) -> None:
        """Forget the contents; the window stays."""

    def remove(self, window: Any) -> None:
        """Forget the window."""

    def holds(self, window: Any) -> bool:
        """Whether the window is known, with or without contents."""

    def merge_in(self, assigner: Any, new: Any) -> tuple[Any, list[Merge]]:
        """Merge ``new`` with the open windows: the resulting window, and what has merged."""


class PlainStore:
    """Contents under window and key."""

    def __init__(self, backend: KeyedStateBackend, descriptor: StateDescriptor) -> None:
        self._backend = backend
        self._descriptor = descriptor
        self._tables: dict[Any, Any] = {}

    def _table(self, window: Any) -> Any:
        table = self._tables.get(window)
        if table is None:
            table = self._tables[window] = self._backend.table(self._descriptor, window)
        return table

    def get(self, window: Any) -> Any:
        return self._table(window).get(self._backend.current_key, MISSING)

    def put(self, window: Any, contents: Any) -> None:
        if contents is MISSING:
            self.purge(window)
        else:
            self._table(window)[self._backend.current_key] = contents

    def add(self, window: Any, add: Callable[[Any, Any], Any], value: Any) -> None:
        table, key = self._table(window), self._backend.current_key
        table[key] = add(table.get(key, MISSING), value)

    def purge(self, window: Any) -> None:
        table = self._table(window)
        table.pop(self._backend.current_key, None)
        if not table:
            del self._tables[window]
            self._backend.drop_namespace(self._descriptor, window)

    remove = purge

    def holds(self, window: Any) -> bool:
        return self.get(window) is not MISSING

    def merge_in(self, assigner: Any, new: Any) -> tuple[Any, list[Merge]]:
        return new, []


class MergingStore:
    """Per key, a dict of its open windows in the order of their creation."""

    def __init__(
        self, backend: KeyedStateBackend, descriptor: StateDescriptor, logic: ContentsLogic
    ) -> None:
        self._backend = backend
        # The type of the contents is that of the map's values.
        value_type = descriptor.type_info
        self._table = backend.table(
            MapStateDescriptor(f"{CONTENTS_STATE}-merging", None, value_type)
        )
        self._logic = logic

    def get(self, window: Any) -> Any:
        windows = self._table.get(self._backend.current_key)
        return MISSING if windows is None else windows.get(window, MISSING)

    def put(self, window: Any, contents: Any) -> None:
        key = self._backend.current_key
        windows = self._table.get(key)
        if windows is None:
            windows = {}
        windows[window] = contents
        self._table[key] = windows

    def add(self, window: Any, add: Callable[[Any, Any], Any], value: Any) -> None:
        self.put(window, add(self.get(window), value))

    def purge(self, window: Any) -> None:
        self.put(window, MISSING)

    def remove(self, window: Any) -> None:
        key = self._backend.current_key
        windows = self._table.get(key)
        if windows is not None:
            windows.pop(window, None)
            if windows:
                self._table[key] = windows
            else:
                del self._table[key]

    def holds(self, window: Any) -> bool:
        windows = self._table.get(self._backend.current_key)
        return windows is not None and window in windows

    def merge_in(self, assigner: MergingWindowAssigner, new: Any) -> tuple[Any, list[Merge]]:
        key = self._backend.current_key
        windows = self._table.get(key)
        if not windows:
            return new, []
        target, merges = add_window(assigner, windows, new)
        for result, parts in merges:
            merged = self._logic.merge([windows.pop(part) for part in parts])
            windows[result] = merged
        if merges:
            self._table[key] = windows
        return target, merges
