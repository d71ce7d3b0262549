"""The folder in which a cluster keeps what must survive it.

::

    daemon.json     pid and address of the running daemon
    daemon.lock     held by the running daemon
    daemon.log      its output
    token           what REST clients prove themselves with
    checkpoints/    where jobs that name no folder keep their checkpoints
    jobs/<job id>/  one folder a job, see ``job_directory``
"""

from __future__ import annotations

import json
import os
from typing import IO, Any

from hurtig.common.errors import HurtigError

__all__ = ["HOME", "ClusterDirectory", "ClusterError", "write_atomically"]

HOME = "HURTIG_HOME"
"""Environment variable: the folder whose ``cluster`` is used where none is named."""


class ClusterError(HurtigError):
    """A cluster cannot be started, reached or stopped."""

    def render(self) -> str:
        return str(self)


def write_atomically(path: str, data: bytes, durable: bool = True, mode: int = 0o600) -> None:
    """Replace the file as a whole: after a crash it holds the old bytes or the new ones.

    ``durable``: they are on the disk when this returns.
    """
    temporary = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "wb") as f:
        f.write(data)
        if durable:
            f.flush()
            os.fsync(f.fileno())
    os.replace(temporary, path)
    if durable:
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class ClusterDirectory:
    """``root`` is ``--dir``; without it ``$HURTIG_HOME/cluster``, else ``~/.hurtig/cluster``."""

    def __init__(self, root: str | None = None) -> None:
        if root is None:
            home = os.environ.get(HOME) or os.path.join(os.path.expanduser("~"), ".hurtig")
            root = os.path.join(home, "cluster")
        self.root = os.path.abspath(root)
        self.jobs = os.path.join(self.root, "jobs")
        self.checkpoints = os.path.join(self.root, "checkpoints")
        self.log = os.path.join(self.root, "daemon.log")
        self._daemon = os.path.join(self.root, "daemon.json")
        self._lock = os.path.join(self.root, "daemon.lock")
        self._token = os.path.join(self.root, "token")

    def create(self) -> None:
        """Make the folders, for their owner alone: they hold programs and a token."""
        os.makedirs(self.root, mode=0o700, exist_ok=True)
        os.makedirs(self.jobs, mode=0o700, exist_ok=True)

    def lock(self) -> IO[str] | None:
        """Become the one daemon of this folder: the open file holds the lock until the process
        ends, however it ends. None where another daemon holds it."""
        import fcntl

        held = open(self._lock, "a")  # noqa: SIM115
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.close()
            return None
        return held

    def is_running(self) -> bool:
        """Whether a daemon holds the lock."""
        if not os.path.exists(self._lock):
            return False
        held = self.lock()
        if held is None:
            return True
        held.close()
        return False

    def token(self, wanted: str | None = None) -> str:
        """The token: ``wanted``, else that of the file, else a new one; kept in the file."""
        known = self.known_token()
        if wanted is None and known:
            return known
        token = wanted or os.urandom(24).hex()
        write_atomically(self._token, token.encode())
        return token

    def known_token(self) -> str | None:
        """What is in the token file; None where there is none, or it is somebody else's."""
        try:
            with open(self._token) as f:
                return f.read().strip() or None
        except OSError:
            return None

    def announce(self, daemon: dict[str, Any]) -> None:
        """Tell clients where the daemon is: ``pid``, ``host``, ``port``, ``started`` (epoch ms)."""
        write_atomically(self._daemon, json.dumps(daemon).encode())

    def withdraw(self) -> None:
        """The daemon ends."""
        if os.path.exists(self._daemon):
            os.remove(self._daemon)

    def daemon(self) -> dict[str, Any] | None:
        """What the running daemon announced; None where none runs (what a killed one left does
        not count)."""
        if not self.is_running():
            return None
        try:
            with open(self._daemon) as f:
                found: dict[str, Any] = json.load(f)
        except (OSError, ValueError):
            return None  # it is just starting
        return found
