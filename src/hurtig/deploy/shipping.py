"""What is done with a job graph in the program before it is shipped to other processes."""

from __future__ import annotations

from collections.abc import Iterator

from hurtig.connectors.sink import Sink
from hurtig.graph.job_graph import ChainNode, JobGraph


def sinks_of(graph: JobGraph) -> Iterator[tuple[ChainNode, Sink]]:
    """The sinks of a job and the nodes in which they are."""
    for vertex in graph.vertices:
        for node in vertex.nodes:
            sink = getattr(node.operator, "sink", None)
            if isinstance(sink, Sink):
                yield node, sink


def before_shipping(graph: JobGraph) -> None:
    """Sinks that hand records back to this program are told that they run elsewhere."""
    for _, sink in sinks_of(graph):
        sink.before_shipping()
