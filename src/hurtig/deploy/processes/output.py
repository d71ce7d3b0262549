"""What workers print: whole lines, at once, where the user looks for them."""

from __future__ import annotations

import fcntl
import io
import os
import sys
import threading

MAX_LINE_BYTES = 1 << 16
"""Text without an end of line is passed on when it is this long."""


class LineOutput(io.RawIOBase):
    """Writes whole lines to a file descriptor; other processes that lock the same file do not
    write in the middle of them. :meth:`flush` writes what there is."""

    def __init__(self, fd: int, name: str, lock_file: str) -> None:
        super().__init__()
        self.name = name
        self.mode = "wb"
        self._fd = fd
        self._lock_fd = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._waiting = bytearray()
        self._mutex = threading.Lock()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def write(self, data: object) -> int:
        text = bytes(data)  # type: ignore[call-overload]
        with self._mutex:
            end = text.rfind(b"\n") + 1
            if end:
                whole = bytes(self._waiting) + text[:end]
                self._waiting[:] = text[end:]
                self._put(whole)
            else:
                self._waiting += text
                if len(self._waiting) > MAX_LINE_BYTES:
                    self._put_waiting()
        return len(text)

    def flush(self) -> None:
        if not self.closed:
            with self._mutex:
                self._put_waiting()

    def _put_waiting(self) -> None:
        if self._waiting:
            rest = bytes(self._waiting)
            self._waiting.clear()
            self._put(rest)

    def _put(self, data: bytes) -> None:
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)


def install(stdout: int, stderr: int, lock_file: str) -> None:
    """Make these descriptors the output of this process."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    for fd, target in ((stdout, 1), (stderr, 2)):
        if fd != target:
            os.dup2(fd, target)
            os.close(fd)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.__stdout__ = _text(1, "<stdout>", lock_file)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, "<stderr>", lock_file)  # type: ignore[misc]


def _text(fd: int, name: str, lock_file: str) -> io.TextIOWrapper:
    raw = LineOutput(fd, name, lock_file)
    errors = "strict" if fd == 1 else "backslashreplace"
    return io.TextIOWrapper(raw, "utf-8", errors, write_through=True)


def inherits(stream: object, original: object, fd: int) -> bool:
    """Whether what is written to ``fd`` ends where the program's ``stream`` ends: not in a
    notebook, under a test runner that captures, or where the program redirected it."""
    try:
        return stream is original and stream.fileno() == fd  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False


class Pump:
    """The client's side of a worker's output that goes to ``sys.stdout`` or ``sys.stderr``."""

    def __init__(self, fd: int, name: str) -> None:
        self.fd = fd
        self._name = name
        self._waiting = bytearray()

    def readable(self) -> bool:
        """Pass on the lines that are there; False at the end."""
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        self._waiting += data
        end = len(self._waiting) if not data else self._waiting.rfind(b"\n") + 1
        if end or len(self._waiting) > MAX_LINE_BYTES:
            end = end or len(self._waiting)
            text = bytes(self._waiting[:end]).decode("utf-8", "backslashreplace")
            del self._waiting[:end]
            self._tell(text)
        return bool(data)

    def _tell(self, text: str) -> None:
        stream = getattr(sys, self._name)
        try:
            stream.write(text)
            stream.flush()
        except Exception:  # closed, or it cannot show this character: the job goes on
            pass
