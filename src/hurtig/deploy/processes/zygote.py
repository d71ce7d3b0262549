"""A process that has imported the runtime and forks workers on request: a fork takes
milliseconds, a start of Python with all imports some hundred.

It has one thread. It ends, and its workers with it, when the client's end of its socket closes,
which happens however the client ends.
"""

from __future__ import annotations

import gc
import os
import select
import shutil
import signal
import socket
import sys
from typing import Any, NamedTuple

from hurtig.deploy.processes.wire import WorkerConfig, receive_request, send_request

PRELOADED = (
    "cloudpickle",
    "hurtig.datastream",
    "hurtig.common.coercion",
    "hurtig.common.serializers",
    "hurtig.deploy.processes.worker",
    "hurtig.deploy.processes.worker_task_manager",
    "hurtig.graph.codegen.generate",
    "hurtig.operators.sink_operator",
    "hurtig.runtime.deployment_state",
    "hurtig.state.backends.heap",
    "msgspec.msgpack",
)

_PR_SET_PDEATHSIG = 1


class Fork(NamedTuple):
    """Start a worker; with it come its control connection, stdout and stderr."""

    number: int
    config: WorkerConfig


class Kill(NamedTuple):
    """Send a signal to a worker, if it still runs."""

    number: int
    signal: int


class Folder(NamedTuple):
    """Remove this folder when the client is gone."""

    path: str


class Forked(NamedTuple):
    """The worker runs."""

    number: int
    pid: int


class Exited(NamedTuple):
    """The worker has ended; ``code`` as of ``os.waitstatus_to_exitcode``."""

    number: int
    code: int


def main(fd: int) -> None:
    """Serve the client until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the client's to handle
    Zygote(socket.socket(fileno=fd)).serve()


class Zygote:
    """Forks, and tells what became of it."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._workers: dict[int, int] = {}
        """Pid -> number."""
        self._folders: set[str] = set()

    def serve(self) -> None:
        """Until the client is gone."""
        preload()
        wake, signalled = socket.socketpair()
        wake.setblocking(False)
        signalled.setblocking(False)
        self._inherited = [self._client, wake, signalled]
        signal.set_wakeup_fd(signalled.fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        try:
            while True:
                ready, _, _ = select.select([self._client, wake], [], [])
                if wake in ready:
                    wake.recv(4096)
                    self._reap()
                if self._client in ready:
                    request = receive_request(self._client)
                    if request is None:
                        return
                    self._handle(*request)
        finally:
            self._end()

    def _handle(self, request: Any, fds: list[int]) -> None:
        if isinstance(request, Fork):
            self._fork(request, fds)
        elif isinstance(request, Kill):
            for pid, number in self._workers.items():
                if number == request.number:
                    os.kill(pid, request.signal)
        elif isinstance(request, Folder):
            self._folders.add(request.path)

    def _fork(self, request: Fork, fds: list[int]) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self._become_worker(parent)
                from hurtig.deploy.processes.worker import run

                code = run(request.config, *fds)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                _leave(code)
        for fd in fds:
            os.close(fd)
        self._workers[pid] = request.number
        self._tell(Forked(request.number, pid))

    def _become_worker(self, parent: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for sock in self._inherited:
            sock.close()
        die_with_parent()
        if os.getppid() != parent:  # it was gone before we could say so
            os._exit(1)

    def _reap(self) -> None:
        while self._workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._workers.pop(pid, None)
            if number is not None:
                self._tell(Exited(number, os.waitstatus_to_exitcode(status)))

    def _tell(self, message: Any) -> None:
        try:
            send_request(self._client, message, [])
        except OSError:
            pass  # the next look at the socket finds its end

    def _end(self) -> None:
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)
        for pid in self._workers:
            os.waitpid(pid, 0)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)


def preload() -> None:
    """Import what workers need; what is missing they import, or miss, by themselves."""
    import importlib

    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    gc.collect()
    gc.freeze()


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that forked it ends (Linux only; elsewhere
    the end of the control connection must do)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave(code: int) -> None:
    """End a worker without what the zygote would do at its end."""
    import atexit

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    try:
        atexit._run_exitfuncs()
    finally:
        os._exit(code)
