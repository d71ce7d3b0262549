"""Ids of checkpoints, which are never used twice."""

from __future__ import annotations


class CheckpointIdCounter:
    """Gives ids from 1 on. Mirrors Flink's ``CheckpointIDCounter``.

    It outlives the attempts of a job; a job that goes on from a stored checkpoint starts above it.
    """

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        """The next id."""
        self._last += 1
        return self._last

    def above(self, checkpoint_id: int) -> None:
        """Ids up to this one were used, by whatever attempt or job."""
        self._last = max(self._last, checkpoint_id)
