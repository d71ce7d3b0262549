"""The thread that holds the connection of a socket source."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.handoff import HandoffBuffer

__all__ = ["SocketThread"]

RETRY_SECONDS = 0.5
CONNECT_TIMEOUT_SECONDS = 10.0
JOIN_SECONDS = 1.0


class SocketThread:
    """Connects, receives, splits into records and hands them to ``buffer``."""

    def __init__(
        self,
        host: str,
        port: int,
        delimiter: str,
        max_retry: int,
        wakeup: Callable[[], None],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.buffer = HandoffBuffer(wakeup)
        self._address = (host, port)
        self._delimiter = delimiter
        self._delimiter_bytes = delimiter.encode()
        self._rest = bytearray()
        self._max_retry = max_retry
        self._retry_seconds = retry_seconds
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; once."""
        if self._thread is None:
            name = f"hurtig-socket-{self._address[0]}:{self._address[1]}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread, whatever it is waiting for."""
        self._closing.set()
        self.buffer.close()
        with self._lock:
            if self._connection is not None:
                try:
                    self._connection.shutdown(socket.SHUT_RDWR)  # wakes the receiver
                except OSError:
                    pass
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    # -- in the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            error = self._read_with_retries()
        except BaseException as e:
            error = e
        self.buffer.end(error)

    def _read_with_retries(self) -> BaseException | None:
        attempts = 0
        connected = False
        while True:
            problem: OSError | None = None
            try:
                connection = socket.create_connection(self._address, CONNECT_TIMEOUT_SECONDS)
            except OSError as e:
                problem = e
            else:
                connected = True
                try:
                    if self._receive(connection):
                        attempts = 0
                except OSError as e:
                    problem = e
            if self._closing.is_set():
                return None
            if 0 <= self._max_retry <= attempts:
                return self._last(connected, problem)
            attempts += 1
            if self._closing.wait(self._retry_seconds):
                return None

    def _last(self, connected: bool, problem: OSError | None) -> BaseException | None:
        if self._rest:
            self.buffer.extend(self._records(self._rest))
        if problem is None or (connected and self._max_retry > 0):
            return None
        host, port = self._address
        what = "lost the connection to" if connected else "cannot connect to"
        error = JobExecutionError(
            f"{what} {host}:{port}: {problem}\n"
            f"  fix       start the server first (for a try: nc -lk {port}), or let the source "
            "wait for it with max_retry"
        )
        error.__cause__ = problem
        return error

    def _receive(self, connection: socket.socket) -> bool:
        """Read to the end of the connection; whether anything came."""
        with self._lock:
            self._connection = connection
        received = False
        try:
            connection.settimeout(None)
            while not self._closing.is_set():
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received = True
                self._split(chunk)
        finally:
            with self._lock:
                self._connection = None
            connection.close()
        return received

    def _split(self, chunk: bytes) -> None:
        rest, delimiter = self._rest, self._delimiter_bytes
        # Only where the new bytes may complete a delimiter is the old text looked at again.
        start = max(0, len(rest) - len(delimiter) + 1)
        rest += chunk
        end = rest.rfind(delimiter, start)
        if end >= 0:
            records = self._records(rest[:end])
            del rest[: end + len(delimiter)]
            self.buffer.extend(records)

    def _records(self, data: bytearray) -> list[str]:
        text = data.decode("utf-8", "replace")
        records = text.split(self._delimiter)
        if self._delimiter == "\n" and "\r" in text:
            records = [record.removesuffix("\r") for record in records]
        return records
