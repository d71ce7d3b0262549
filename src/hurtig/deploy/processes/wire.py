"""Frames of control connections, and how the zygote is asked: plain pickles, file descriptors."""

from __future__ import annotations

import os
import pickle
import socket
import struct
import threading
from typing import Any, NamedTuple

from hurtig.runtime.network.frames import HEADER, frame

# Kinds of frames between client and worker:
MESSAGE, HEARTBEAT, READY, SHUTDOWN = 1, 2, 3, 4

_LENGTH = struct.Struct("<Q")
_FDS = 3


class ProgramPlace(NamedTuple):
    """Where the program runs: what a worker must be like to import its modules."""

    search_path: list[str]
    folder: str
    environment: dict[str, str]
    arguments: list[str]
    main_file: str | None
    pyflink: bool
    """Whether ``pyflink`` means hurtig."""


class WorkerConfig(NamedTuple):
    """What a worker is told at its start."""

    task_manager: str
    job_id: str
    token: str
    folder: str
    """For sockets and files of this worker alone; the client removes it."""
    output_lock: str
    """A file that workers lock while they write lines."""
    place: ProgramPlace
    settings: dict[str, str]
    heartbeat_seconds: float
    task_manager_factory: str
    """``module:function``, see :mod:`hurtig.deploy.processes.worker`."""


class ControlSocket:
    """A worker's end of its control connection. Several threads may send, one may receive."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sending = threading.Lock()

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Raises ``OSError`` where the client is gone."""
        data = frame(0, kind, payload)
        with self._sending:
            self._sock.sendall(data)

    def receive(self) -> tuple[int, bytes] | None:
        """Kind and payload of the next frame; None where the client is gone."""
        head = receive_exactly(self._sock, HEADER.size)
        if head is None:
            return None
        length, _, kind = HEADER.unpack(head)
        payload = receive_exactly(self._sock, length)
        return None if payload is None else (kind, payload)


def receive_exactly(sock: socket.socket, size: int) -> bytes | None:
    """``size`` bytes of a blocking socket; None where it ends before."""
    parts = bytearray()
    while len(parts) < size:
        try:
            part = sock.recv(min(size - len(parts), 1 << 20))
        except OSError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


def send_request(sock: socket.socket, request: Any, fds: list[int]) -> None:
    """Send an object with file descriptors."""
    data = pickle.dumps(request, 5)
    socket.send_fds(sock, [_LENGTH.pack(len(data))], fds)
    sock.sendall(data)


def receive_request(sock: socket.socket) -> tuple[Any, list[int]] | None:
    """The next one; None where the other end is gone."""
    try:
        head, fds, _, _ = socket.recv_fds(sock, _LENGTH.size, _FDS)
    except OSError:
        return None
    data = receive_exactly(sock, _LENGTH.unpack(head)[0]) if head else None
    if data is None:
        for fd in fds:
            os.close(fd)
        return None
    return pickle.loads(data), list(fds)
