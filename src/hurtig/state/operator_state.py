"""Operator state: lists that are split or copied when the parallelism changes, broadcast maps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from hurtig.common.errors import ProgramError
from hurtig.state.api import BroadcastState, ListState, OperatorStateStore, ReadOnlyBroadcastState
from hurtig.state.codec import Part, StateMigrationError, encode
from hurtig.state.descriptors import ListStateDescriptor, MapStateDescriptor, StateDescriptor
from hurtig.state.evolution import StateReader
from hurtig.state.snapshot import OperatorStateSnapshot, StateMeta

SPLIT = "split"
"""Elements are dealt to the new subtasks in turn."""
UNION = "union"
"""Every new subtask gets the elements of all."""
BROADCAST = "broadcast"
"""Every subtask holds the same; a new one gets a copy."""


class OperatorListState(ListState[Any]):
    """A list of one subtask, under no key. Holds the objects themselves."""

    __slots__ = ("elements",)

    def __init__(self) -> None:
        self.elements: list[Any] = []

    def get(self) -> list[Any]:
        return list(self.elements)

    def add(self, value: Any) -> None:
        if value is not None:
            self.elements.append(value)

    def add_all(self, values: Iterable[Any] | None) -> None:
        self.elements.extend(values or ())

    def update(self, values: Iterable[Any] | None) -> None:
        self.elements = list(values or ())

    def clear(self) -> None:
        self.elements = []


class _BroadcastReads(ReadOnlyBroadcastState[Any, Any]):
    __slots__ = ("entries",)

    def __init__(self, entries: dict[Any, Any]) -> None:
        self.entries = entries

    def get(self, key: Any) -> Any:
        return self.entries.get(key)

    def contains(self, key: Any) -> bool:
        return key in self.entries

    def items(self) -> Iterable[tuple[Any, Any]]:
        return list(self.entries.items())

    def keys(self) -> Iterable[Any]:
        return list(self.entries)

    def values(self) -> Iterable[Any]:
        return list(self.entries.values())

    def is_empty(self) -> bool:
        return not self.entries


class HeapBroadcastState(_BroadcastReads, BroadcastState[Any, Any]):
    """A broadcast map. Holds the objects themselves: replace them, do not change them."""

    __slots__ = ()

    def put(self, key: Any, value: Any) -> None:
        self.entries[key] = value

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        self.entries.update(dict_value)

    def remove(self, key: Any) -> None:
        self.entries.pop(key, None)

    def clear(self) -> None:
        self.entries.clear()


class HeapReadOnlyBroadcastState(_BroadcastReads):
    """The same map for the side that must not change it: what would is an error."""

    __slots__ = ()

    def _refuse(self, *arguments: Any) -> NoReturn:
        raise ProgramError(
            "broadcast state can be changed in process_broadcast_element only: here every subtask "
            "sees other elements, so their copies would drift apart"
        )

    clear = put = put_all = remove = __setitem__ = __delitem__ = _refuse


_Held = tuple[str, StateDescriptor, Any]


class DefaultOperatorStateBackend(OperatorStateStore):
    """Operator state of one subtask. Mirrors Flink's ``DefaultOperatorStateBackend``."""

    def __init__(self) -> None:
        self._states: dict[str, _Held] = {}
        self._restored: dict[str, tuple[str, StateMeta, list[Part]]] = {}

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> OperatorListState:
        """A list whose elements are dealt out anew when the parallelism changes."""
        return self._list(state_descriptor, SPLIT)

    def get_union_list_state(self, state_descriptor: ListStateDescriptor) -> OperatorListState:
        """A list that every subtask gets whole, those of all subtasks joined, at a restore."""
        return self._list(state_descriptor, UNION)

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> HeapBroadcastState:
        state = self._find(state_descriptor, BROADCAST)
        if state is None:
            pairs = self._claim(state_descriptor, BROADCAST)
            state = self._hold(state_descriptor, BROADCAST, HeapBroadcastState(dict(pairs)))
        return state  # type: ignore[no-any-return]

    def get_read_only_broadcast_state(
        self, state_descriptor: MapStateDescriptor
    ) -> HeapReadOnlyBroadcastState:
        """A view of the broadcast state that cannot change it."""
        return HeapReadOnlyBroadcastState(self.get_broadcast_state(state_descriptor).entries)

    def _list(self, descriptor: ListStateDescriptor, mode: str) -> OperatorListState:
        state = self._find(descriptor, mode)
        if state is None:
            state = OperatorListState()
            state.elements = self._claim(descriptor, mode)
            self._hold(descriptor, mode, state)
        return state  # type: ignore[no-any-return]

    def _find(self, descriptor: StateDescriptor, mode: str) -> Any:
        held = self._states.get(descriptor.name)
        if held is None:
            return None
        known_mode, known, state = held
        if known_mode != mode or (
            known is not descriptor and known.describe() != descriptor.describe()
        ):
            raise ProgramError(
                f"operator state {descriptor.name!r} is declared twice, as {known_mode} "
                f"{known.describe()} and as {mode} {descriptor.describe()}: give one of them "
                f"another name"
            )
        return state

    def _hold(self, descriptor: StateDescriptor, mode: str, state: Any) -> Any:
        self._states[descriptor.name] = (mode, descriptor, state)
        return state

    def _claim(self, descriptor: StateDescriptor, mode: str) -> list[Any]:
        """The restored elements of a state that is obtained for the first time."""
        restored = self._restored.pop(descriptor.name, None)
        if restored is None:
            return []
        written_mode, meta, parts = restored
        written = f"{written_mode} {meta.type}"
        declared = f"{mode} {descriptor.describe()}"
        if (written_mode == BROADCAST) != (mode == BROADCAST):
            raise StateMigrationError(
                f"operator state {descriptor.name!r} was written as {written} and is now declared "
                f"as {declared}: declare the former kind, or give the new state another name"
            )
        reader = StateReader(meta, descriptor, "operator state")
        count = len(descriptor.value_types())
        columns = [[reader.values(part, i)[0] for part in parts[i::count]] for i in range(count)]
        return columns[0] if count == 1 else list(zip(*columns, strict=True))

    def snapshot(self) -> OperatorStateSnapshot:
        """All operator state; one part per element, maps as key and value in turn."""
        states = dict(self._restored)
        for name, (mode, descriptor, state) in self._states.items():
            types = descriptor.value_types()
            if mode == BROADCAST:
                values = [part for pair in state.entries.items() for part in pair]
            else:
                values = state.elements
            parts = [encode([v], types[i % len(types)], name) for i, v in enumerate(values)]
            meta = StateMeta.of(descriptor)
            states[name] = (mode, meta, parts)
        return OperatorStateSnapshot(states)

    def restore(self, snapshot: OperatorStateSnapshot) -> None:
        """Take over one subtask's share, as :func:`redistribute` gives it."""
        self._restored = dict(snapshot.states)


