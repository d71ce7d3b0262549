"""Channels between simulated TaskManagers: what is sent arrives when the scheduler says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from hurtig.messages import CheckpointBarrier, RowBatch, Watermark
from hurtig.runtime.channel import Channel, LocalChannel
from hurtig.runtime.channel_id import ChannelId

CAPACITY = 8
"""Messages on their way before the sender is held back: few, so that backpressure is common."""


class SimulatedChannel(Channel):
    """Both ends of a channel, and what is on its way."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._local = LocalChannel()
        self._sent: deque[Any] = deque()
        self._urgent: deque[CheckpointBarrier] = deque()
        self._changed = changed

    # -- the sender ---------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        self._sent.append(message)

    @property
    def full(self) -> bool:
        return len(self._sent) >= CAPACITY or self._local.full

    def overtake(self, barrier: CheckpointBarrier) -> list[Any]:
        self._urgent.append(barrier)
        return [m for m in self._sent if isinstance(m, RowBatch | Watermark)]

    # -- on the way ---------------------------------------------------------------------------

    @property
    def in_transit(self) -> int:
        """How many messages may arrive."""
        return len(self._sent) + len(self._urgent)

    def deliver(self) -> None:
        """Let the next message arrive."""
        if self._urgent:
            self._local.overtake(self._urgent.popleft())
        else:
            self._local.send(self._sent.popleft())
        self._changed()

    # -- the receiver -------------------------------------------------------------------------

    def receive(self) -> Any | None:
        return self._local.receive()

    def overtaken(self) -> list[Any]:
        return self._local.overtaken()

    @property
    def urgent(self) -> bool:
        return self._local.urgent

    def promote(self, checkpoint_id: int) -> None:
        self._local.promote(checkpoint_id)

    @property
    def on_barrier(self) -> Callable[[CheckpointBarrier], None]:
        return self._local.on_barrier

    @on_barrier.setter
    def on_barrier(self, told: Callable[[CheckpointBarrier], None]) -> None:
        self._local.on_barrier = told


class SimulatedNetwork:
    """All channels between TaskManagers, by attempt."""

    def __init__(self) -> None:
        self._channels: dict[tuple[int, ChannelId], SimulatedChannel] = {}

    def channel(self, epoch: int, id_: ChannelId, changed: Callable[[], None]) -> SimulatedChannel:
        """The channel, made at the first call."""
        key = (epoch, id_)
        if key not in self._channels:
            self._channels[key] = SimulatedChannel(lambda: None)
        return self._channels[key]

    def busy(self) -> list[SimulatedChannel]:
        """Those with something on its way, in the order in which they were made."""
        return [channel for channel in self._channels.values() if channel.in_transit]

    def forget_before(self, epoch: int) -> None:
        """Attempts before this one are over, and their zombies gone."""
        for key in [key for key in self._channels if key[0] < epoch]:
            del self._channels[key]


class SimulatedChannels:
    """The channels of one deployment on one TaskManager."""

    def __init__(
        self, network: SimulatedNetwork, epoch: int, own: str, wake: Callable[[], None]
    ) -> None:
        self._network = network
        self._epoch = epoch
        self._own = own
        self._wake = wake
        self._local: dict[ChannelId, Channel] = {}

    def sender(self, id_: ChannelId, task_manager: str) -> Channel:
        if task_manager == self._own:
            return self._local.setdefault(id_, LocalChannel())
        return self._network.channel(self._epoch, id_, self._wake)

    def receiver(self, id_: ChannelId, task_manager: str) -> Channel:
        if task_manager == self._own:
            return self._local.setdefault(id_, LocalChannel())
        channel = self._network.channel(self._epoch, id_, self._wake)
        channel._changed = self._wake
        return channel

    def close(self) -> None:
        """The attempt is over: what is still on its way may arrive or not."""
