"""What the two sides of a data connection say, and to which channels it goes.

A connection carries the channels of one attempt from one TaskManager to another: messages this
way, credit the other. It begins with HELLO; a channel begins with OPEN, and may be used when its
first credit has come, which is when the reader's side has it, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING

from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.network import frames as f
from hurtig.runtime.network.sender import SocketSender
from hurtig.runtime.network.window import unpack

if TYPE_CHECKING:
    from hurtig.runtime.network.codec import Codec
    from hurtig.runtime.network.link import Link
    from hurtig.runtime.network.receiver import SocketReceiver

MAX_HELLO_BYTES = 4096


class Hello:
    """Who connects, and for what."""

    __slots__ = ("epoch", "job_id", "task_manager", "token")

    def __init__(self, job_id: str, epoch: int, task_manager: str, token: str) -> None:
        self.job_id = job_id
        self.epoch = epoch
        self.task_manager = task_manager
        self.token = token

    def pack(self) -> bytes:
        """As the payload of a frame: read before anything is trusted, so no pickle."""
        return json.dumps([self.job_id, self.epoch, self.task_manager, self.token]).encode()

    @staticmethod
    def unpack(payload: bytes | bytearray) -> Hello:
        """The greeting again; ``ValueError`` where it is none."""
        fields = json.loads(bytes(payload))
        if not (isinstance(fields, list) and list(map(type, fields)) == [str, int, str, str]):
            raise ValueError("not a greeting")
        return Hello(*fields)

    def refusal(self, job_id: str, token: str) -> str | None:
        """Why it is not one of this job; ``None`` where it is."""
        if not compare_digest(self.token.encode(), token.encode()):
            return "its token is wrong"
        if self.job_id != job_id:
            return f"it belongs to job {self.job_id}"
        return None


class Outgoing:
    """The sending side of a connection."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.link: Link | None = None
        self.closing = False
        self._senders: list[SocketSender] = []
        self._refused = ""

    def open(self, id_: ChannelId, codec: Codec) -> SocketSender:
        """A channel more."""
        assert self.link is not None
        number = len(self._senders)
        self.link.write(f.frame(number, f.OPEN, json.dumps(id_).encode()))
        sender = SocketSender(number, codec, self.link.write)
        self._senders.append(sender)
        if self.link.closed:
            sender.lose(self._reason())
        return sender

    def handle(self, link: Link, channel: int, kind: int, payload: bytes | bytearray) -> None:
        """A frame of the reader's side."""
        if kind == f.CREDIT:
            self._senders[channel].credit(unpack(payload))
        elif kind == f.REFUSED:
            self._refused = bytes(payload).decode()

    def lost(self, link: Link) -> None:
        """The connection has ended."""
        for sender in self._senders:
            sender.lose(self._reason())

    def _reason(self) -> str:
        assert self.link is not None
        if self._refused:
            return f"{self.peer} refuses the data connection: {self._refused}"
        return f"the data connection to {self.peer} was lost: {self.link.reason}"

    @property
    def unsent(self) -> bool:
        """Whether something waits to be sent and still can be."""
        link = self.link
        return (
            link is not None
            and not link.closed
            and (link.unsent or any(sender.unsent for sender in self._senders))
        )

    def close_when_sent(self) -> None:
        """End the connection behind the last message."""
        self.closing = True
        if self.link is not None and not self.unsent:
            self.link.close()


class Incoming:
    """The receiving side of a connection."""

    def __init__(self, greeted: Callable[[Incoming, Hello], None]) -> None:
        self._greeted = greeted
        self.hello: Hello | None = None
        self.link: Link | None = None
        self._find: Callable[[ChannelId], SocketReceiver | None] | None = None
        self._opened: dict[ChannelId, int] = {}
        self._receivers: dict[int, SocketReceiver] = {}

    def handle(self, link: Link, channel: int, kind: int, payload: bytes | bytearray) -> None:
        """A frame of the sender's side."""
        if self.hello is None and kind != f.HELLO:
            raise ValueError("a connection that does not begin with a greeting")
        if kind >= f.BATCH:
            self._receivers[channel].arrived(kind, payload)
        elif kind == f.OPEN:
            id_ = ChannelId(*json.loads(bytes(payload)))
            self._opened[id_] = channel
            self._attach(id_)
        elif kind == f.HELLO and self.hello is None:
            self.hello = Hello.unpack(payload)
            self._greeted(self, self.hello)

    def serve(self, find: Callable[[ChannelId], SocketReceiver | None]) -> None:
        """The attempt is here: ``find`` gives the receiving ends that exist."""
        self._find = find
        for id_ in self._opened:
            self._attach(id_)

    def created(self, id_: ChannelId) -> None:
        """The receiving end of this channel now exists."""
        if id_ in self._opened:
            self._attach(id_)

    def _attach(self, id_: ChannelId) -> None:
        number = self._opened[id_]
        if self._find is None or number in self._receivers:
            return
        receiver = self._find(id_)
        if receiver is not None:
            assert self.link is not None
            self._receivers[number] = receiver
            receiver.attach(number, self.link.write)

    def refuse(self, reason: str) -> None:
        """Tell why, and end."""
        assert self.link is not None
        self.link.write(f.frame(0, f.REFUSED, reason.encode()))
        self.link.close()

    def lost(self, link: Link) -> None:
        """The connection has ended."""
        peer = self.hello.task_manager if self.hello is not None else "?"
        for receiver in self._receivers.values():
            receiver.lose(f"the data connection from {peer} was lost: {link.reason}")