def redistribute(
    snapshots: list[OperatorStateSnapshot], parallelism: int
) -> list[OperatorStateSnapshot]:
    """Shares of ``parallelism`` subtasks of what earlier subtasks wrote.

    With as many subtasks as before, split lists and broadcast maps stay where they were: the
    maps differ where an unaligned checkpoint found them with records still on their way.
    """
    if len(snapshots) == parallelism and not any(
        mode == UNION for s in snapshots for mode, _, _ in s.states.values()
    ):
        return list(snapshots)
    gathered: dict[str, tuple[str, StateMeta, list[Part]]] = {}
    for snapshot in snapshots:
        for name, (mode, meta, parts) in snapshot.states.items():
            if name not in gathered:
                gathered[name] = (mode, meta, list(parts))
            elif mode != BROADCAST:
                gathered[name][2].extend(parts)
    keep = len(snapshots) == parallelism
    shares = []
    for i in range(parallelism):
        share = {}
        for name, (mode, meta, parts) in gathered.items():
            own = snapshots[i].states.get(name) if keep and mode != UNION else None
            if own is not None:
                share[name] = own
            elif mode == SPLIT:
                share[name] = (mode, meta, [] if keep else parts[i::parallelism])
            else:
                share[name] = (mode, meta, parts)
        shares.append(OperatorStateSnapshot(share))
    return shares
