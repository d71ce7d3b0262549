"""Where the channels of a deployment come from."""

from __future__ import annotations

from typing import Protocol

from hurtig.runtime.channel import Channel, LocalChannel
from hurtig.runtime.channel_id import ChannelId


class ChannelProvider(Protocol):
    """Makes the ends of the channels of one attempt."""

    def sender(self, id_: ChannelId, task_manager: str) -> Channel:
        """The end that sends to a reader on ``task_manager``."""

    def receiver(self, id_: ChannelId, task_manager: str) -> Channel:
        """The end that receives from a sender on ``task_manager``."""

    def close(self) -> None:
        """The attempt is over."""


class LocalChannels:
    """Both ends are in this process, and the same object."""

    def __init__(self) -> None:
        self._channels: dict[ChannelId, Channel] = {}

    def sender(self, id_: ChannelId, task_manager: str) -> Channel:
        return self._channel(id_)

    def receiver(self, id_: ChannelId, task_manager: str) -> Channel:
        return self._channel(id_)

    def _channel(self, id_: ChannelId) -> Channel:
        channel = self._channels.get(id_)
        if channel is None:
            channel = self._channels[id_] = LocalChannel()
        return channel

    def close(self) -> None:
        self._channels.clear()
