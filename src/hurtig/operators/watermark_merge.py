"""Watermark of several parts (splits, channels, inputs) as one. Pure logic, no I/O."""

from __future__ import annotations

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP


class _Part:
    __slots__ = ("finished", "idle", "watermark")

    def __init__(self) -> None:
        self.watermark = MIN_TIMESTAMP
        self.idle = False
        self.finished = False


class WatermarkMerge:
    """Minimum over the parts that are neither idle nor finished.

    Rules: a part's watermark never goes back; the merged one never goes back; a finished part
    counts no more but cannot lift the others; when all parts are idle the merged watermark stays
    at the furthest that any of them promised; only when *all* parts are finished it is MAX.
    """

    def __init__(self) -> None:
        self._parts: dict[object, _Part] = {}
        self.watermark = MIN_TIMESTAMP
        self.idle = False

    def register(self, part: object) -> None:
        """Add a part, active, without a watermark."""
        if part not in self._parts:
            self._parts[part] = _Part()
            self._merge()

    def update(self, part: object, watermark: int) -> None:
        """A part's watermark; makes it active."""
        p = self._parts[part]
        p.idle = False
        if watermark > p.watermark:
            p.watermark = watermark
        if watermark == MAX_TIMESTAMP:
            p.finished = True
        self._merge()

    def mark_idle(self, part: object) -> None:
        """The part no longer holds the watermark back."""
        self._parts[part].idle = True
        self._merge()

    def mark_active(self, part: object) -> None:
        """The part counts again."""
        self._parts[part].idle = False
        self._merge()

    def remove(self, part: object) -> None:
        """Forget a part that has ended, and what it promised with it; the merged watermark stays
        where no part is left, until another is registered."""
        del self._parts[part]
        if self._parts:
            self._merge()
        else:
            self.idle = False

    def holder(self) -> object | None:
        """The part that holds the watermark back, if any does."""
        active = [(p.watermark, i) for i, p in enumerate(self._parts.values()) if _counts(p)]
        return list(self._parts)[min(active)[1]] if active else None

    def watermark_of(self, part: object) -> int:
        """The last watermark of one part."""
        return self._parts[part].watermark

    def _merge(self) -> None:
        lowest = MAX_TIMESTAMP
        counting = running = False
        furthest = MIN_TIMESTAMP
        for p in self._parts.values():
            if p.finished:
                continue
            running = True
            if p.idle:
                furthest = max(furthest, p.watermark)
                continue
            counting = True
            lowest = min(lowest, p.watermark)
        if not running:
            self.idle = False
            merged = MAX_TIMESTAMP if self._parts else MIN_TIMESTAMP
        else:
            self.idle = not counting
            merged = lowest if counting else furthest
        self.watermark = max(self.watermark, merged)


def _counts(part: _Part) -> bool:
    return not part.idle and not part.finished
