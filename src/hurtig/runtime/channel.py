"""Channels carry the messages of an edge from one subtask to another, in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from hurtig.messages import CheckpointBarrier, RowBatch

CAPACITY_RECORDS = 1 << 15
CAPACITY_MESSAGES = 256


def _nobody(barrier: CheckpointBarrier) -> None:
    pass


class Channel(ABC):
    """One sender, one receiver. Messages are batches and the events of ``hurtig.messages``.

    A *priority barrier* is one that was sent with :meth:`overtake`: the receiver gets it before
    all that waits. The messages that it passed stay, and are received as always.
    """

    on_barrier: Callable[[CheckpointBarrier], None] = staticmethod(_nobody)
    """Set by the receiver, called from any thread: a priority barrier can be received
    (``barrier.unaligned``), or one that may become unaligned waits in the channel. The second is
    an offer: a channel that cannot :meth:`promote` need not make it."""

    @abstractmethod
    def send(self, message: Any) -> None:
        """Append a message; accepted also when full, but see :attr:`full`."""

    @abstractmethod
    def receive(self) -> Any | None:
        """The oldest message, or ``None`` when there is none now; a priority barrier first."""

    @property
    @abstractmethod
    def full(self) -> bool:
        """Backpressure: the sender should not be given more work while this holds."""

    @abstractmethod
    def overtake(self, barrier: CheckpointBarrier) -> list[Any]:
        """Send a barrier before all that waits. Returns the messages that it passed and that this
        side still holds, oldest first; they are sent all the same."""

    @abstractmethod
    def overtaken(self) -> list[Any]:
        """Messages on this side that the last priority barrier received has passed and that are
        not yet received, oldest first; asked for right after the barrier was received."""

    @property
    @abstractmethod
    def urgent(self) -> bool:
        """Whether the next message is a priority barrier."""

    def promote(self, checkpoint_id: int) -> None:
        """Make a priority barrier of the barrier of this checkpoint if it waits on the receiver's
        side; otherwise nothing happens. Called by the receiver."""


class LocalChannel(Channel):
    """A queue inside one process; bounded by records and by messages.

    All that waits counts as the receiver's.
    """

    __slots__ = ("_messages", "_overtaken", "_priority", "_records", "on_barrier")

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self._records = 0
        self._priority: deque[tuple[CheckpointBarrier, int]] = deque()
        """Barriers and how many messages each has passed."""
        self._overtaken = 0
        self.on_barrier = _nobody

    def send(self, message: Any) -> None:
        if isinstance(message, RowBatch):
            self._records += len(message.values)
        self._messages.append(message)
        if isinstance(message, CheckpointBarrier) and message.alignment_timeout >= 0:
            self.on_barrier(message)

    def receive(self) -> Any | None:
        if self._priority:
            barrier, self._overtaken = self._priority.popleft()
            return barrier
        if not self._messages:
            return None
        message = self._messages.popleft()
        if isinstance(message, RowBatch):
            self._records -= len(message.values)
        return message

    @property
    def full(self) -> bool:
        return self._records >= CAPACITY_RECORDS or len(self._messages) >= CAPACITY_MESSAGES

    def overtake(self, barrier: CheckpointBarrier) -> list[Any]:
        self._priority.append((barrier, len(self._messages)))
        self.on_barrier(barrier)
        return []

    def overtaken(self) -> list[Any]:
        return list(islice(self._messages, self._overtaken))

    @property
    def urgent(self) -> bool:
        return bool(self._priority)

    def promote(self, checkpoint_id: int) -> None:
        for position, message in enumerate(self._messages):
            if isinstance(message, CheckpointBarrier) and message.checkpoint_id == checkpoint_id:
                if not message.is_savepoint:
                    del self._messages[position]
                    barrier = message.as_unaligned()
                    self._priority.append((barrier, position))
                    self.on_barrier(barrier)
                return
