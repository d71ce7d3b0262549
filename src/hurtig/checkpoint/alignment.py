"""When a reader of several channels takes its part of a checkpoint. Pure: no clock, no I/O.

Mirrors Flink's ``SingleCheckpointBarrierHandler`` and ``CheckpointBarrierTracker``. Channels are
numbers. Every method returns what is to be done, in order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from hurtig.messages import CheckpointBarrier


class Block(NamedTuple):
    """Read nothing more from this channel."""

    channel: int


class UnblockAll(NamedTuple):
    """Read all channels again."""


class TakeSnapshot(NamedTuple):
    """Send the barrier on and take the snapshot.

    Where ``barrier.unaligned``, what the channels ``pending`` bring until their barrier comes
    belongs to the checkpoint, which is complete with :class:`Complete`.
    """

    barrier: CheckpointBarrier
    started: int
    """When the first barrier came, epoch ms."""
    pending: frozenset[int] = frozenset()


class Complete(NamedTuple):
    """The last barrier of an unaligned checkpoint has come."""

    checkpoint_id: int


class Abort(NamedTuple):
    """The checkpoint will not be taken, or not be completed; ``taken``: its snapshot was taken."""

    checkpoint_id: int
    reason: str
    taken: bool


Action = Block | UnblockAll | TakeSnapshot | Complete | Abort


class _Checkpoint:
    """A checkpoint that waits for barriers."""

    __slots__ = ("arrived", "barrier", "started", "unaligned")

    def __init__(self, barrier: CheckpointBarrier, now: int) -> None:
        self.barrier = barrier
        self.started = now
        self.arrived: set[int] = set()
        self.unaligned = False
        """Whether it has been taken before all barriers came."""


class Alignment(ABC):
    """What both ways to align have in common."""

    def __init__(self, channels: int) -> None:
        self._channels = frozenset(range(channels))
        self._ended: set[int] = set()
        self._last = 0
        """The highest checkpoint that was taken or given up: older barriers are late."""
        self._cancelled: set[int] = set()
        """Cancelled ones above ``_last``."""

    @abstractmethod
    def barrier(self, channel: int, barrier: CheckpointBarrier, now: int) -> list[Action]:
        """A barrier has come."""

    @abstractmethod
    def trigger(self, barrier: CheckpointBarrier, now: int) -> list[Action]:
        """The checkpoint is to be taken without barriers, once all channels have ended."""

    @abstractmethod
    def cancel(self, checkpoint_id: int) -> list[Action]:
        """Nobody waits for this checkpoint any more."""

    @abstractmethod
    def end_of_input(self, channel: int, now: int) -> list[Action]:
        """The channel brings nothing more, no barriers either."""

    def timer(self, now: int) -> list[Action]:
        """:attr:`deadline` may have passed."""
        return []

    @property
    def deadline(self) -> int | None:
        """When :meth:`timer` is to be called, epoch ms."""
        return None

    def _missing(self, checkpoint: _Checkpoint) -> frozenset[int]:
        return self._channels - checkpoint.arrived - self._ended

    def is_past(self, checkpoint_id: int) -> bool:
        """Whether the checkpoint was taken or given up."""
        return checkpoint_id <= self._last or checkpoint_id in self._cancelled

    def _passed(self, checkpoint_id: int) -> None:
        self._last = max(self._last, checkpoint_id)
        self._cancelled = {c for c in self._cancelled if c > self._last}


class BarrierAlignment(Alignment):
    """Exactly once. One checkpoint at a time: a newer barrier gives up the one before.

    Aligned: a channel is blocked from its barrier until all have theirs. Unaligned: the first
    barrier takes the snapshot. An aligned one becomes unaligned at its timeout, or when one of its
    barriers comes unaligned; savepoints never do.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self._current: _Checkpoint | None = None

    def barrier(self, channel: int, barrier: CheckpointBarrier, now: int) -> list[Action]:
        current = self._current
        actions: list[Action] = []
        if current is None or current.barrier.checkpoint_id != barrier.checkpoint_id:
            if self.is_past(barrier.checkpoint_id):
                return []
            actions = self._start(barrier, now)
            current = self._current
            assert current is not None
        current.arrived.add(channel)
        if current.unaligned:
            return actions + self._complete_unaligned()
        if barrier.unaligned or self._overdue(now):
            return actions + self._take_unaligned()
        if self._missing(current):
            return [*actions, Block(channel)]
        return actions + self._take_aligned()

    def trigger(self, barrier: CheckpointBarrier, now: int) -> list[Action]:
        current = self._current
        if current is not None and current.barrier.checkpoint_id == barrier.checkpoint_id:
            return []
        if self.is_past(barrier.checkpoint_id):
            return []
        return self._start(barrier, now) + self._complete_if_all_came()

    def cancel(self, checkpoint_id: int) -> list[Action]:
        current = self._current
        if current is not None and current.barrier.checkpoint_id == checkpoint_id:
            return self._give_up("it was cancelled")
        if self.is_past(checkpoint_id):
            return []
        self._cancelled.add(checkpoint_id)
        return [Abort(checkpoint_id, "it was cancelled", False)]

    def end_of_input(self, channel: int, now: int) -> list[Action]:
        self._ended.add(channel)
        return self._complete_if_all_came()

    def timer(self, now: int) -> list[Action]:
        return self._take_unaligned() if self._overdue(now) else []

    @property
    def deadline(self) -> int | None:
        current = self._current
        if current is None or current.unaligned or current.barrier.is_savepoint:
            return None
        timeout = current.barrier.alignment_timeout
        return None if timeout < 0 else current.barrier.timestamp + timeout

    def _overdue(self, now: int) -> bool:
        deadline = self.deadline
        return deadline is not None and deadline <= now and bool(self._missing_now())

    def _missing_now(self) -> frozenset[int]:
        return frozenset() if self._current is None else self._missing(self._current)

    def _start(self, barrier: CheckpointBarrier, now: int) -> list[Action]:
        actions: list[Action] = []
        if self._current is not None:
            actions = self._give_up(f"checkpoint {barrier.checkpoint_id} has begun before its end")
        self._current = _Checkpoint(barrier, now)
        return actions

    def _give_up(self, reason: str) -> list[Action]:
        current, self._current = self._current, None
        assert current is not None
        checkpoint_id = current.barrier.checkpoint_id
        self._passed(checkpoint_id)
        abort = Abort(checkpoint_id, reason, current.unaligned)
        return [abort] if current.unaligned else [UnblockAll(), abort]

    def _take_aligned(self) -> list[Action]:
        current, self._current = self._current, None
        assert current is not None
        self._passed(current.barrier.checkpoint_id)
        return [TakeSnapshot(current.barrier, current.started), UnblockAll()]

    def _take_unaligned(self) -> list[Action]:
        current = self._current
        assert current is not None
        current.unaligned = True
        barrier = current.barrier
        if not barrier.unaligned:
            barrier = current.barrier = barrier.as_unaligned()
        take = TakeSnapshot(barrier, current.started, self._missing(current))
        return [UnblockAll(), take, *self._complete_unaligned()]

    def _complete_unaligned(self) -> list[Action]:
        current = self._current
        assert current is not None
        if self._missing(current):
            return []
        self._current = None
        self._passed(current.barrier.checkpoint_id)
        return [Complete(current.barrier.checkpoint_id)]

    def _complete_if_all_came(self) -> list[Action]:
        current = self._current
        if current is None or self._missing(current):
            return []
        if current.unaligned:
            return self._complete_unaligned()
        return self._take_unaligned() if current.barrier.unaligned else self._take_aligned()


