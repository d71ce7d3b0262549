"""The worker processes of this process: one thread talks to all of them, and to the zygote.

Everything here but :class:`ProcessPool` runs in that thread.
"""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from hurtig.deploy.processes.output import Pump, inherits
from hurtig.deploy.processes.wire import (
    HEARTBEAT,
    MESSAGE,
    READY,
    SHUTDOWN,
    WorkerConfig,
    receive_request,
)
from hurtig.deploy.processes.zygote import Exited, Fork, Forked, Kill
from hurtig.deploy.processes.zygote_process import ZygoteProcess
from hurtig.runtime.network.frames import frame
from hurtig.runtime.network.link import Link

TICK_SECONDS = 0.2
BUSY_FACTOR = 6
"""So many times longer may a worker be silent that computes all the time: Python code of others
cannot run while a C function holds the GIL."""
OUTPUT_SECONDS = 2.0
"""How long after its end the output of a worker is awaited: a process of its own may hold it."""
EXIT_NOTICE_SECONDS = 0.5
"""How long after the end of a control connection the zygote may take to say why."""


class WorkerCallbacks:
    """Whom to tell of a worker; called in the pool's thread."""

    def ready(self, address: str) -> None:
        """It runs, and takes data connections at ``address``."""

    def message(self, data: bytes) -> None:
        """It sent a pickled message."""

    def lost(self, reason: str) -> None:
        """It is gone though nobody asked for that; nothing comes after."""

    def ended(self) -> None:
        """It has ended, as asked or not, and all that it printed was passed on."""


class WorkerHandle:
    """A worker as the pool knows it."""

    def __init__(self, number: int, config: WorkerConfig, callbacks: WorkerCallbacks) -> None:
        self.number = number
        self.config = config
        self.callbacks = callbacks
        self.pid: int | None = None
        self.link: Link | None = None
        self.last_heard = time.monotonic()
        self.timeout = 5.0
        self.stopping_since: float | None = None
        self.grace = 0.0
        self.silent_since: float | None = None
        """When the connection ended."""
        self.exit_code: int | None = None
        self.verdict = ""
        """Why the pool killed it."""
        self.told = False
        self.pumps = 0


