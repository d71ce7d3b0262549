"""The stream graph: operators and edges as the program wrote them, before chaining."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.graph.partitioner import (
    ForwardPartitioner,
    Partitioner,
    RebalancePartitioner,
)
from hurtig.graph.transformation import (
    CacheTransformation,
    OperatorTransformation,
    PartitionTransformation,
    SideOutputTransformation,
    SourceTransformation,
    Transformation,
    UnionTransformation,
)

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class StreamNode:
    """One operator or source with its settings resolved."""

    def __init__(self, transformation: Transformation, uid: str) -> None:
        t = transformation
        self.id = t.id
        self.name = t.name
        self.kind = t.kind
        self.uid = uid
        self.description = t.description
        self.parallelism = 1 if t.non_parallel else t.parallelism
        self.max_parallelism = t.max_parallelism
        self.slot_sharing_group = t.slot_sharing_group
        self.chaining = t.chaining
        self.buffer_timeout = t.buffer_timeout
        self.output_type: TypeInformation | None = t.output_type
        self.error_policy = t.error_policy
        self.operator: Any = getattr(t, "operator", None)
        self.source: Any = getattr(t, "source", None)
        self.watermark_strategy: Any = getattr(t, "watermark_strategy", None)
        self.is_sink = bool(getattr(t, "is_sink", False))
        self.side_types: dict[str, TypeInformation] = {}
        """Declared types of its side outputs, by tag."""
        self.in_edges: list[StreamEdge] = []
        self.out_edges: list[StreamEdge] = []

    def declare_side_output(self, tag_id: str, type_info: TypeInformation) -> None:
        """The type of a side output. ``ProgramError`` where another one was declared before."""
        known = self.side_types.setdefault(tag_id, type_info)
        if known != type_info:
            raise ProgramError(
                f"the side output {tag_id!r} of {self.name!r} is read as {known} and as "
                f"{type_info}: use one OutputTag for both"
            )


class StreamEdge:
    """From one node to an input of another, possibly through a side output."""

    def __init__(
        self,
        source: StreamNode,
        target: StreamNode,
        partitioner: Partitioner,
        input_index: int,
        tag_id: str | None,
    ) -> None:
        self.source = source
        self.target = target
        self.partitioner = partitioner
        self.input_index = input_index
        self.tag_id = tag_id


class StreamGraph:
    """All nodes in the order of the program, and the job's settings."""

    def __init__(self, job_name: str, nodes: list[StreamNode], settings: dict[str, str]) -> None:
        self.job_name = job_name
        self.nodes = nodes
        self.settings = settings


class _Builder:
    """Walks the transformations once, inputs first."""

    def __init__(self) -> None:
        self.nodes: dict[int, StreamNode] = {}
        self._uids: dict[str, Transformation] = {}
        self._derived: dict[str, int] = {}

    def visit(self, t: Transformation) -> list[tuple[StreamNode, Partitioner | None, str | None]]:
        """The nodes whose records ``t`` stands for, each with partitioner and side-output tag."""
        if isinstance(t, PartitionTransformation):
            return [(n, t.partitioner, tag) for n, _, tag in self.visit(t.inputs[0])]
        if isinstance(t, SideOutputTransformation):
            nodes = self.visit(t.inputs[0])
            if t.output_type is not None:
                for node, _, _ in nodes:
                    node.declare_side_output(t.tag_id, t.output_type)
            return [(node, p, t.tag_id) for node, p, _ in nodes]
        if isinstance(t, UnionTransformation):
            return [entry for i in t.inputs for entry in self.visit(i)]
        if isinstance(t, CacheTransformation):
            return self.visit(t.kept or t.inputs[0])
        if t.id not in self.nodes:
            self._add(t)
        return [(self.nodes[t.id], None, None)]

    def _add(self, t: Transformation) -> None:
        if not isinstance(t, (SourceTransformation, OperatorTransformation)):
            raise TypeError(f"{type(t).__name__} cannot be planned")
        inputs = [self.visit(i) for i in t.inputs]
        node = StreamNode(t, self._uid(t, inputs))
        self.nodes[t.id] = node
        for index, entries in enumerate(inputs):
            for source, partitioner, tag in entries:
                edge = StreamEdge(
                    source, node, _default_partitioner(source, node, partitioner), index, tag
                )
                source.out_edges.append(edge)
                node.in_edges.append(edge)
        groups = {edge.source.slot_sharing_group for edge in node.in_edges}
        if node.slot_sharing_group is None and len(groups) == 1:
            node.slot_sharing_group = groups.pop()  # inherited, as in Flink

    def _uid(self, t: Transformation, inputs: list[Any]) -> str:
        """The user's uid, or one derived from the operator's name and what it reads: it stays
        the same when unrelated parts of the program change."""
        if t.uid_hash:
            return t.uid_hash
        if t.uid is not None:
            other = self._uids.get(t.uid)
            if other is not None:
                raise ProgramError(
                    f"two operators have the uid {t.uid!r}: {other.name!r} and {t.name!r}. A uid "
                    "names the state of one operator; give each its own"
                )
            self._uids[t.uid] = t
            return hashlib.md5(t.uid.encode()).hexdigest()
        parts = [t.kind, t.name]
        parts += [f"{n.uid}/{p}/{tag}" for entries in inputs for n, p, tag in entries]
        base = "|".join(parts)
        nth = self._derived.get(base, 0)
        self._derived[base] = nth + 1
        return hashlib.md5(f"{base}#{nth}".encode()).hexdigest()


def _default_partitioner(
    source: StreamNode, target: StreamNode, partitioner: Partitioner | None
) -> Partitioner:
    same = source.parallelism == target.parallelism
    if partitioner is None:
        return ForwardPartitioner() if same else RebalancePartitioner()
    if isinstance(partitioner, ForwardPartitioner) and not same:
        raise ProgramError(
            "forward() needs the same parallelism on both sides: "
            f"{source.name!r} has {source.parallelism}, {target.name!r} has {target.parallelism}. "
            "Use rebalance() or set the parallelism of one of them"
        )
    return partitioner


def build_stream_graph(
    sinks: list[Transformation], job_name: str, settings: dict[str, str]
) -> StreamGraph:
    """The graph of everything that leads to ``sinks``. Raises :class:`ProgramError`."""
    if not sinks:
        raise ProgramError(
            "No operators defined in streaming topology. Cannot execute: give the environment a "
            "source (from_collection, from_source …) and a sink (print, sink_to …). What an "
            "earlier execute() ran does not run again"
        )
    builder = _Builder()
    for t in sorted(sinks, key=lambda t: t.id):
        builder.visit(t)
    nodes = sorted(builder.nodes.values(), key=lambda n: n.id)
    return StreamGraph(job_name, nodes, settings)
