"""A slot that reads data connections in its own thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from hurtig.runtime.slot import Slot

if TYPE_CHECKING:
    from hurtig.runtime.network.network import Network

POLL_SECONDS = 0.001
"""Time between looks at the connections of a slot that has work."""

_seconds = time.monotonic


class NetworkSignal(Event):
    """What a slot waits for: it wakes up for data as well."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self._raised = False
        self._waiting = False

    def set(self) -> None:
        self._raised = True
        if self._waiting:
            self._network.wake()

    def clear(self) -> None:
        self._raised = False

    def is_set(self) -> bool:
        return self._raised

    def wait(self, timeout: float | None = None) -> bool:
        # First the flag, then the look: whoever raises the signal in between sees the flag.
        self._waiting = True
        self._network.poll(0.0 if self._raised else timeout or 0.0)
        self._waiting = False
        return self._raised


class NetworkSlot(Slot):
    """There is no thread that reads: a switch between two threads that compute takes up to 5 ms
    in CPython, a look at the connections some microseconds."""

    def __init__(self, network: Network, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._signal = NetworkSignal(network)
        self._network = network
        self._next_poll = 0.0

    def step(self) -> bool:
        now = _seconds()
        if now >= self._next_poll:
            self._network.poll(0.0)
            self._next_poll = now + POLL_SECONDS
        return super().step()
