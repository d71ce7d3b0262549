"""The receiving end of a channel from another process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from hurtig.messages import CheckpointBarrier, RowBatch
from hurtig.runtime.channel import Channel, _nobody
from hurtig.runtime.network import frames as f
from hurtig.runtime.network.codec import Codec, decode_barrier
from hurtig.runtime.network.errors import ConnectionLostError
from hurtig.runtime.network.window import Window, pack

_DECODED = -1


class SocketReceiver(Channel):
    """Keeps frames as they came and decodes them when they are taken; gives the sender new credit
    for what was taken, half a window at a time.

    Raises :class:`ConnectionLostError` behind the last message where the connection has ended
    before the channel did.
    """

    def __init__(self, codec: Codec, window: Window) -> None:
        self._codec = codec
        self._window = window
        self._write: Callable[[bytes], None] | None = None
        self._number = 0
        self._queue: deque[tuple[int, Any, int]] = deque()
        """Kind, payload (or the message itself), bytes."""
        self._priority: deque[tuple[CheckpointBarrier, int]] = deque()
        self._overtaken = 0
        self._taken_messages = 0
        self._taken_records = 0
        self._taken_bytes = 0
        self._ended = False
        self._lost: str | None = None
        self.on_barrier = _nobody

    def send(self, message: Any) -> None:
        raise AssertionError("this end receives")

    def receive(self) -> Any | None:
        if self._priority:
            barrier, self._overtaken = self._priority.popleft()
            return barrier
        if not self._queue:
            if self._lost is not None and not self._ended:
                raise ConnectionLostError(self._lost)
            return None
        kind, payload, size = self._queue.popleft()
        message = payload if kind == _DECODED else self._codec.decode(kind, payload)
        self._taken_messages += 1
        self._taken_bytes += size
        if isinstance(message, RowBatch):
            self._taken_records += len(message.values)
        window = self._window
        if (
            self._taken_records * 2 >= window.records
            or self._taken_messages * 2 >= window.messages
            or self._taken_bytes * 2 >= window.bytes
        ):
            self._give_credit()
        return message

    def _give_credit(self) -> None:
        taken = Window(self._taken_messages, self._taken_records, self._taken_bytes)
        self._taken_messages = self._taken_records = self._taken_bytes = 0
        if self._write is not None:
            self._write(f.frame(self._number, f.CREDIT, pack(taken)))

    @property
    def full(self) -> bool:
        return False

    def overtake(self, barrier: CheckpointBarrier) -> list[Any]:
        raise AssertionError("this end receives")

    def overtaken(self) -> list[Any]:
        queue = self._queue
        for position in range(self._overtaken):
            kind, payload, size = queue[position]
            if kind != _DECODED:
                queue[position] = _DECODED, self._codec.decode(kind, payload), size
        return [message for _, message, _ in islice(queue, self._overtaken)]

    @property
    def urgent(self) -> bool:
        return bool(self._priority)

    def promote(self, checkpoint_id: int) -> None:
        for position, (kind, payload, _) in enumerate(self._queue):
            if kind == f.BARRIER:
                barrier = decode_barrier(payload)
            elif kind == _DECODED and isinstance(payload, CheckpointBarrier):
                barrier = payload
            else:
                continue
            if barrier.checkpoint_id == checkpoint_id:
                if not barrier.is_savepoint:
                    del self._queue[position]
                    self._taken_messages += 1
                    self._put_first(barrier.as_unaligned(), position)
                return

    def _put_first(self, barrier: CheckpointBarrier, passed: int) -> None:
        self._priority.append((barrier, passed))
        self.on_barrier(barrier)

    # -- for the connection -------------------------------------------------------------------

    def attach(self, number: int, write: Callable[[bytes], None]) -> None:
        """The sender has opened the channel: it may send now."""
        self._number = number
        self._write = write
        write(f.frame(number, f.CREDIT, pack(self._window)))

    def arrived(self, kind: int, payload: bytes | bytearray) -> None:
        """A message of the channel."""
        if kind == f.PRIORITY_BARRIER:
            self._put_first(decode_barrier(payload), len(self._queue))
            return
        self._queue.append((kind, payload, len(payload)))
        if kind == f.END_OF_INPUT:
            self._ended = True
        elif kind == f.BARRIER:
            barrier = decode_barrier(payload)
            if barrier.alignment_timeout >= 0:
                self.on_barrier(barrier)

    def lose(self, reason: str) -> None:
        """The connection has ended."""
        self._lost = reason
