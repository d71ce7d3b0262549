"""A distribution: totals over all values, quantiles over the latest."""

from __future__ import annotations

from collections import deque

from hurtig.metrics.metricbase import Distribution

_KEPT = 1000


class WindowedDistribution(Distribution):
    """Count, sum, minimum, maximum and mean of all values; quantiles of the last 1000."""

    __slots__ = ("_latest", "count", "max", "min", "sum")

    def __init__(self) -> None:
        self.count = 0
        self.sum: float = 0
        self.min: float | None = None
        self.max: float | None = None
        self._latest: deque[float] = deque(maxlen=_KEPT)

    def update(self, value: float) -> None:
        self.count += 1
        self.sum += value
        if self.min is None or value < self.min:
            self.min = value
        if self.max is None or value > self.max:
            self.max = value
        self._latest.append(value)

    def mean(self) -> float | None:
        """``None`` where there are no values."""
        return self.sum / self.count if self.count else None

    def quantile(self, q: float) -> float | None:
        """The value that a share ``q`` (0 to 1) of the latest values does not exceed."""
        return _quantile(sorted(self._latest), q)

    def statistics(self) -> dict[str, float | None]:
        """All numbers by name."""
        latest = sorted(self._latest)
        return {
            "count": self.count,
            "sum": self.sum,
            "min": self.min,
            "max": self.max,
            "mean": self.mean(),
            "p50": _quantile(latest, 0.5),
            "p95": _quantile(latest, 0.95),
            "p99": _quantile(latest, 0.99),
        }


def _quantile(ordered: list[float], q: float) -> float | None:
    if not ordered:
        return None
    rank = -int(-q * len(ordered) // 1)  # rounded up: the nearest rank
    return ordered[min(max(rank - 1, 0), len(ordered) - 1)]
