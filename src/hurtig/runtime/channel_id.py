"""What a channel is called in a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobEdge, JobGraph


class ChannelId(NamedTuple):
    """One sender and one reader of an edge. Channels of two runs are the same if all is equal."""

    source: str
    """Uid of the sending vertex: that of its head."""
    edge: int
    """Index of the edge among those that leave the sending vertex."""
    sender: int
    """Subtask."""
    reader: int
    """Subtask."""
    senders: int = 1
    """Parallelism of the sending vertex."""
    readers: int = 1
    """Parallelism of the reading vertex."""


def channel_id(graph: JobGraph, edge: JobEdge, sender: int, reader: int) -> ChannelId:
    """The name of the channel between two subtasks."""
    source = graph.vertices[edge.source_vertex]
    readers = graph.vertices[edge.target_vertex].parallelism
    return ChannelId(source.nodes[0].uid, edge.index, sender, reader, source.parallelism, readers)
