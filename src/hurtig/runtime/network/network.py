"""All data connections of a process. Used by its slot's thread alone, but for :meth:`wake`."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hurtig.common.errors import JobExecutionError
from hurtig.runtime.channel import Channel, LocalChannel
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.network import frames as f
from hurtig.runtime.network.address import address_of, connect, listen, prepare
from hurtig.runtime.network.codec import Codec
from hurtig.runtime.network.connections import MAX_HELLO_BYTES, Hello, Incoming, Outgoing
from hurtig.runtime.network.link import Link
from hurtig.runtime.network.receiver import SocketReceiver
from hurtig.runtime.network.window import DEFAULT_WINDOW, Window

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

TypeOf = Callable[[ChannelId], "TypeInformation | None"]


class Network:
    """Takes data connections at ``address`` and makes the channels of each attempt.

    A connection is served when its attempt is deployed here, waits when the attempt is newer than
    all that were, and is refused otherwise: that is how zombies are kept out.
    """

    def __init__(
        self,
        task_manager: str,
        address: str,
        job_id: str,
        token: str,
        window: Window = DEFAULT_WINDOW,
    ) -> None:
        self.task_manager = task_manager
        self.job_id = job_id
        self.token = token
        self.window = window
        self.selector = selectors.DefaultSelector()
        self._listener = listen(address)
        self._listener.setblocking(False)
        self.address = address_of(self._listener)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.selector.register(self._listener, selectors.EVENT_READ, None)
        self.selector.register(self._woken, selectors.EVENT_READ, None)
        self._attempts: dict[int, SocketChannels] = {}
        self._newest = 0
        self._closed = False
        self._parked: list[Incoming] = []
        self._leaving: list[Outgoing] = []

    # -- the loop -----------------------------------------------------------------------------

    def poll(self, seconds: float) -> bool:
        """Handle what the connections have, waiting for it up to ``seconds``; whether there was
        anything."""
        events = self.selector.select(seconds)
        for key, mask in events:
            link: Link | None = key.data
            if link is not None:
                if mask & selectors.EVENT_WRITE:
                    link.writable()
                if mask & selectors.EVENT_READ:
                    link.readable()
            elif key.fileobj is self._woken:
                self._drain_wakeups()
            else:
                self._accept()
        if self._leaving:
            self._close_sent()
        return bool(events)

    def wake(self) -> None:
        """End a :meth:`poll` that waits; safe from any thread."""
        try:
            self._waker.send(b"\0")
        except OSError:
            pass  # there are enough wakeups, or nobody polls any more

    def _drain_wakeups(self) -> None:
        try:
            self._woken.recv(4096)
        except BlockingIOError:
            pass

    # -- connections --------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return  # gone before it was taken
        prepare(sock)
        incoming = Incoming(self._greeted)
        incoming.link = Link(sock, self.selector, incoming.handle, self._incoming_lost)
        incoming.link.reader.limit = MAX_HELLO_BYTES
        incoming.link.owner = incoming

    def _greeted(self, incoming: Incoming, hello: Hello) -> None:
        assert incoming.link is not None
        reason = hello.refusal(self.job_id, self.token)
        if reason is not None:
            incoming.refuse(reason)
            return
        incoming.link.reader.limit = None
        attempt = self._attempts.get(hello.epoch)
        if attempt is not None:
            attempt.adopt(incoming)
        elif hello.epoch > self._newest:
            self._parked.append(incoming)
        else:
            incoming.refuse(f"attempt {hello.epoch} is over, this is {self._newest}")

    def _incoming_lost(self, link: Link) -> None:
        incoming = link.owner
        assert isinstance(incoming, Incoming)
        if incoming in self._parked:
            self._parked.remove(incoming)
        incoming.lost(link)

    def connect(self, task_manager: str, address: str, epoch: int) -> Outgoing:
        """A connection for the channels of an attempt. Raises ``JobExecutionError``."""
        try:
            sock = connect(address)
        except OSError as error:
            raise JobExecutionError(
                f"{self.task_manager} cannot reach {task_manager} at {address}: {error}"
            ) from None
        prepare(sock)
        outgoing = Outgoing(task_manager)
        outgoing.link = Link(sock, self.selector, outgoing.handle, outgoing.lost)
        hello = Hello(self.job_id, epoch, self.task_manager, self.token)
        outgoing.link.write(f.frame(0, f.HELLO, hello.pack()))
        return outgoing

    # -- attempts -----------------------------------------------------------------------------

    def channels(self, epoch: int, addresses: Mapping[str, str], type_of: TypeOf) -> SocketChannels:
        """The channels of an attempt: ``addresses`` of its TaskManagers, ``type_of`` the values
        of a channel."""
        attempt = SocketChannels(self, epoch, addresses, type_of)
        self._attempts[epoch] = attempt
        self._newest = max(self._newest, epoch)
        parked, self._parked = self._parked, []
        for incoming in parked:
            assert incoming.hello is not None
            self._greeted(incoming, incoming.hello)
        return attempt

    def closed(self, attempt: SocketChannels, outgoing: list[Outgoing]) -> None:
        """An attempt is over; what it has not sent yet is still sent."""
        self._attempts.pop(attempt.epoch, None)
        self._leaving += outgoing
        self._close_sent()

    def _close_sent(self) -> None:
        for outgoing in self._leaving:
            outgoing.close_when_sent()
        self._leaving = [o for o in self._leaving if o.unsent]

    @property
    def unsent(self) -> bool:
        """Whether attempts that are over have something to send."""
        return bool(self._leaving)

    def close(self) -> None:
        """End all connections and take no more."""
        if self._closed:
            return
        self._closed = True
        for key in list(self.selector.get_map().values()):
            if isinstance(key.data, Link):
                key.data.close()
        for sock in (self._listener, self._woken, self._waker):
            sock.close()
        self.selector.close()
        if self.address.startswith("unix:"):
            try:
                os.unlink(self.address.removeprefix("unix:"))
            except OSError:
                pass


class SocketChannels:
    """The channels of one attempt, a :class:`hurtig.runtime.channel_provider.ChannelProvider`;
    those within this process are local ones."""

    def __init__(
        self, network: Network, epoch: int, addresses: Mapping[str, str], type_of: TypeOf
    ) -> None:
        self.epoch = epoch
        self._network = network
        self._addresses = addresses
        self._type_of = type_of
        self._local: dict[ChannelId, LocalChannel] = {}
        self._outgoing: dict[str, Outgoing] = {}
        self._incoming: list[Incoming] = []
        self._receivers: dict[ChannelId, SocketReceiver] = {}
        self.when_closed: Callable[[], None] = lambda: None

    def sender(self, id_: ChannelId, task_manager: str) -> Channel:
        """The end that sends to a reader on ``task_manager``. Raises ``JobExecutionError`` where
        that cannot be reached."""
        if task_manager == self._network.task_manager:
            return self._local.setdefault(id_, LocalChannel())
        outgoing = self._outgoing.get(task_manager)
        if outgoing is None:
            address = self._addresses[task_manager]
            outgoing = self._network.connect(task_manager, address, self.epoch)
            self._outgoing[task_manager] = outgoing
        return outgoing.open(id_, Codec(self._type_of(id_)))

    def receiver(self, id_: ChannelId, task_manager: str) -> Channel:
        """The end that receives from a sender on ``task_manager``."""
        if task_manager == self._network.task_manager:
            return self._local.setdefault(id_, LocalChannel())
        receiver = SocketReceiver(Codec(self._type_of(id_)), self._network.window)
        self._receivers[id_] = receiver
        for incoming in self._incoming:
            incoming.created(id_)
        return receiver

    def adopt(self, incoming: Incoming) -> None:
        """A connection of this attempt."""
        self._incoming.append(incoming)
        incoming.serve(self._receivers.get)

    def close(self) -> None:
        """The attempt is over. What its senders hold still goes out while its readers are there;
        what was not received is dropped."""
        for incoming in self._incoming:
            assert incoming.link is not None
            incoming.link.close()
        self._network.closed(self, list(self._outgoing.values()))
        self._outgoing = {}
        self._local.clear()
        self.when_closed()
