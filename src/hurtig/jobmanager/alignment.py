"""Watermark alignment: sources of a group wait for those that are behind. Pure logic."""

from __future__ import annotations

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP


class WatermarkAlignment:
    """The watermarks of all members of one alignment group."""

    def __init__(self, max_drift_ms: int) -> None:
        self._max_drift_ms = max_drift_ms
        self._watermarks: dict[object, int] = {}

    def report(self, member: object, watermark: int) -> None:
        """A member's watermark; MAX says that it has ended and no longer counts."""
        self._watermarks[member] = watermark

    def limit(self) -> int:
        """Whoever is above this waits: the lowest watermark of the group plus the drift."""
        lowest = min(self._watermarks.values(), default=MAX_TIMESTAMP)
        if lowest in (MIN_TIMESTAMP, MAX_TIMESTAMP):
            return MAX_TIMESTAMP
        return lowest + self._max_drift_ms
