"""Functions of one record: map, flat_map, filter, reduce, key selectors, partitioners."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from hurtig.operators.functions.function import Function


class MapFunction(Function):
    """One record in, one record out."""

    @abstractmethod
    def map(self, value: Any) -> Any:
        """The record that takes the place of ``value``."""


class FlatMapFunction(Function):
    """One record in, any number out."""

    @abstractmethod
    def flat_map(self, value: Any) -> Iterable[Any] | None:
        """The records that take the place of ``value``: an iterable, a generator or ``None``."""


class FilterFunction(Function):
    """Keeps or drops a record."""

    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Whether ``value`` is kept."""


class ReduceFunction(Function):
    """Combines two records of one type into one; should be associative."""

    @abstractmethod
    def reduce(self, value1: Any, value2: Any) -> Any:
        """The combination of what there was (``value1``) and a new record (``value2``)."""


class AggregateFunction(Function):
    """Aggregates records in an accumulator of another type."""

    @abstractmethod
    def create_accumulator(self) -> Any:
        """A new, empty accumulator."""

    @abstractmethod
    def add(self, value: Any, accumulator: Any) -> Any:
        """The accumulator after ``value``; may be the same object, changed."""

    @abstractmethod
    def get_result(self, accumulator: Any) -> Any:
        """The result that the accumulator stands for."""

    @abstractmethod
    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        """One accumulator for two; needed where windows merge (sessions)."""


class KeySelector(Function):
    """Gives the key of a record; must be deterministic."""

    @abstractmethod
    def get_key(self, value: Any) -> Any:
        """The key: any hashable value."""


class Partitioner(Function):
    """Chooses the receiving subtask of a key."""

    @abstractmethod
    def partition(self, key: Any, num_partitions: int) -> int:
        """A number from 0 up to ``num_partitions`` (exclusive)."""


class CoMapFunction(Function):
    """A map over two inputs that may share state."""

    @abstractmethod
    def map1(self, value: Any) -> Any:
        """For a record of the first input."""

    @abstractmethod
    def map2(self, value: Any) -> Any:
        """For a record of the second input."""


class CoFlatMapFunction(Function):
    """A flat_map over two inputs that may share state."""

    @abstractmethod
    def flat_map1(self, value: Any) -> Iterable[Any] | None:
        """For a record of the first input."""

    @abstractmethod
    def flat_map2(self, value: Any) -> Iterable[Any] | None:
        """For a record of the second input."""


class JoinFunction(Function):
    """Combines a record of each side of a window join. Mirrors Flink's ``JoinFunction``."""

    @abstractmethod
    def join(self, first: Any, second: Any) -> Any:
        """The result for one pair."""


class CoGroupFunction(Function):
    """Handles all records of a key and window of both sides. Mirrors ``CoGroupFunction``."""

    @abstractmethod
    def co_group(self, first: list[Any], second: list[Any]) -> Iterable[Any] | None:
        """The results for one key and window; a side without records gives an empty list."""
