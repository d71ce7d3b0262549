"""The control line between the daemon and a job process: JSON objects in frames.

The daemon calls ``{"id", "call", "arguments"}``, the job process answers ``{"id", "value"}`` or
``{"id", "error", "kind"}``, and tells what changes by ``{"event", ...}``. Nothing of the user's is
unpickled on the daemon's side.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from hurtig.common.errors import HurtigError

__all__ = ["FrameSocket", "JobLine", "JobProcessGoneError", "RemoteCallError"]

_LENGTH = struct.Struct("!I")


class JobProcessGoneError(HurtigError):
    """The job's process cannot be asked: it has ended, or is just being started."""


class RemoteCallError(HurtigError):
    """What was asked of the job failed there. ``kind`` is the name of the error."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind

    def render(self) -> str:
        return f"{self.kind}: {self}"


class FrameSocket:
    """Objects over a stream socket; several threads may send, one may receive."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._sending = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Raises ``OSError`` where the other end is gone."""
        data = json.dumps(message, default=str).encode()
        with self._sending:
            self._socket.sendall(_LENGTH.pack(len(data)) + data)

    def receive(self) -> dict[str, Any] | None:
        """The next one; None where the other end is gone."""
        head = self._exactly(_LENGTH.size)
        if head is None:
            return None
        data = self._exactly(_LENGTH.unpack(head)[0])
        if data is None:
            return None
        message: dict[str, Any] = json.loads(data)
        return message

    def _exactly(self, size: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < size:
            try:
                part = self._socket.recv(min(size - len(parts), 1 << 20))
            except OSError:
                return None
            if not part:
                return None
            parts += part
        return bytes(parts)

    def close(self) -> None:
        """Also wakes a thread that waits in :meth:`receive`, here and there."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()


class _Call:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: dict[str, Any] | None = None


class JobLine:
    """The daemon's end."""

    def __init__(self, frames: FrameSocket) -> None:
        self._frames = frames
        self._lock = threading.Lock()
        self._calls: dict[int, _Call] = {}
        self._last = 0
        self._closed = False

    def serve(self, on_event: Callable[[dict[str, Any]], None]) -> None:
        """Read until the job process closes its end; events go to ``on_event``."""
        while (message := self._frames.receive()) is not None:
            if "event" in message:
                on_event(message)
                continue
            with self._lock:
                call = self._calls.pop(message["id"], None)
            if call is not None:
                call.answer = message
                call.done.set()
        self.close()

    def call(self, name: str, timeout: float | None, **arguments: Any) -> Any:
        """Ask the job. ``timeout`` in seconds; None waits as long as the process lives."""
        call = _Call()
        with self._lock:
            if self._closed:
                raise JobProcessGoneError("the job's process is not running")
            self._last += 1
            number = self._last
            self._calls[number] = call
        try:
            self._frames.send({"id": number, "call": name, "arguments": arguments})
        except OSError:
            raise JobProcessGoneError("the job's process is not running") from None
        if not call.done.wait(timeout):
            with self._lock:
                self._calls.pop(number, None)
            raise JobProcessGoneError(f"the job's process did not answer within {timeout:g} s")
        answer = call.answer
        if answer is None:
            raise JobProcessGoneError("the job's process ended before it answered")
        if "error" in answer:
            raise RemoteCallError(answer["error"], answer["kind"])
        return answer["value"]

    def close(self) -> None:
        """Close the line: a job process that runs ends at once; who waits for an answer is told."""
        with self._lock:
            self._closed = True
            waiting = list(self._calls.values())
            self._calls.clear()
        for call in waiting:
            call.done.set()
        self._frames.close()