class ProcessPool:
    """Starts, reaches and stops workers; all methods may be called from any thread."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        for sock in (self._woken, self._waker):
            sock.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ, self._drain)
        self._zygote: ZygoteProcess | None = None
        self._workers: dict[int, WorkerHandle] = {}
        self._numbers = count(1)
        self._last_tick = time.monotonic()
        self._closed = False
        self.folder = tempfile.mkdtemp(prefix="hurtig-")
        """For the sockets and files of workers; removed when this process ends."""
        self._thread = threading.Thread(target=self._run, name="hurtig-workers", daemon=True)
        self._thread.start()

    # -- from any thread ----------------------------------------------------------------------

    def start(
        self, config: WorkerConfig, callbacks: WorkerCallbacks, timeout: float
    ) -> WorkerHandle:
        """Start a worker; silence of ``timeout`` seconds means that it is dead."""
        worker = WorkerHandle(next(self._numbers), config, callbacks)
        worker.timeout = timeout
        self._call(lambda: self._start(worker))
        return worker

    def send(self, worker: WorkerHandle, data: bytes) -> None:
        """A pickled message, in order; dropped where the worker is gone."""
        self._call(lambda: self._write(worker, frame(0, MESSAGE, data)))

    def stop(self, worker: WorkerHandle, grace: float) -> None:
        """Let a worker end; by force after ``grace`` seconds."""
        self._call(lambda: self._stop(worker, grace))

    def kill(self, worker: WorkerHandle, reason: str) -> None:
        """End a worker at once; ``reason`` is what its loss is put down to."""
        self._call(lambda: self._kill(worker, reason))

    def close(self, patience: float = 10.0) -> None:
        """End all workers, the zygote and the thread."""
        if self._closed:
            return
        self._closed = True
        self._call(lambda: None)
        self._thread.join(patience)
        shutil.rmtree(self.folder, ignore_errors=True)

    def abandon(self) -> None:
        """In a forked child: what belongs to the parent is closed here, and stays there."""
        self._closed = True
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
            else:
                key.fileobj.close()  # type: ignore[attr-defined]
        self._waker.close()
        if self._zygote is not None:
            self._zygote.abandon()

    def _call(self, work: Callable[[], None]) -> None:
        self._calls.put(work)
        try:
            self._waker.send(b"\0")
        except OSError:
            pass  # it will wake up anyway, or has ended

    # -- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed or self._workers:
            for key, mask in self._selector.select(TICK_SECONDS):
                if isinstance(key.data, Link):
                    if mask & selectors.EVENT_WRITE:
                        key.data.writable()
                    if mask & selectors.EVENT_READ:
                        key.data.readable()
                else:
                    key.data()
            while True:
                try:
                    work = self._calls.get(block=False)
                except Empty:
                    break
                work()
            now = time.monotonic()
            if now - self._last_tick >= TICK_SECONDS or self._closed:
                self._tick(now)
        if self._zygote is not None:
            self._zygote.close()
        for sock in (self._woken, self._waker):
            sock.close()
        self._selector.close()

    def _drain(self) -> None:
        try:
            self._woken.recv(4096)
        except BlockingIOError:
            pass

    def _tick(self, now: float) -> None:
        # After a pause of all processes (Ctrl-Z, a laptop that slept) nobody is to blame.
        paused = now - self._last_tick > TICK_SECONDS + 1
        self._last_tick = now
        for worker in list(self._workers.values()):
            if paused:
                worker.last_heard = now
            if worker.silent_since is not None:
                if now - worker.silent_since > EXIT_NOTICE_SECONDS:
                    self._gone(worker)
                if now - worker.silent_since > OUTPUT_SECONDS:
                    self._end(worker)
            elif worker.stopping_since is not None:
                if now - worker.stopping_since > worker.grace:
                    self._signal(worker)
            elif self._closed:
                self._stop(worker, 0.5)
            else:
                self._check_alive(worker, now - worker.last_heard)

    def _check_alive(self, worker: WorkerHandle, silence: float) -> None:
        if silence <= worker.timeout:
            return
        state = process_state(worker.pid)
        if state not in _WORKING or silence > BUSY_FACTOR * worker.timeout:
            explanation = f": it is {_STATES[state]}" if state in _STATES else ""
            self._kill(worker, f"no sign of life for {silence:.1f} s{explanation}")

    # -- workers ------------------------------------------------------------------------------

    def _start(self, worker: WorkerHandle) -> None:
        self._workers[worker.number] = worker
        ours, theirs = socket.socketpair()
        outputs: list[int] = []
        try:
            zygote = self._zygote_now()
            worker.link = Link(
                ours,
                self._selector,
                lambda link, channel, kind, payload: self._frame(worker, kind, payload),
                lambda link: self._connection_ended(worker),
            )
            ours.setblocking(False)
            outputs = [self._output(worker, "stdout", 1), self._output(worker, "stderr", 2)]
            zygote.request(Fork(worker.number, worker.config), [theirs.fileno(), *outputs])
        except OSError as error:
            worker.verdict = f"it could not be started: {error}"
            worker.exit_code = -1
            if worker.link is None:
                ours.close()
                self._connection_ended(worker)
        finally:
            theirs.close()
            for fd in outputs:
                os.close(fd)

    def _output(self, worker: WorkerHandle, name: str, fd: int) -> int:
        import sys

        if inherits(getattr(sys, name), getattr(sys, f"__{name}__"), fd):
            return os.dup(fd)
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        pump = Pump(ours, name)
        worker.pumps += 1
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._pump(worker, pump))
        return theirs

    def _pump(self, worker: WorkerHandle, pump: Pump) -> None:
        if not pump.readable():
            self._selector.unregister(pump.fd)
            os.close(pump.fd)
            worker.pumps -= 1
            self._check_ended(worker)

    def _zygote_now(self) -> ZygoteProcess:
        if self._zygote is None:
            self._zygote = ZygoteProcess(self.folder)
            self._selector.register(self._zygote.sock, selectors.EVENT_READ, self._news)
        return self._zygote

    def _news(self) -> None:
        zygote = self._zygote
        assert zygote is not None
        received = receive_request(zygote.sock)
        if received is None:  # its workers end with it: their connections tell
            self._selector.unregister(zygote.sock)
            zygote.close()
            self._zygote = None
            return
        message: Any = received[0]
        worker = self._workers.get(message.number)
        if worker is None:
            return
        if isinstance(message, Forked):
            worker.pid = message.pid
            worker.last_heard = time.monotonic()
        elif isinstance(message, Exited):
            worker.exit_code = message.code
            if worker.silent_since is not None:
                self._gone(worker)

    def _frame(self, worker: WorkerHandle, kind: int, payload: bytes | bytearray) -> None:
        worker.last_heard = time.monotonic()
        if kind == MESSAGE:
            worker.callbacks.message(bytes(payload))
        elif kind == READY:
            worker.callbacks.ready(bytes(payload).decode())
        else:
            assert kind == HEARTBEAT

    def _write(self, worker: WorkerHandle, data: bytes) -> None:
        if worker.link is not None and worker.stopping_since is None:
            worker.link.write(data)

    def _stop(self, worker: WorkerHandle, grace: float) -> None:
        if worker.stopping_since is None and worker.number in self._workers:
            self._write(worker, frame(0, SHUTDOWN))
            worker.stopping_since = time.monotonic()
            worker.grace = grace

    def _kill(self, worker: WorkerHandle, reason: str) -> None:
        if worker.number in self._workers and not worker.verdict:
            worker.verdict = reason
            self._signal(worker)

    def _signal(self, worker: WorkerHandle) -> None:
        import signal

        if self._zygote is not None:
            try:
                self._zygote.request(Kill(worker.number, signal.SIGKILL), [])
            except OSError:
                pass  # the zygote is gone, and the worker with it

    def _connection_ended(self, worker: WorkerHandle) -> None:
        worker.silent_since = time.monotonic()
        if worker.exit_code is not None:
            self._gone(worker)

    def _gone(self, worker: WorkerHandle) -> None:
        if worker.told:
            return
        worker.told = True
        if worker.exit_code is None:  # it closed its connection and goes on
            self._signal(worker)
        if worker.stopping_since is None:
            worker.callbacks.lost(worker.verdict or _how(worker.exit_code))
        self._check_ended(worker)

    def _check_ended(self, worker: WorkerHandle) -> None:
        if worker.told and not worker.pumps:
            self._end(worker)

    def _end(self, worker: WorkerHandle) -> None:
        if self._workers.pop(worker.number, None) is not None:
            shutil.rmtree(worker.config.folder, ignore_errors=True)
            worker.callbacks.ended()


def _how(exit_code: int | None) -> str:
    if exit_code is None:
        return "it closed its connection"
    if exit_code < 0:
        import signal

        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"its process was killed by {name}{hint}"
    return f"its process ended with exit code {exit_code}"


_STATES = {"T": "stopped", "D": "waiting for a disk", "R": "busy, in code that holds the GIL"}
_WORKING = ("D", "R")


def process_state(pid: int | None) -> str:
    """What the kernel says of a process that does not say anything itself; empty where that is
    not known (it tells on Linux only)."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
