"""What runs in a worker process: a TaskManager with one slot, in the main thread.

Two more threads: one reads the control connection, one sends signs of life. Data connections are
the slot's own.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import pickle
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol

from hurtig.common.program_pickle import dumps_record as dumps
from hurtig.deploy import garbage
from hurtig.deploy.processes import output
from hurtig.deploy.processes.errors import portable
from hurtig.deploy.processes.place import enter
from hurtig.deploy.processes.wire import (
    HEARTBEAT,
    MESSAGE,
    READY,
    SHUTDOWN,
    ControlSocket,
    WorkerConfig,
)
from hurtig.runtime import work_directory
from hurtig.runtime.network.network import Network
from hurtig.runtime.network.slot import NetworkSlot

LINGER_SECONDS = 5.0
"""How long a worker that is told to end goes on sending what its tasks have sent."""


class WorkerTaskManager(Protocol):
    """A TaskManager as its worker sees it. Used in the main thread alone."""

    def receive(self, message: Any) -> None:
        """A message of the JobMaster."""

    def step(self) -> bool:
        """Do a bounded amount of work; whether there was any."""

    def close(self) -> None:
        """The process ends: close what runs."""


class WorkerContext:
    """What a TaskManager is made of. ``send`` takes messages for the JobMaster; any thread may
    call it."""

    def __init__(
        self,
        config: WorkerConfig,
        network: Network,
        slot: NetworkSlot,
        send: Callable[[Any], None],
    ) -> None:
        self.task_manager = config.task_manager
        self.job_id = config.job_id
        self.settings = config.settings
        self.folder = config.folder
        self.network = network
        self.slot = slot
        self.send = send


class ClientGoneError(Exception):
    """Nobody is at the other end of the control connection."""


class Worker:
    """The process's loop."""

    def __init__(self, config: WorkerConfig, control: ControlSocket) -> None:
        self._control = control
        self._ended = False
        os.makedirs(config.folder, mode=0o700, exist_ok=True)
        address = f"unix:{config.folder}/data"
        self._network = Network(config.task_manager, address, config.job_id, config.token)
        self._slot = NetworkSlot(self._network)
        context = WorkerContext(config, self._network, self._slot, self.send)
        module, _, name = config.task_manager_factory.partition(":")
        self._task_manager: WorkerTaskManager = getattr(importlib.import_module(module), name)(
            context
        )
        self._interval = config.heartbeat_seconds

    def run(self) -> None:
        """Until the client says so or is gone."""
        self._control.send(READY, self._network.address.encode())
        for target in (self._read, self._beat):
            threading.Thread(target=target, name=f"worker{target.__name__}", daemon=True).start()
        try:
            while not self._ended:
                if not self._task_manager.step():
                    self._slot.wait()
        finally:
            self._task_manager.close()
        self._linger()
        self._network.close()

    def _linger(self) -> None:
        deadline = self._slot.now() + LINGER_SECONDS * 1000
        while self._network.unsent and self._slot.now() < deadline:
            self._network.poll(0.1)

    def send(self, message: Any) -> None:
        """To the JobMaster. Raises what cannot be pickled."""
        try:
            self._control.send(MESSAGE, dumps(portable(message)))
        except OSError:
            self._slot.submit(self._end)

    def _end(self) -> None:
        self._ended = True

    def _read(self) -> None:
        while (received := self._control.receive()) is not None:
            kind, payload = received
            if kind == SHUTDOWN:
                break
            if kind == MESSAGE:
                self._slot.submit(lambda data=payload: self._deliver(data))  # type: ignore[misc]
        self._slot.submit(self._end)

    def _deliver(self, data: bytes) -> None:
        # Here and not in the thread that reads: it may need classes of an earlier message.
        self._task_manager.receive(pickle.loads(data))

    def _beat(self) -> None:
        pause = threading.Event()
        try:
            while not pause.wait(self._interval):
                self._control.send(HEARTBEAT)
        except OSError:
            pass  # the other thread finds out as well


def run(config: WorkerConfig, control: int, stdout: int, stderr: int) -> int:
    """The whole life of a worker; the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output.install(stdout, stderr, config.output_lock)
    faulthandler.enable(2)
    enter(config.place)
    garbage.tune()
    work_directory.use(config.folder)
    # Open until the process ends: its end is what the client takes for that.
    Worker(config, ControlSocket(socket.socket(fileno=control))).run()
    return 0
