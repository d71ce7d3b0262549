"""How much of a channel may be in flight."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple


class Window(NamedTuple):
    """Messages, records and bytes that a sender may have sent and its reader not yet taken.

    The last message may go beyond it: a batch that is larger than the window must pass, too.
    """

    messages: int
    records: int
    bytes: int


DEFAULT_WINDOW = Window(256, 1 << 14, 1 << 22)

_FORMAT = Struct("<QQQ")


def pack(window: Window) -> bytes:
    """Credit as the payload of a frame."""
    return _FORMAT.pack(*window)


def unpack(payload: bytes | bytearray) -> Window:
    """The credit again."""
    return Window(*_FORMAT.unpack(payload))