class BarrierTracker(Alignment):
    """At least once: counts barriers, blocks nothing. Several checkpoints may be under way; when
    one is taken, older ones are given up."""

    MAX_PENDING = 50

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self._pending: dict[int, _Checkpoint] = {}

    def barrier(self, channel: int, barrier: CheckpointBarrier, now: int) -> list[Action]:
        if self.is_past(barrier.checkpoint_id):
            return []
        actions = self._register(barrier, now)
        self._pending[barrier.checkpoint_id].arrived.add(channel)
        return actions + self._take_if_complete(barrier.checkpoint_id)

    def trigger(self, barrier: CheckpointBarrier, now: int) -> list[Action]:
        if self.is_past(barrier.checkpoint_id):
            return []
        return self._register(barrier, now) + self._take_if_complete(barrier.checkpoint_id)

    def cancel(self, checkpoint_id: int) -> list[Action]:
        if self.is_past(checkpoint_id):
            return []
        self._pending.pop(checkpoint_id, None)
        self._cancelled.add(checkpoint_id)
        return [Abort(checkpoint_id, "it was cancelled", False)]

    def end_of_input(self, channel: int, now: int) -> list[Action]:
        self._ended.add(channel)
        actions: list[Action] = []
        for checkpoint_id in sorted(self._pending):
            if checkpoint_id in self._pending:
                actions += self._take_if_complete(checkpoint_id)
        return actions

    def _register(self, barrier: CheckpointBarrier, now: int) -> list[Action]:
        pending = self._pending
        if barrier.checkpoint_id in pending:
            return []
        pending[barrier.checkpoint_id] = _Checkpoint(barrier, now)
        if len(pending) <= self.MAX_PENDING:
            return []
        return self._give_up(min(pending), "too many checkpoints are under way")

    def _give_up(self, checkpoint_id: int, reason: str) -> list[Action]:
        del self._pending[checkpoint_id]
        self._passed(checkpoint_id)
        return [Abort(checkpoint_id, reason, False)]

    def _take_if_complete(self, checkpoint_id: int) -> list[Action]:
        checkpoint = self._pending.get(checkpoint_id)
        if checkpoint is None or self._missing(checkpoint):
            return []
        actions: list[Action] = []
        for older in sorted(c for c in self._pending if c < checkpoint_id):
            actions += self._give_up(older, f"checkpoint {checkpoint_id} was taken before it")
        del self._pending[checkpoint_id]
        self._passed(checkpoint_id)
        return [*actions, TakeSnapshot(checkpoint.barrier.as_aligned(), checkpoint.started)]
