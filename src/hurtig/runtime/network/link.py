"""A connection to another process that never blocks whoever uses it."""

from __future__ import annotations

import selectors
import socket
from collections import deque
from collections.abc import Callable

from hurtig.runtime.network.frames import FrameReader

READ_LIMIT = 1 << 22
"""Bytes taken from one link before the others have their turn."""

Handler = Callable[["Link", int, int, "bytes | bytearray"], None]


class Link:
    """Writes at once what the socket takes, and keeps the rest until :meth:`writable`.

    ``handle(link, channel, kind, payload)`` is called for each frame; ``lost(link)`` once, when
    the connection has ended for a reason other than :meth:`close`; :attr:`reason` tells which.
    """

    def __init__(
        self,
        sock: socket.socket,
        selector: selectors.BaseSelector,
        handle: Handler,
        lost: Callable[[Link], None],
    ) -> None:
        self._sock = sock
        self._selector = selector
        self._lost = lost
        self._out: deque[memoryview] = deque()
        self.reader = FrameReader(lambda channel, kind, data: handle(self, channel, kind, data))
        self.owner: object = None
        """Whoever made the link may find itself here."""
        self.closed = False
        self.reason = ""
        self._broken = False
        selector.register(sock, selectors.EVENT_READ, self)

    @property
    def unsent(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._out)

    def write(self, data: bytes) -> None:
        """Send, now or as soon as it can be; dropped where the connection has ended."""
        if self.closed or self._broken:
            return
        if self._out:
            self._out.append(memoryview(data))
            return
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._broken = True  # its last words may tell why: readable() comes across the end
            return
        if sent < len(data):
            self._out.append(memoryview(data)[sent:])
            self._selector.modify(self._sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def writable(self) -> None:
        """The socket takes more."""
        out = self._out
        try:
            while out:
                first = out[0]
                sent = self._sock.send(first)
                if sent < len(first):
                    out[0] = first[sent:]
                    return
                out.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._broken = True
            out.clear()
        self._selector.modify(self._sock, selectors.EVENT_READ, self)

    def readable(self) -> None:
        """The socket has bytes, or has ended."""
        taken = 0
        while taken < READ_LIMIT and not self.closed:
            target = self.reader.target()
            try:
                count = self._sock.recv_into(target)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._fail(error)
                return
            if count == 0:
                self._fail(None)
                return
            wanted = len(target)
            target.release()
            try:
                self.reader.filled(count)
            except ValueError as error:  # whoever is there does not speak our language
                self._fail(error)
                return
            if count < wanted:
                return
            taken += count

    def _fail(self, error: Exception | None) -> None:
        if self.closed:
            return
        self.reason = "it closed the connection" if error is None else f"{error}"
        self.close()
        self._lost(self)

    def close(self) -> None:
        """End the connection; what is unsent is dropped."""
        if not self.closed:
            self.closed = True
            self._out.clear()
            self._selector.unregister(self._sock)
            self._sock.close()
