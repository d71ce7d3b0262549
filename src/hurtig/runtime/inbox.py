"""The inbox of a task: its channels, read in turn, and the watermarks that they promise."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from hurtig.messages import CheckpointBarrier
from hurtig.operators.watermark_merge import WatermarkMerge
from hurtig.runtime.channel import Channel
from hurtig.runtime.channel_id import ChannelId


class InputGate:
    """All channels of one input of the head operator.

    ``ids`` name the channels in checkpoints.
    """

    def __init__(
        self, input_index: int, channels: list[Channel], ids: list[ChannelId] | None = None
    ) -> None:
        self.input_index = input_index
        self.channels = channels
        self.ids = ids or [ChannelId("", input_index, n, 0) for n in range(len(channels))]
        self.watermarks = WatermarkMerge()
        for number in range(len(channels)):
            self.watermarks.register(number)
        self.open_channels = len(channels)
        """Those that may still bring records."""
        self.ended = [False] * len(channels)
        """Which bring no more records."""
        self.first_place = 0
        """The place of its first channel in the inbox."""


Place = tuple[InputGate, int, Channel]


class Inbox:
    """Takes messages from the channels of all gates, round robin, so that none starves.

    A *place* is the number of a channel among those of all gates.
    """

    def __init__(self, gates: list[InputGate]) -> None:
        self.gates = gates
        self.places: list[Place] = []
        for gate in gates:
            gate.first_place = len(self.places)
            self.places += [(gate, n, channel) for n, channel in enumerate(gate.channels)]
        self._read = self.places
        self._next = 0
        self._blocked: set[int] = set()
        self.urgent = False
        """Whether a priority barrier may wait in one of the channels."""
        self.announced: deque[CheckpointBarrier] = deque()
        """Barriers that wait in a channel and may become unaligned."""
        self.restored: deque[tuple[InputGate, int, Any]] = deque()
        """Messages that were in flight when a checkpoint was taken: received before all others."""
        self.recorder: Callable[[int, Any], None] | None = None
        """Is told the place and message of all that is received, those restored left out."""
        for _, _, channel in self.places:
            channel.on_barrier = self._on_barrier

    def receive(self) -> tuple[InputGate, int, Any] | None:
        """The next message with its gate and channel number; ``None`` when there is none now."""
        if self.restored:
            return self.restored.popleft()
        places = self._read
        count = len(places)
        for step in range(count):
            index = (self._next + step) % count
            gate, number, channel = places[index]
            message = channel.receive()
            if message is not None:
                self._next = (index + 1) % count
                if self.recorder is not None:
                    self.recorder(gate.first_place + number, message)
                return gate, number, message
        return None

    def block(self, place: int) -> None:
        """Read nothing more from this channel but priority barriers."""
        self._blocked.add(place)
        self._read = [p for n, p in enumerate(self.places) if n not in self._blocked]
        self._next = 0

    def unblock_all(self) -> None:
        """Read all channels again."""
        self._blocked.clear()
        self._read = self.places
        self._next = 0

    def receive_urgent(self) -> tuple[InputGate, int, Any] | None:
        """A priority barrier, also from a blocked channel; ``None`` when there is none."""
        self.urgent = False  # before looking: what comes later sets it again
        for gate, number, channel in self.places:
            if channel.urgent:
                self.urgent = True
                return gate, number, channel.receive()
        return None

    def _on_barrier(self, barrier: CheckpointBarrier) -> None:
        if not barrier.unaligned:
            self.announced.append(barrier)
        self.urgent = True

    @property
    def ended(self) -> bool:
        """Whether no channel of any gate will bring records any more."""
        return not any(gate.open_channels for gate in self.gates)
