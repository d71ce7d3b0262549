"""Metric groups that hold their metrics in dicts, to be read by a registry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hurtig.common.errors import ProgramError, shorten
from hurtig.metrics.distribution import WindowedDistribution
from hurtig.metrics.meter import WindowedMeter
from hurtig.metrics.metricbase import Counter, Metric, MetricGroup

M = TypeVar("M", bound=Metric)


class SimpleCounter(Counter):
    """A counter; hot code may change ``count`` itself, once per batch."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def inc(self, n: int = 1) -> None:
        self.count += n

    def dec(self, n: int = 1) -> None:
        self.count -= n

    def get_count(self) -> int:
        return self.count


class Gauge(Metric):
    """A function that tells a value whenever metrics are read."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function

    def get_value(self) -> Any:
        """The value now; the error's text where the function fails: metrics never fail a job."""
        try:
            return self._function()
        except Exception as e:
            return f"{type(e).__name__}: {e}"


class ScopedMetricGroup(MetricGroup):
    """A group at a place in the scope, for instance ``("localhost", "job", "map", "0")``.

    ``clock`` gives seconds, for meters. ``variables`` are those of the groups above, too.
    """

    __slots__ = ("_clock", "_groups", "_metrics", "scope", "variables")

    def __init__(
        self,
        scope: tuple[str, ...] = (),
        variables: dict[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scope = scope
        self.variables = variables or {}
        self._clock = clock
        self._groups: dict[tuple[str, ...], ScopedMetricGroup] = {}
        self._metrics: dict[str, Metric] = {}

    def add_group(self, name: str, extra: str | None = None) -> ScopedMetricGroup:
        path = (name,) if extra is None else (name, extra)
        group = self._groups.get(path)
        if group is None:
            variables = self.variables if extra is None else {**self.variables, name: extra}
            group = ScopedMetricGroup((*self.scope, *path), variables, self._clock)
            self._groups[path] = group
        return group

    def counter(self, name: str) -> SimpleCounter:
        return self._get(name, SimpleCounter, SimpleCounter)

    def gauge(self, name: str, obj: Callable[[], Any]) -> None:
        if not callable(obj):
            raise ProgramError(
                f"gauge {name!r} takes a function without arguments, got {shorten(obj)}: "
                f"write lambda: value"
            )
        self._get(name, Gauge, lambda: Gauge(obj))

    def meter(self, name: str, time_span_in_seconds: int = 60) -> WindowedMeter:
        return self._get(
            name, WindowedMeter, lambda: WindowedMeter(time_span_in_seconds, self._clock)
        )

    def distribution(self, name: str) -> WindowedDistribution:
        return self._get(name, WindowedDistribution, WindowedDistribution)

    def _get(self, name: str, kind: type[M], create: Callable[[], M]) -> M:
        metric = self._metrics.get(name)
        if metric is None:
            metric = self._metrics[name] = create()
        if not isinstance(metric, kind):
            raise ProgramError(
                f"metric {'.'.join((*self.scope, name))!r} exists as a {type(metric).__name__} "
                f"and cannot be a {kind.__name__} too: give it another name"
            )
        return metric

    def metrics(self) -> dict[str, Metric]:
        """The metrics of this group itself."""
        return dict(self._metrics)

    def walk(self) -> Iterator[ScopedMetricGroup]:
        """This group and all below it."""
        yield self
        for group in list(self._groups.values()):
            yield from group.walk()
