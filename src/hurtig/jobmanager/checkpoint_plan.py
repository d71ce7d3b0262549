"""The vertices of a job graph as the checkpoint coordinator sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.checkpoint.plan import PlanOperator, PlanVertex, Upstream
from hurtig.graph.partitioner import ForwardPartitioner

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobGraph


def plan_vertices(graph: JobGraph) -> list[PlanVertex]:
    """For :func:`hurtig.checkpoint.plan.create_plan`; to be taken anew when a restore has changed
    a maximum parallelism."""
    return [
        PlanVertex(
            vertex.index,
            vertex.name,
            vertex.parallelism,
            vertex.max_parallelism,
            tuple(PlanOperator(node.uid, node.name) for node in vertex.nodes),
            tuple(
                Upstream(edge.source_vertex, isinstance(edge.partitioner, ForwardPartitioner))
                for edge in vertex.in_edges
            ),
        )
        for vertex in graph.vertices
    ]
