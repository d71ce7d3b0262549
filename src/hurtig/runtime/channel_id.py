"""What a channel is called in a checkpoint."""

from __future__ import annotations

from typing import NamedTuple


class ChannelId(NamedTuple):
    """One sender and one reader of an edge."""

    source: str
    """Uid of the sending vertex: that of its head."""
    edge: int
    """Index of the edge in the job graph."""
    sender: int
    """Subtask."""
    reader: int
    """Subtask."""
