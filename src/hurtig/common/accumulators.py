"""Accumulators: values that functions add to and the program reads when the job has ended.

PyFlink has none of its own; these mirror Flink's Java classes. Register one in ``open``::

    self.lines = IntCounter()
    runtime_context.add_accumulator("lines", self.lines)
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any

__all__ = [
    "Accumulator",
    "AverageAccumulator",
    "DoubleCounter",
    "Histogram",
    "IntCounter",
    "ListAccumulator",
    "LongCounter",
    "merged",
]


class Accumulator(ABC):
    """One part per subtask; the job's result merges them. Mirrors Flink's ``Accumulator``."""

    @abstractmethod
    def add(self, value: Any) -> None:
        """Take a value into this part."""

    @abstractmethod
    def get_local_value(self) -> Any:
        """What this part has come to."""

    @abstractmethod
    def reset_local(self) -> None:
        """Start over."""

    @abstractmethod
    def merge(self, other: Any) -> None:
        """Take over another part."""

    def clone(self) -> Any:
        """A copy that later additions to this part do not change.

        Called from another thread than ``add`` where the program asks a running job for its
        accumulators: override it where a deep copy does not bear that.
        """
        return copy.deepcopy(self)


class _Sum(Accumulator):
    _zero: float = 0

    def __init__(self, value: float | None = None) -> None:
        self._value = self._zero if value is None else value

    def add(self, value: float) -> None:
        self._value += value

    def get_local_value(self) -> float:
        return self._value

    def reset_local(self) -> None:
        self._value = self._zero

    def merge(self, other: Any) -> None:
        self._value += other.get_local_value()


class IntCounter(_Sum):
    """A sum of ints."""


class LongCounter(_Sum):
    """A sum of ints; the same as :class:`IntCounter` in Python."""


class DoubleCounter(_Sum):
    """A sum of floats."""

    _zero = 0.0


class AverageAccumulator(Accumulator):
    """The mean of the values added; 0.0 where there are none."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    def add(self, value: float) -> None:
        self._sum += value
        self._count += 1

    def get_local_value(self) -> float:
        return self._sum / self._count if self._count else 0.0

    def reset_local(self) -> None:
        self._sum, self._count = 0.0, 0

    def merge(self, other: Any) -> None:
        self._sum += other._sum
        self._count += other._count


class Histogram(Accumulator):
    """How often each int was added, as a dict in the order of the ints."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, value: int) -> None:
        self._counts[value] = self._counts.get(value, 0) + 1

    def get_local_value(self) -> dict[int, int]:
        return dict(sorted(self._counts.items()))

    def reset_local(self) -> None:
        self._counts.clear()

    def clone(self) -> Histogram:
        made = copy.copy(self)
        made._counts = self._counts.copy()  # in one go, other than a deep copy
        return made

    def merge(self, other: Any) -> None:
        for value, count in other.get_local_value().items():
            self._counts[value] = self._counts.get(value, 0) + count


class ListAccumulator(Accumulator):
    """All values, in no order across subtasks."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def add(self, value: Any) -> None:
        self._values.append(value)

    def get_local_value(self) -> list[Any]:
        return list(self._values)

    def reset_local(self) -> None:
        self._values.clear()

    def clone(self) -> ListAccumulator:
        made = copy.copy(self)
        made._values = self._values.copy()
        return made

    def merge(self, other: Any) -> None:
        self._values += other.get_local_value()


def merged(parts: list[Any]) -> Any:
    """The value of all parts of one accumulator together; the parts stay as they are."""
    total = _clone(parts[0])
    for part in parts[1:]:
        total.merge(_clone(part))
    return total.get_local_value()


def _clone(part: Any) -> Any:
    return part.clone() if hasattr(part, "clone") else copy.deepcopy(part)
