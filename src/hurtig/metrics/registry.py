"""All metrics of a job, by scope."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hurtig.metrics.distribution import WindowedDistribution
from hurtig.metrics.group import Gauge, ScopedMetricGroup
from hurtig.metrics.meter import WindowedMeter
from hurtig.metrics.metricbase import Counter, Metric


class MetricRegistry:
    """The root of the metric groups of one process.

    ``clock`` gives seconds, for meters.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.root = ScopedMetricGroup(clock=clock)

    def group(self, *scope: str) -> ScopedMetricGroup:
        """The group of a scope, created where there is none."""
        group = self.root
        for name in scope:
            group = group.add_group(name)
        return group

    def snapshot(self) -> dict[str, Any]:
        """Every metric's value by its name, the scope's parts and the name joined by dots.

        A counter or gauge gives its value, a meter ``count`` and ``rate``, a distribution its
        statistics, each as a dict.
        """
        return {
            ".".join((*group.scope, name)): value_of(metric)
            for group in self.root.walk()
            for name, metric in group.metrics().items()
        }


def value_of(metric: Metric) -> Any:
    """What a metric shows now."""
    if isinstance(metric, Counter):
        return metric.get_count()
    if isinstance(metric, Gauge):
        return metric.get_value()
    if isinstance(metric, WindowedMeter):
        return {"count": metric.get_count(), "rate": metric.get_rate()}
    if isinstance(metric, WindowedDistribution):
        return metric.statistics()
    raise TypeError(f"unknown metric {metric!r}")
