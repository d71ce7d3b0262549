"""The regions of a job graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.checkpoint.handles import SubtaskId
from hurtig.jobmanager.region import Region

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobGraph

STRATEGY_KEY = "jobmanager.execution.failover-strategy"


def create_regions(graph: JobGraph) -> list[Region]:
    """One region for each part of the graph that exchanges records with no other, or one for all
    where the failover strategy is ``full``."""
    from hurtig.jobmanager.failover import pipelined_regions

    indices = [vertex.index for vertex in graph.vertices]
    if graph.settings.get(STRATEGY_KEY, "region") == "full":
        groups = [frozenset(indices)] if indices else []
    else:
        edges = [(e.source_vertex, e.target_vertex) for v in graph.vertices for e in v.out_edges]
        groups = pipelined_regions(indices, edges)
    return [
        Region(
            vertices,
            [
                SubtaskId(vertex.index, subtask)
                for vertex in graph.vertices
                if vertex.index in vertices
                for subtask in range(vertex.parallelism)
            ],
        )
        for vertices in groups
    ]
