"""How many records a task takes at once: adapts to how long they take. Pure logic."""

from __future__ import annotations

MAX_RECORDS = 2048
"""Measured: with fewer the cost of a batch shows, with more its records leave the caches."""
TARGET_SECONDS = 0.005


class BatchLimit:
    """Starts at one record and doubles while slices are quick, so that a slow user function
    never makes the records before it wait for those after it, and a fast one gets full batches.
    """

    __slots__ = ("_max_records", "_target", "limit")

    def __init__(
        self, target_seconds: float = TARGET_SECONDS, max_records: int | None = None
    ) -> None:
        self.limit = 1
        self._max_records = MAX_RECORDS if max_records is None else max_records
        self._target = target_seconds

    def observe(self, records: int, seconds: float) -> None:
        """A slice of ``records`` took ``seconds`` to process."""
        if seconds > self._target:
            self.limit = max(1, int(records * self._target / seconds))
        elif records >= self.limit and seconds * 2 < self._target:
            self.limit = min(self.limit * 2, self._max_records)
