"""The metric interfaces that user functions see. Mirrors ``pyflink.metrics.metricbase``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable


class Metric(ABC):  # noqa: B024
    """Base of all metrics."""

    __slots__ = ()


class Counter(Metric, ABC):
    """A number that goes up and down."""

    __slots__ = ()

    @abstractmethod
    def inc(self, n: int = 1) -> None:
        """Add ``n``."""

    @abstractmethod
    def dec(self, n: int = 1) -> None:
        """Subtract ``n``."""

    @abstractmethod
    def get_count(self) -> int:
        """The number."""


class Distribution(Metric, ABC):
    """Statistics over values: count, sum, min, max, mean, quantiles."""

    __slots__ = ()

    @abstractmethod
    def update(self, value: int) -> None:
        """Take in a value."""


class Meter(Metric, ABC):
    """Events per second over a span of time, and their number."""

    __slots__ = ()

    @abstractmethod
    def mark_event(self, value: int = 1) -> None:
        """Count ``value`` events."""

    @abstractmethod
    def get_count(self) -> int:
        """The number of events so far."""


class MetricGroup(ABC):
    """A named set of metrics and of further groups. Asking twice for a name gives the same."""

    __slots__ = ()

    @abstractmethod
    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """The group ``name``; with ``extra``, the value ``extra`` of the user variable ``name``."""

    @abstractmethod
    def counter(self, name: str) -> Counter:
        """The counter of that name."""

    @abstractmethod
    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        """Register a function that tells a value whenever metrics are read."""

    @abstractmethod
    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        """The meter of that name; its rate is over ``time_span_in_seconds``."""

    @abstractmethod
    def distribution(self, name: str) -> Distribution:
        """The distribution of that name."""
