"""The execution plan as JSON, in the form that Flink's plan visualizer reads."""

from __future__ import annotations

import json
from typing import Any

from hurtig.graph.stream_graph import StreamGraph, StreamNode


def execution_plan(graph: StreamGraph) -> str:
    """JSON text with a list ``nodes``; mirrors ``StreamExecutionEnvironment.getExecutionPlan``."""
    return json.dumps({"nodes": [_node(n) for n in graph.nodes]}, indent=2)


def _node(node: StreamNode) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": node.id,
        "type": node.name,
        "pact": node.kind,
        "contents": node.description or node.name,
        "parallelism": node.parallelism,
    }
    if node.in_edges:
        entry["predecessors"] = [
            {
                "id": edge.source.id,
                "ship_strategy": edge.partitioner.name,
                "side": "first" if edge.input_index else "second",
            }
            for edge in node.in_edges
        ]
    return entry
