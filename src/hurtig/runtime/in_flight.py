"""Records that an unaligned barrier has passed: stored with the checkpoint, replayed after it.

Layout of the bytes: a container as of ``hurtig.state.snapshot`` whose header names the channels;
each blob is a pickled list of plain tuples (batches) and ints (watermarks).
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from typing import Any

from hurtig.messages import RowBatch, Watermark
from hurtig.runtime.channel_id import ChannelId
from hurtig.state.codec import encode
from hurtig.state.snapshot import read_container, write_container

MAGIC = b"HFLY"

Message = RowBatch | Watermark


class InFlight:
    """What one subtask had in flight, by channel, oldest first.

    ``received``  not yet processed by this subtask; ``sent`` not yet taken by its readers.
    Idleness and barriers are left out: whoever sent them sends them anew after a restore.
    """

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.received: dict[ChannelId, list[Message]] = {}
        self.sent: dict[ChannelId, list[Message]] = {}

    @staticmethod
    def from_bytes(data: bytes) -> InFlight:
        """Read the stored form. Raises ``SnapshotFormatError``."""
        header, blobs = read_container(MAGIC, data)
        flight = InFlight()
        for (direction, *fields), blob in zip(header["channels"], blobs, strict=True):
            channels = flight.sent if direction == "sent" else flight.received
            messages = [
                Watermark(m) if isinstance(m, int) else RowBatch(*m) for m in pickle.loads(blob)
            ]
            channels.setdefault(ChannelId(*fields), []).extend(messages)
        return flight


class InFlightRecorder:
    """Collects records in flight; they are pickled at once, since those that wait are processed
    while the checkpoint is stored. Raises ``StateValueError`` for what does not pickle."""

    def __init__(self) -> None:
        self._channels: list[tuple[str, ChannelId]] = []
        self._blobs: list[bytes] = []

    def received(self, channel: ChannelId, messages: Iterable[Any]) -> None:
        """Messages that the subtask has not processed."""
        self._add("received", channel, messages)

    def sent(self, channel: ChannelId, messages: Iterable[Any]) -> None:
        """Messages that are on their way to a reader."""
        self._add("sent", channel, messages)

    def _add(self, direction: str, channel: ChannelId, messages: Iterable[Any]) -> None:
        rows: list[Any] = []
        for message in messages:
            if isinstance(message, RowBatch):
                rows.append((message.values, message.timestamps, message.keys))
            elif isinstance(message, Watermark):
                rows.append(message.timestamp)
        if rows:
            what = f"the records on their way from {channel.source!r}"
            self._blobs.append(encode(rows, None, what)[1])
            self._channels.append((direction, channel))

    def to_bytes(self) -> bytes | None:
        """The stored form; ``None`` where there is nothing."""
        if not self._blobs:
            return None
        channels = [[direction, *channel] for direction, channel in self._channels]
        return write_container(MAGIC, {"channels": channels}, self._blobs)
