"""What has to be restarted together after a failure. Pure functions on the edges of a graph."""

from __future__ import annotations

from collections.abc import Iterable


def pipelined_regions(
    vertices: Iterable[int], edges: Iterable[tuple[int, int]]
) -> list[frozenset[int]]:
    """The connected parts of a graph, ordered by their least vertex. Records flow along every edge
    while the job runs, so whatever is connected fails and restarts together.

    Mirrors Flink's pipelined regions; ``edges`` are pairs of vertices.
    """
    parent = {vertex: vertex for vertex in vertices}

    def root(vertex: int) -> int:
        while parent[vertex] != vertex:
            parent[vertex] = vertex = parent[parent[vertex]]
        return vertex

    for source, target in edges:
        a, b = root(source), root(target)
        parent[max(a, b)] = min(a, b)
    regions: dict[int, set[int]] = {}
    for vertex in sorted(parent):
        regions.setdefault(root(vertex), set()).add(vertex)
    return [frozenset(region) for region in regions.values()]


def vertices_to_restart(
    failed: int, vertices: Iterable[int], edges: Iterable[tuple[int, int]], strategy: str = "region"
) -> frozenset[int]:
    """The region of the failed vertex; all vertices where the strategy is ``full``
    (``jobmanager.execution.failover-strategy``)."""
    everything = frozenset(vertices)
    if strategy == "full":
        return everything
    if strategy != "region":
        raise ValueError(
            f"jobmanager.execution.failover-strategy is {strategy!r}; it takes region or full"
        )
    return next(region for region in pipelined_regions(everything, edges) if failed in region)
