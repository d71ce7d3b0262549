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
    """Separates the records before checkpoint ``checkpoint_id`` from those after it.

    ``timestamp``           when it was triggered, epoch ms.
    ``unaligned``           it overtakes records, which become part of the checkpoint.
    ``is_savepoint``        always aligned; state is written in the form that every backend reads.
    ``alignment_timeout``   ms after ``timestamp`` at which an aligned barrier becomes unaligned;
                            -1 for never.
    ``location``            URL of the folder for what belongs to this checkpoint alone; empty
                            where state goes to the JobManager's memory.
    ``stop``                the sources end behind it (stop with savepoint).
    ``drain``               before it the sources end as at the end of their data.
    """

    __slots__ = (
        "alignment_timeout",
        "checkpoint_id",
        "drain",
        "is_savepoint",
        "location",
        "stop",
        "timestamp",
        "unaligned",
    )

    def __init__(
        self,
        checkpoint_id: int,
        timestamp: int,
        unaligned: bool = False,
        is_savepoint: bool = False,
        alignment_timeout: int = -1,
        location: str = "",
        stop: bool = False,
        drain: bool = False,
    ) -> None:
        self.checkpoint_id = checkpoint_id
        self.timestamp = timestamp
        self.unaligned = unaligned
        self.is_savepoint = is_savepoint
        self.alignment_timeout = alignment_timeout
        self.location = location
        self.stop = stop
        self.drain = drain

    def as_unaligned(self) -> CheckpointBarrier:
        """The same barrier, which from now on overtakes."""
        return CheckpointBarrier(
            self.checkpoint_id, self.timestamp, True, False, -1, self.location, self.stop
        )

    def as_aligned(self) -> CheckpointBarrier:
        """The same barrier, which waits its turn."""
        if not self.unaligned:
            return self
        return CheckpointBarrier(
            self.checkpoint_id,
            self.timestamp,
            False,
            self.is_savepoint,
            -1,
            self.location,
            self.stop,
            self.drain,
        )

    def __repr__(self) -> str:
        return f"CheckpointBarrier({self.checkpoint_id}{', unaligned' if self.unaligned else ''})"


class CancelBarrier:
    """Nobody waits for checkpoint ``checkpoint_id`` any more: an aligning reader goes on."""

    __slots__ = ("checkpoint_id",)

    def __init__(self, checkpoint_id: int) -> None:
        self.checkpoint_id = checkpoint_id

    def __repr__(self) -> str:
        return f"CancelBarrier({self.checkpoint_id})"


class EndOfData:
    """No more records: the reader finishes its operators. Barriers may still follow, so that what
    they wrote at the end becomes final with a checkpoint; then :class:`EndOfInput`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EndOfData()"


class EndOfInput:
    """The last message of a channel: a lost connection can look like an end, this cannot."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EndOfInput()"
