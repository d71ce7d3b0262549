"""Figures with their spread and their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Target:
    """A limit for the median of a figure."""

    limit: float
    at_least: bool = True

    def met_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass
class Figure:
    """One line of the results: the same quantity, measured once in each round.

    ``unit`` stands behind the numbers: ``x`` for ratios of speed (more than 1: hurtig is faster),
    ``s``, ``ms`` or ``MB``.
    """

    name: str
    values: Sequence[float]
    unit: str
    target: Target | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def verdict(self) -> str:
        """``ok``, ``MISSED``, or nothing where there is no target."""
        if self.target is None:
            return ""
        return "ok" if self.target.met_by(self.median) else "MISSED"

    @property
    def spread(self) -> str:
        """``min / median / max``."""
        return " / ".join(map(self._shown, (min(self.values), self.median, max(self.values))))

    @property
    def wanted(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        sign = "≥" if self.target.at_least else "≤"
        return f"{sign} {self._shown(self.target.limit)} {self.unit}"

    def _shown(self, value: float) -> str:
        digits = 0 if value >= 100 else 1 if value >= 10 or self.unit == "MB" else 2
        return f"{value:.{digits}f}" if self.unit != "s" else f"{value:.3f}"


@dataclass
class Section:
    """The figures of one comparison; ``notes`` say what to know, ``skipped`` what is missing."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
