"""The sending end of a channel to another process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from hurtig.messages import CheckpointBarrier, RowBatch
from hurtig.runtime.channel import Channel
from hurtig.runtime.network.codec import Codec, encode_barrier
from hurtig.runtime.network.errors import ConnectionLostError
from hurtig.runtime.network.frames import PRIORITY_BARRIER, frame
from hurtig.runtime.network.window import Window


class SocketSender(Channel):
    """Sends while it has credit and holds messages, not yet encoded, while it has none.

    ``write(frame)`` hands a frame to the connection. Raises :class:`ConnectionLostError` where
    the connection has ended.
    """

    def __init__(self, number: int, codec: Codec, write: Callable[[bytes], None]) -> None:
        self._number = number
        self._codec = codec
        self._write = write
        self._held: deque[Any] = deque()
        self._messages = 0
        self._records = 0
        self._bytes = 0
        self._lost: str | None = None

    def send(self, message: Any) -> None:
        if self._lost is not None:
            raise ConnectionLostError(self._lost)
        if self._held or self._messages <= 0 or self._records <= 0 or self._bytes <= 0:
            self._held.append(message)
        else:
            self._transmit(message)

    def _transmit(self, message: Any) -> None:
        kind, payload = self._codec.encode(message)
        data = frame(self._number, kind, payload)
        self._messages -= 1
        self._bytes -= len(payload)
        if isinstance(message, RowBatch):
            self._records -= len(message.values)
        self._write(data)

    def receive(self) -> Any | None:
        raise AssertionError("this end sends")

    @property
    def full(self) -> bool:
        if self._lost is not None and self._held:
            raise ConnectionLostError(self._lost)
        return bool(self._held)

    @property
    def unsent(self) -> bool:
        """Whether messages wait for credit."""
        return bool(self._held)

    def overtake(self, barrier: CheckpointBarrier) -> list[Any]:
        if self._lost is not None:
            raise ConnectionLostError(self._lost)
        self._write(frame(self._number, PRIORITY_BARRIER, encode_barrier(barrier)))
        return list(self._held)

    def overtaken(self) -> list[Any]:
        raise AssertionError("this end sends")

    @property
    def urgent(self) -> bool:
        return False

    # -- for the connection -------------------------------------------------------------------

    def credit(self, more: Window) -> None:
        """The reader takes more."""
        self._messages += more.messages
        self._records += more.records
        self._bytes += more.bytes
        held = self._held
        while held and self._messages > 0 and self._records > 0 and self._bytes > 0:
            self._transmit(held.popleft())

    def lose(self, reason: str) -> None:
        """The connection has ended."""
        self._lost = reason
