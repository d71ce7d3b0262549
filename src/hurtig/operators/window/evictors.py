"""Evictors take elements out of a window before or after its function sees them.

Mirrors the evictors of Flink's Java API. A window with an evictor keeps all of its elements.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import GenericAlias
from typing import Any, ClassVar, NamedTuple

from hurtig.common.time import Duration, Time, to_millis
from hurtig.messages import MIN_TIMESTAMP
from hurtig.operators.window.operator_view import OperatorView
from hurtig.operators.window.triggers.delta import delta_of


class TimestampedValue(NamedTuple):
    """An element of a window beside its timestamp (epoch ms, ``MIN_TIMESTAMP`` for none)."""

    value: Any
    timestamp: int

    def get_value(self) -> Any:
        """The element."""
        return self.value

    def get_timestamp(self) -> int:
        """Its timestamp."""
        return self.timestamp

    def has_timestamp(self) -> bool:
        """Whether it has one."""
        return self.timestamp != MIN_TIMESTAMP


class Evictor(ABC):
    """Removes elements from the list that it is given, in place."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    class EvictorContext(OperatorView):
        """What an evictor may ask."""

    @abstractmethod
    def evict_before(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: Any,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        """Called before the window function: what is removed, it does not see."""

    @abstractmethod
    def evict_after(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: Any,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        """Called after the window function: what is removed, no later firing sees."""


class _OneSidedEvictor(Evictor):
    def __init__(self, do_evict_after: bool) -> None:
        self._do_evict_after = do_evict_after

    @abstractmethod
    def _evict(self, elements: list[TimestampedValue]) -> None: ...

    def evict_before(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: Any,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        if not self._do_evict_after:
            self._evict(elements)

    def evict_after(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: Any,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        if self._do_evict_after:
            self._evict(elements)


class CountEvictor(_OneSidedEvictor):
    """Keeps the last ``max_count`` elements."""

    def __init__(self, max_count: int, do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after)
        self._max_count = max_count

    @staticmethod
    def of(max_count: int, do_evict_after: bool = False) -> CountEvictor:
        """The evictor."""
        return CountEvictor(max_count, do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        del elements[: max(0, len(elements) - self._max_count)]


class TimeEvictor(_OneSidedEvictor):
    """Keeps what is younger than ``window_size`` ms before the latest timestamp."""

    def __init__(self, window_size: int, do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after)
        self._window_size = window_size

    @staticmethod
    def of(window_size: Time | Duration, do_evict_after: bool = False) -> TimeEvictor:
        """The evictor."""
        return TimeEvictor(to_millis(window_size, "the length of the evictor"), do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        if not elements or not elements[0].has_timestamp():
            return
        cutoff = max(element.timestamp for element in elements) - self._window_size
        elements[:] = [element for element in elements if element.timestamp > cutoff]


class DeltaEvictor(_OneSidedEvictor):
    """Removes elements whose delta to the last one is ``threshold`` or more."""

    def __init__(
        self,
        threshold: float,
        delta_function: Callable[[Any, Any], float],
        do_evict_after: bool = False,
    ) -> None:
        super().__init__(do_evict_after)
        self._threshold = threshold
        self._delta = delta_of(delta_function)

    @staticmethod
    def of(
        threshold: float,
        delta_function: Callable[[Any, Any], float],
        do_evict_after: bool = False,
    ) -> DeltaEvictor:
        """The evictor; ``delta_function`` is a callable or has ``get_delta(old, new)``."""
        return DeltaEvictor(threshold, delta_function, do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        if elements:
            last = elements[-1].value
            elements[:] = [e for e in elements if self._delta(e.value, last) < self._threshold]
