"""Two networks in one thread, as two TaskManagers have them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hurtig.common.typeinfo import TypeInformation
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.network.network import Network, SocketChannels
from hurtig.runtime.network.receiver import SocketReceiver
from hurtig.runtime.network.sender import SocketSender
from hurtig.runtime.network.window import DEFAULT_WINDOW, Window

KEY = ChannelId("v", 0, 0, 1)


class Pair:
    """``left`` sends to ``right``, in attempt 1."""

    def __init__(
        self,
        folder: Path,
        window: Window = DEFAULT_WINDOW,
        type_info: TypeInformation | None = None,
        tcp: bool = False,
    ) -> None:
        places = ["tcp:127.0.0.1:0"] * 2 if tcp else [f"unix:{folder}/l", f"unix:{folder}/r"]
        self.left = Network("tm-1", places[0], "job", "secret", window)
        self.right = Network("tm-2", places[1], "job", "secret", window)
        self._type = type_info
        self.senders = self.attempt(self.left, 1)
        self.receivers = self.attempt(self.right, 1)

    def attempt(self, network: Network, epoch: int) -> SocketChannels:
        addresses = {"tm-1": self.left.address, "tm-2": self.right.address}
        return network.channels(epoch, addresses, lambda id_: self._type)

    def channel(self, id_: ChannelId = KEY) -> tuple[SocketSender, SocketReceiver]:
        receiver = self.receivers.receiver(id_, "tm-1")
        sender = self.senders.sender(id_, "tm-2")
        assert isinstance(sender, SocketSender)
        assert isinstance(receiver, SocketReceiver)
        return sender, receiver

    def poll(self) -> bool:
        left = self.left.poll(0)
        return self.right.poll(0) or left

    def settle(self) -> None:
        """Until nothing moves any more."""
        while self.poll():
            pass

    def until(self, done: Callable[[], bool], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "nothing happened in time"
            self.poll()

    def take(self, receiver: SocketReceiver, count: int) -> list[Any]:
        found: list[Any] = []

        def enough() -> bool:
            while len(found) < count and (message := receiver.receive()) is not None:
                found.append(message)
            return len(found) == count

        self.until(enough)
        return found

    def close(self) -> None:
        self.left.close()
        self.right.close()


def pair_in(folder: Path, **options: Any) -> Iterator[Pair]:
    pair = Pair(folder, **options)
    yield pair
    pair.close()
