"""Collected records on their way to a program in another process, over a Unix socket.

The program has one server for all its jobs; each writer has a connection of its own. Frames are a
length and a pickle of ``(sink id, delivery id, values)``; every frame with a delivery id, and an
empty one, is answered by one byte once its records are in the buffer.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from struct import Struct
from typing import Any, Protocol

from hurtig.common.errors import JobExecutionError
from hurtig.common.program_pickle import dumps_record, loads_record

__all__ = ["CollectServer", "RemoteBuffer", "server"]

_LENGTH = Struct(">Q")
_TOKEN_BYTES = 16
_FULL_PAUSE_SECONDS = 0.005


class Receiver(Protocol):
    """Where records arrive."""

    @property
    def full(self) -> bool:
        """Whether the sender had better wait."""

    def deliver(self, delivery: str | None, values: list[Any]) -> None:
        """Take records; a delivery that was taken before is dropped."""


class CollectServer:
    """Takes records for the buffers that ``find(sink id)`` gives; ``None`` for one nobody reads."""

    def __init__(self, find: Callable[[str], Receiver | None]) -> None:
        self._find = find
        self._directory = tempfile.mkdtemp(prefix="hurtig-collect-")
        self._token = os.urandom(_TOKEN_BYTES)
        path = os.path.join(self._directory, "socket")
        self.address = (path, self._token)
        """What a :class:`RemoteBuffer` needs."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path)
        self._socket.listen(64)
        threading.Thread(target=self._accept, name="hurtig-collect", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(
                target=self._serve, args=(connection,), name="hurtig-collect", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                if _read(connection, _TOKEN_BYTES) != self._token:
                    return
                while True:
                    (length,) = _LENGTH.unpack(_read(connection, _LENGTH.size))
                    sink, delivery, values = loads_record(_read(connection, length))
                    if values:
                        self._take(sink, delivery, values)
                    if delivery is not None or not values:
                        connection.sendall(b"k")
            except (EOFError, OSError):
                return  # the writer is gone: whatever it did not commit does not count

    def _take(self, sink: str, delivery: str | None, values: list[Any]) -> None:
        buffer = self._find(sink)
        while buffer is not None and buffer.full:
            buffer = None
            time.sleep(_FULL_PAUSE_SECONDS)
            buffer = self._find(sink)
        if buffer is not None:
            buffer.deliver(delivery, values)

    def close(self) -> None:
        """Take nothing more."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # a close alone would not wake accept()
        except OSError:
            pass
        self._socket.close()
        shutil.rmtree(self._directory, ignore_errors=True)


class RemoteBuffer:
    """The writer's end."""

    def __init__(self, sink: str, address: tuple[str, bytes], operator: str) -> None:
        path, token = address
        self._sink = sink
        self._operator = operator
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
            self._socket.sendall(token)
        except OSError as e:
            self._socket.close()
            raise self._gone(e) from e

    def deliver(self, delivery: str | None, values: list[Any]) -> None:
        """Send records; waits until those with a delivery id, or an empty list, have arrived."""
        data = dumps_record((self._sink, delivery, values))
        try:
            self._socket.sendall(_LENGTH.pack(len(data)) + data)
            if delivery is not None or not values:
                _read(self._socket, 1)
        except (EOFError, OSError) as e:
            raise self._gone(e) from e

    def flush(self) -> None:
        """Wait until all that was sent has arrived."""
        self.deliver(None, [])

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _gone(self, cause: BaseException) -> JobExecutionError:
        return JobExecutionError(
            f"the results of {self._operator} cannot be collected: the program that asked for "
            f"them cannot be reached ({type(cause).__name__}: {cause})"
        )


def _read(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            raise EOFError("the connection was closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


_lock = threading.Lock()
_server: CollectServer | None = None
_owner = 0


def server(find: Callable[[str], Receiver | None]) -> CollectServer:
    """The server of this process, started at the first call."""
    global _server, _owner
    with _lock:
        if _server is None or _owner != os.getpid():
            _server, _owner = CollectServer(find), os.getpid()
            atexit.register(_server.close)
        return _server
