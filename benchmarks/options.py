"""What the command line chose."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """``scale`` multiplies the numbers of records, ``pythons`` names Pythons that have a peer."""

    rounds: int = 5
    slow_rounds: int = 3
    scale: float = 1.0
    only: str = ""
    pythons: dict[str, str] = field(default_factory=dict)

    def size(self, records: int) -> int:
        """A number of records at this scale."""
        return max(1000, int(records * self.scale))

    def wants(self, *names: str) -> bool:
        """Whether ``--only`` lets a workload, or a comparison as a whole, through."""
        return not self.only or any(self.only in name for name in names)
