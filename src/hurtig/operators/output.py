"""Where an operator sends what it makes: the next operator of its chain, or the network."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hurtig.messages import RowBatch, WatermarkStatus


class Output(ABC):
    """Takes the batches and events of one operator. Mirrors Flink's ``Output``."""

    @abstractmethod
    def emit(self, batch: RowBatch) -> None:
        """Send a batch; it must not be empty and belongs to the output from now on."""

    @abstractmethod
    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        """Send a batch to the side output ``tag_id``; nothing happens where nobody reads it."""

    @abstractmethod
    def emit_watermark(self, timestamp: int) -> None:
        """Send a watermark (epoch ms) behind all that was emitted before."""

    @abstractmethod
    def emit_status(self, status: WatermarkStatus) -> None:
        """Tell the readers that this output has become idle or active."""


class CollectingOutput(Output):
    """Keeps everything in lists; the example of the contract, and what the test harness reads."""

    def __init__(self) -> None:
        self.batches: list[RowBatch] = []
        self.side: dict[str, list[RowBatch]] = {}
        self.watermarks: list[int] = []
        self.statuses: list[WatermarkStatus] = []
        self.events: list[RowBatch | int | WatermarkStatus] = []

    def emit(self, batch: RowBatch) -> None:
        self.batches.append(batch)
        self.events.append(batch)

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        self.side.setdefault(tag_id, []).append(batch)

    def emit_watermark(self, timestamp: int) -> None:
        self.watermarks.append(timestamp)
        self.events.append(timestamp)

    def emit_status(self, status: WatermarkStatus) -> None:
        self.statuses.append(status)
        self.events.append(status)
