"""Least, mean, greatest and quantiles of some numbers."""

from __future__ import annotations

from collections import deque

_KEPT = 10_000
"""Of so many of the last numbers the quantiles are taken, as in Flink."""
_QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999))


class NumbersSummary:
    """Of all numbers that were added; all results are 0 where there are none."""

    def __init__(self) -> None:
        self._count = self._sum = self._least = self._greatest = 0
        self._kept: deque[int] = deque(maxlen=_KEPT)

    def add(self, value: int) -> None:
        """Count one."""
        self._least = min(self._least, value) if self._count else value
        self._greatest = max(self._greatest, value) if self._count else value
        self._count += 1
        self._sum += value
        self._kept.append(value)

    def to_json(self) -> dict[str, float]:
        """In the shape of Flink's REST API."""
        ordered = sorted(self._kept)
        json: dict[str, float] = {
            "min": self._least,
            "max": self._greatest,
            "avg": self._sum // self._count if self._count else 0,
        }
        json.update((name, _quantile(ordered, share)) for name, share in _QUANTILES)
        return json


def _quantile(ordered: list[int], share: float) -> float:
    """Interpolated, as statistics libraries do where n+1 divides the line."""
    if not ordered:
        return 0
    place = share * (len(ordered) + 1) - 1
    low = int(place)
    if place <= 0:
        return ordered[0]
    if low >= len(ordered) - 1:
        return ordered[-1]
    return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
