"""Control events: they travel in order with the batches of an edge."""

from __future__ import annotations


class Watermark:
    """No record with a timestamp at or below ``timestamp`` (epoch ms) is expected any more."""

    __slots__ = ("timestamp",)

    def __init__(self, timestamp: int) -> None:
        self.timestamp = timestamp

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Watermark) and other.timestamp == self.timestamp

    def __hash__(self) -> int:
        return hash(self.timestamp)

    def __repr__(self) -> str:
        return f"Watermark({self.timestamp})"


class WatermarkStatus:
    """Tells whether an input takes part in its reader's watermark (active) or not (idle)."""

    __slots__ = ("idle",)

    def __init__(self, idle: bool) -> None:
        self.idle = idle

    def __repr__(self) -> str:
        return "WatermarkStatus(idle)" if self.idle else "WatermarkStatus(active)"


IDLE = WatermarkStatus(True)
ACTIVE = WatermarkStatus(False)


class CheckpointBarrier:
    """Separates the records before checkpoint ``checkpoint_id`` from those after it."""

    __slots__ = ("checkpoint_id", "is_savepoint", "timestamp", "unaligned")

    def __init__(
        self,
        checkpoint_id: int,
        timestamp: int,
        unaligned: bool = False,
        is_savepoint: bool = False,
    ) -> None:
        self.checkpoint_id = checkpoint_id
        self.timestamp = timestamp
        self.unaligned = unaligned
        self.is_savepoint = is_savepoint

    def __repr__(self) -> str:
        return f"CheckpointBarrier({self.checkpoint_id})"


class EndOfInput:
    """The last message of a channel: a lost connection can look like an end, this cannot."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EndOfInput()"
