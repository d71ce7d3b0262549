"""Frames: ``length of payload | channel | kind | payload``, little endian."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

HEADER = Struct("<QIB")
HEADER_BYTES = HEADER.size
READ_BYTES = 1 << 18

# Kinds. About the connection:
HELLO, REFUSED, OPEN, CREDIT = 1, 2, 3, 4
# Messages of a channel:
BATCH, WATERMARK, STATUS, BARRIER, CANCEL_BARRIER, END_OF_DATA, END_OF_INPUT = range(16, 23)
PRIORITY_BARRIER = 23


def frame(channel: int, kind: int, payload: bytes = b"") -> bytes:
    """A frame as bytes."""
    return HEADER.pack(len(payload), channel, kind) + payload


class FrameReader:
    """Cuts what a non-blocking source gives into frames. Payloads are the receiver's to keep."""

    def __init__(self, handle: Callable[[int, int, bytes | bytearray], None]) -> None:
        self._handle = handle
        self.limit: int | None = None
        """Largest payload that is accepted; ``ValueError`` for a larger one."""
        self._buffer = bytearray(READ_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._large: bytearray | None = None
        self._large_filled = 0
        self._large_head = (0, 0)

    def target(self) -> memoryview:
        """Where the next bytes belong."""
        if self._large is not None:
            return memoryview(self._large)[self._large_filled :]
        return self._view[self._filled :]

    def filled(self, count: int) -> None:
        """``count`` bytes were put into :meth:`target`; handles the frames that are whole."""
        if self._large is not None:
            self._large_filled += count
            if self._large_filled == len(self._large):
                payload, self._large = self._large, None
                self._handle(*self._large_head, payload)
            return
        self._filled += count
        self._cut()

    def _cut(self) -> None:
        view, handle, unpack = self._view, self._handle, HEADER.unpack_from
        start, end = 0, self._filled
        while end - start >= HEADER_BYTES:
            length, channel, kind = unpack(view, start)
            body = start + HEADER_BYTES
            if self.limit is not None and length > self.limit:
                raise ValueError(f"a frame of {length} bytes where at most {self.limit} may come")
            if length > end - body:
                if length > READ_BYTES - HEADER_BYTES:
                    self._begin_large(length, channel, kind, body, end)
                    return
                break
            start = body + length
            handle(channel, kind, bytes(view[body:start]))
        rest = end - start
        if start and rest:
            view[:rest] = bytes(view[start:end])
        self._filled = rest

    def _begin_large(self, length: int, channel: int, kind: int, body: int, end: int) -> None:
        """A payload beyond the buffer: read straight into a place of its own."""
        self._large = bytearray(length)
        self._large[: end - body] = self._view[body:end]
        self._large_filled = end - body
        self._large_head = (channel, kind)
        self._filled = 0
