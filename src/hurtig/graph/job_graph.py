"""The job graph: chains of operators (vertices) and the channels between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hurtig.graph.partitioner import CustomPartitioner, ForwardPartitioner, Partitioner
from hurtig.graph.stream_graph import StreamEdge, StreamGraph, StreamNode
from hurtig.graph.transformation import ALWAYS, NEVER

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

CHAINING_KEY = "pipeline.operator-chaining.enabled"
MAX_PARALLELISM_KEY = "pipeline.max-parallelism"


class ChainNode:
    """One operator of a chain, with all that a subtask needs to run it."""

    def __init__(self, node: StreamNode, batch_mode: bool) -> None:
        self.name = node.name
        self.uid = node.uid
        self.description = node.description
        self.operator = node.operator
        if batch_mode and self.operator is not None:
            self.operator = self.operator.for_batch()
        self.source = node.source
        self.watermark_strategy = node.watermark_strategy
        self.output_type: TypeInformation | None = node.output_type
        self.side_types = node.side_types
        self.error_policy = node.error_policy
        self.is_sink = node.is_sink


class ChainEdge:
    """From one operator of a chain to a later one; the partitioner matters for its keys only."""

    def __init__(self, source: int, target: int, partitioner: Partitioner, tag: str | None) -> None:
        self.source = source
        self.target = target
        self.partitioner = partitioner
        self.tag_id = tag


class JobEdge:
    """From an operator of one vertex to an input of the head of another."""

    def __init__(
        self,
        index: int,
        source_vertex: int,
        source_node: int,
        target_vertex: int,
        input_index: int,
        partitioner: Partitioner,
        tag_id: str | None,
        buffer_timeout: int | None = None,
    ) -> None:
        self.index = index
        self.source_vertex = source_vertex
        self.source_node = source_node
        self.target_vertex = target_vertex
        self.input_index = input_index
        self.partitioner = partitioner
        self.tag_id = tag_id
        self.buffer_timeout = buffer_timeout
        """That of the operator that sends, ms; ``None`` for the job's."""


class JobVertex:
    """A chain that runs as one task, in ``parallelism`` subtasks."""

    def __init__(self, index: int, head: StreamNode, max_parallelism: int) -> None:
        self.index = index
        self.parallelism = head.parallelism
        self.max_parallelism = max_parallelism
        self.max_parallelism_set = False
        """Whether the program says so; else a restored job keeps that of the checkpoint."""
        self.slot_sharing_group = head.slot_sharing_group
        self.nodes: list[ChainNode] = []
        self.chain_edges: list[ChainEdge] = []
        self.in_edges: list[JobEdge] = []
        self.out_edges: list[JobEdge] = []

    @property
    def name(self) -> str:
        """Names of the chained operators, as Flink writes them: ``A -> B``."""
        return " -> ".join(n.name for n in self.nodes)

    @property
    def uid(self) -> str:
        """Uid of the head of the chain."""
        return self.nodes[0].uid


class JobGraph:
    """What is shipped to the executor: picklable, with user functions inside."""

    def __init__(self, name: str, settings: dict[str, str], batch_mode: bool) -> None:
        self.name = name
        self.settings = settings
        self.batch_mode = batch_mode
        self.vertices: list[JobVertex] = []


def default_max_parallelism(parallelism: int) -> int:
    """Flink's rule: 1.5 times the parallelism, as a power of two from 128 to 32768."""
    wanted = parallelism + parallelism // 2
    return min(max(1 << max(wanted - 1, 0).bit_length(), 128), 1 << 15)


def _same_key_groups(up: StreamNode, down: StreamNode) -> bool:
    """Else their state could not go on with another parallelism, where they run apart."""
    return None in (up.max_parallelism, down.max_parallelism) or (
        up.max_parallelism == down.max_parallelism
    )


def _take_max_parallelism(vertex: JobVertex, limit: int | None) -> None:
    """What the program sets for an operator holds for all that are chained with it."""
    if limit is not None and (not vertex.nodes or not vertex.max_parallelism_set):
        vertex.max_parallelism, vertex.max_parallelism_set = limit, True


