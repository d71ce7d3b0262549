"""Where a process takes data connections: ``unix:/path`` or ``tcp:host:port``."""

from __future__ import annotations

import socket

__all__ = ["address_of", "connect", "listen"]

CONNECT_SECONDS = 5.0
BUFFER_BYTES = 1 << 20
"""Asked of the kernel for each direction, so that a reader that computes for some milliseconds
does not stop its senders."""


def listen(address: str, backlog: int = 1024) -> socket.socket:
    """A listening socket; of ``tcp:host:0`` the port is found with :func:`address_of`."""
    family, target = _parse(address)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(target)
        sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    return sock


def connect(address: str) -> socket.socket:
    """A connection, within :data:`CONNECT_SECONDS`; ``OSError`` where there is nobody."""
    family, target = _parse(address)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(CONNECT_SECONDS)
        sock.connect(target)
    except BaseException:
        sock.close()
        raise
    return sock


def prepare(sock: socket.socket) -> None:
    """Settings of both ends of a connection."""
    sock.setblocking(False)
    if sock.family == socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    else:  # TCP sizes its buffers by itself
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def address_of(sock: socket.socket) -> str:
    """The address of a listening socket."""
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return f"unix:{name}"
    return f"tcp:{name[0]}:{name[1]}"


def _parse(address: str) -> tuple[int, str | tuple[str, int]]:
    kind, _, rest = address.partition(":")
    if kind == "unix" and rest:
        return socket.AF_UNIX, rest
    host, _, port = rest.rpartition(":")
    if kind == "tcp" and host and port.isdigit():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return family, (host.strip("[]"), int(port))
    raise ValueError(f"{address!r} is not an address: unix:/path or tcp:host:port")
