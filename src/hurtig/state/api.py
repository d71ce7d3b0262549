"""The state interfaces that user functions see. Mirrors ``pyflink.datastream.state``.

Keyed state belongs to the key of the record in hand. Values are copied when they are stored:
changing an object afterwards has no effect until it is stored again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from hurtig.state.descriptors import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        ValueStateDescriptor,
    )

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class State(ABC):
    """Base of all kinds of state. Mirrors Flink's ``State``."""

    __slots__ = ()

    @abstractmethod
    def clear(self) -> None:
        """Remove what is stored for the current key."""


class ValueState(State, Generic[T]):
    """One value per key. Mirrors Flink's ``ValueState``."""

    __slots__ = ()

    @abstractmethod
    def value(self) -> T | None:
        """The value, ``None`` where none is stored."""

    @abstractmethod
    def update(self, value: T | None) -> None:
        """Store a value; ``None`` clears."""


class AppendingState(State, Generic[IN, OUT]):
    """State that values are added to. Mirrors Flink's ``AppendingState``."""

    __slots__ = ()

    @abstractmethod
    def get(self) -> OUT | None:
        """The current result."""

    @abstractmethod
    def add(self, value: IN) -> None:
        """Add a value; ``None`` changes nothing."""


class MergingState(AppendingState[IN, OUT]):
    """Appending state whose parts merge, as session windows need. Flink's ``MergingState``."""

    __slots__ = ()


class ReducingState(MergingState[T, T]):
    """Values reduced to one of the same type; ``get`` gives ``None`` where none was added."""

    __slots__ = ()


class AggregatingState(MergingState[IN, OUT]):
    """Values added to an accumulator; ``get`` gives its result, ``None`` where none was added."""

    __slots__ = ()


class ListState(MergingState[T, Iterable[T]]):
    """A list of values per key. Mirrors Flink's ``ListState``."""

    __slots__ = ()

    @abstractmethod
    def get(self) -> Iterable[T]:
        """The elements in order; nothing to iterate where there are none."""

    @abstractmethod
    def update(self, values: list[T] | None) -> None:
        """Replace all elements; an empty list or ``None`` clears."""

    @abstractmethod
    def add_all(self, values: list[T] | None) -> None:
        """Add elements at the end."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.get())


class _ReadableMap(State, Generic[K, V]):
    """Access to a map, by methods and as a dict."""

    __slots__ = ()

    @abstractmethod
    def get(self, key: K) -> V | None: ...

    @abstractmethod
    def contains(self, key: K) -> bool: ...

    @abstractmethod
    def items(self) -> Iterable[tuple[K, V]]: ...

    @abstractmethod
    def keys(self) -> Iterable[K]: ...

    @abstractmethod
    def values(self) -> Iterable[V]: ...

    @abstractmethod
    def is_empty(self) -> bool: ...

    def __getitem__(self, key: K) -> V | None:
        return self.get(key)

    def __contains__(self, key: K) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())


class _WritableMap(_ReadableMap[K, V]):
    """Changes of a map, by methods and as a dict."""

    __slots__ = ()

    @abstractmethod
    def put(self, key: K, value: V) -> None: ...

    @abstractmethod
    def put_all(self, dict_value: dict[K, V]) -> None: ...

    @abstractmethod
    def remove(self, key: K) -> None:
        """Remove an entry; a missing one is no error."""

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)


class MapState(_WritableMap[K, V]):
    """A map per key, usable as a dict. Mirrors Flink's ``MapState``.

    Missing keys give ``None``. The results of ``items``, ``keys`` and ``values`` are copies: the
    state may change while they are iterated.
    """

    __slots__ = ()


class ReadOnlyBroadcastState(_ReadableMap[K, V]):
    """Broadcast state as the side that is not broadcast sees it. Flink's name."""

    __slots__ = ()


class BroadcastState(ReadOnlyBroadcastState[K, V], _WritableMap[K, V]):
    """A map that every subtask holds whole, changed by broadcast elements only. Flink's name."""

    __slots__ = ()


class OperatorStateStore(ABC):
    """State of an operator subtask that belongs to no key. Flink's ``OperatorStateStore``."""

    __slots__ = ()

    @abstractmethod
    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        """The broadcast state of that descriptor, created at the first call."""


class KeyedStateStore(ABC):
    """Where functions get keyed state from. Mirrors Flink's ``KeyedStateStore``."""

    @abstractmethod
    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]: ...

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]: ...

    @abstractmethod
    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]: ...

    @abstractmethod
    def get_reducing_state(
        self, state_descriptor: ReducingStateDescriptor
    ) -> ReducingState[Any]: ...

    @abstractmethod
    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor
    ) -> AggregatingState[Any, Any]: ...
