"""The declared types of what flows between vertices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.graph.job_graph import JobGraph
    from hurtig.runtime.channel_id import ChannelId


def edge_types(graph: JobGraph) -> Callable[[ChannelId], TypeInformation | None]:
    """The type of the values of each channel of a job; ``None`` where none is declared."""
    types: dict[tuple[str, int], TypeInformation | None] = {}
    for vertex in graph.vertices:
        for edge in vertex.out_edges:
            node = vertex.nodes[edge.source_node]
            declared = node.output_type if edge.tag_id is None else node.side_types.get(edge.tag_id)
            types[vertex.uid, edge.index] = declared
    return lambda id_: types[id_.source, id_.edge]
