"""How often a job's process may die before the job is given up. Pure logic."""

from __future__ import annotations

__all__ = ["LIMIT", "LIMIT_KEY", "DeathCounter"]

LIMIT_KEY = "hurtig.job.max-process-deaths"
LIMIT = 10
FIRST_DELAY = 0.05
LONGEST_DELAY = 30.0
LONG_ENOUGH = 60.0


class DeathCounter:
    """Counts deaths in a row, that is without a checkpoint or a minute of work between them."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.in_a_row = 0

    def delay(self, ran: float, progress: bool) -> float | None:
        """The process died after ``ran`` seconds; ``progress`` says that it completed a checkpoint.
        Seconds to wait before the next one; None where there should be none."""
        self.in_a_row = 1 if progress or ran >= LONG_ENOUGH else self.in_a_row + 1
        if self.in_a_row > self._limit:
            return None
        return min(FIRST_DELAY * 2.0 ** (self.in_a_row - 1), LONGEST_DELAY)