def is_chainable(edge: StreamEdge, chaining_enabled: bool) -> bool:
    """Whether the two ends of ``edge`` run in one task.

    With one subtask on both sides every distribution is the same, so those chain too; except a
    custom one, whose user function must see every record.
    """
    up, down = edge.source, edge.target
    same_place = isinstance(edge.partitioner, ForwardPartitioner) or (
        up.parallelism == 1 and not isinstance(edge.partitioner, CustomPartitioner)
    )
    return (
        chaining_enabled
        and len(down.in_edges) == 1
        and same_place
        and up.parallelism == down.parallelism
        and (up.slot_sharing_group or "default") == (down.slot_sharing_group or "default")
        and (isinstance(edge.partitioner, ForwardPartitioner) or _same_key_groups(up, down))
        and up.chaining != NEVER
        and down.chaining == ALWAYS
    )


def build_job_graph(graph: StreamGraph, batch_mode: bool) -> JobGraph:
    """Chain the stream graph."""
    job = JobGraph(graph.job_name, graph.settings, batch_mode)
    enabled = graph.settings.get(CHAINING_KEY, "true").lower() != "false"
    of_all = int(graph.settings.get(MAX_PARALLELISM_KEY, "-1"))
    place: dict[int, tuple[JobVertex, int]] = {}
    external: list[StreamEdge] = []
    for node in graph.nodes:
        chained = next((e for e in node.in_edges if is_chainable(e, enabled)), None)
        if chained is None:
            limit = default_max_parallelism(node.parallelism)
            vertex = JobVertex(len(job.vertices), node, limit)
            _take_max_parallelism(vertex, of_all if of_all > 0 else None)
            job.vertices.append(vertex)
            external += node.in_edges
        else:
            vertex, upstream = place[chained.source.id]
            vertex.chain_edges.append(
                ChainEdge(upstream, len(vertex.nodes), chained.partitioner, chained.tag_id)
            )
        place[node.id] = (vertex, len(vertex.nodes))
        _take_max_parallelism(vertex, node.max_parallelism)
        vertex.nodes.append(ChainNode(node, batch_mode))
    for edge in external:
        source, source_node = place[edge.source.id]
        target, _ = place[edge.target.id]
        job_edge = JobEdge(
            len(source.out_edges),
            source.index,
            source_node,
            target.index,
            edge.input_index,
            edge.partitioner,
            edge.tag_id,
            edge.source.buffer_timeout,
        )
        source.out_edges.append(job_edge)
        target.in_edges.append(job_edge)
    return job


def serialize(graph: JobGraph) -> bytes:
    """The graph as bytes. Raises :class:`ProgramError` naming what cannot be pickled."""
    from hurtig.graph.codegen.pickling import dumps

    try:
        return dumps(graph)
    except Exception as e:
        raise _pickling_error(graph, e) from e


def deserialize(data: bytes) -> JobGraph:
    """The graph of :func:`serialize`."""
    import pickle

    graph: JobGraph = pickle.loads(data)
    return graph


def _pickling_error(graph: JobGraph, cause: Exception) -> Exception:
    import cloudpickle

    from hurtig.common.errors import ProgramError

    for name, what, part in _parts(graph):
        try:
            cloudpickle.dumps(part)
        except Exception as e:
            return ProgramError(
                f"operator {name!r} cannot be shipped: {what} holds something that cannot be "
                f"pickled ({type(e).__name__}: {e}). Open files, locks, sockets and clients belong "
                "into open(), which runs where the operator runs"
            )
    return ProgramError(f"the job cannot be pickled: {type(cause).__name__}: {cause}")


def _parts(graph: JobGraph) -> Iterator[tuple[str, str, Any]]:
    """Operator name, what it is, and the object, for all that comes from the program."""
    for vertex in graph.vertices:
        for node in vertex.nodes:
            yield node.name, "its function", node.operator
            yield node.name, "its source", node.source
            yield node.name, "its watermark strategy", node.watermark_strategy
        edges: list[tuple[ChainNode, Partitioner]] = [
            (vertex.nodes[edge.target], edge.partitioner) for edge in vertex.chain_edges
        ]
        edges += [(vertex.nodes[0], edge.partitioner) for edge in vertex.in_edges]
        for target, partitioner in edges:
            yield target.name, "the partitioner before it", getattr(partitioner, "partition", None)
            selector = getattr(partitioner, "key_selector", None)
            yield target.name, "the key selector before it", selector
