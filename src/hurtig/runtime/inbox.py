"""The inbox of a task: its channels, read in turn, and the watermarks that they promise."""

from __future__ import annotations

from typing import Any

from hurtig.operators.watermark_merge import WatermarkMerge
from hurtig.runtime.channel import Channel


class InputGate:
    """All channels of one input of the head operator."""

    def __init__(self, input_index: int, channels: list[Channel]) -> None:
        self.input_index = input_index
        self.channels = channels
        self.watermarks = WatermarkMerge()
        for number in range(len(channels)):
            self.watermarks.register(number)
        self.open_channels = len(channels)


class Inbox:
    """Takes messages from the channels of all gates, round robin, so that none starves."""

    def __init__(self, gates: list[InputGate]) -> None:
        self.gates = gates
        self._places = [
            (gate, number, channel)
            for gate in gates
            for number, channel in enumerate(gate.channels)
        ]
        self._next = 0

    def receive(self) -> tuple[InputGate, int, Any] | None:
        """The next message with its gate and channel number; ``None`` when there is none now."""
        places = self._places
        count = len(places)
        for step in range(count):
            index = (self._next + step) % count
            gate, number, channel = places[index]
            message = channel.receive()
            if message is not None:
                self._next = (index + 1) % count
                return gate, number, message
        return None

    @property
    def ended(self) -> bool:
        """Whether all channels of all gates have ended."""
        return not any(gate.open_channels for gate in self.gates)
