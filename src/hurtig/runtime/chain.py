"""Builds the operator chain of one subtask from its part of the job graph."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from hurtig.graph.codegen.fused_operator import FusedOperator
from hurtig.graph.codegen.generate import MAX_FLAT_MAPS
from hurtig.graph.codegen.pickling import dumps
from hurtig.graph.job_graph import ChainEdge, ChainNode, JobVertex
from hurtig.graph.partitioner import KeyGroupPartitioner
from hurtig.messages import RowBatch, WatermarkStatus
from hurtig.operators.contract import OperatorContext, OperatorMetrics, StreamOperator
from hurtig.operators.fusion import FLAT_MAP, FusableOperator
from hurtig.operators.output import Output
from hurtig.operators.processing_time import ProcessingTimeService
from hurtig.operators.source_operator import SourceOperator
from hurtig.runtime.keying import Keying
from hurtig.runtime.operator_context import create_operator_context
from hurtig.runtime.operator_time import OperatorTime
from hurtig.runtime.outbox import (
    ChainingOutput,
    ChannelOutput,
    KeyingOutput,
    OperatorOutput,
)
from hurtig.runtime.scoped_slot import ScopedSlot
from hurtig.runtime.subtask import JobContext, SubtaskInfo
from hurtig.runtime.type_check import TypeCheck, type_check

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class OperatorChain:
    """The operators of one subtask, wired; ``operators`` has the head first."""

    def __init__(
        self,
        vertex: JobVertex,
        info: SubtaskInfo,
        job: JobContext,
        slot: ScopedSlot,
        channel_outputs: dict[int, ChannelOutput],
    ) -> None:
        self._vertex = vertex
        self._info = info
        self._job = job
        self._slot = slot
        self._channel_outputs = channel_outputs
        self._metrics = [OperatorMetrics() for _ in vertex.nodes]
        self._contexts: dict[int, OperatorContext] = {}
        self._times: dict[int, OperatorTime] = {}
        self.operators: list[StreamOperator] = []
        self.contexts: list[OperatorContext] = []
        self._build(0)
        self.operators.reverse()
        self.contexts = [self._contexts[i] for i in range(len(vertex.nodes))]

    # -- wiring -------------------------------------------------------------------------------

    def _edges_of(self, node: int) -> list[ChainEdge]:
        return [e for e in self._vertex.chain_edges if e.source == node]

    def _run_from(self, node: int) -> list[int]:
        """The longest linear run of fusable operators that starts at ``node``."""
        nodes, run = self._vertex.nodes, [node]
        flat_maps = 0
        while isinstance(nodes[run[-1]].operator, FusableOperator):
            flat_maps += nodes[run[-1]].operator.kind == FLAT_MAP
            edges = self._edges_of(run[-1])
            leaves = any(e.source_node == run[-1] for e in self._vertex.out_edges)
            if len(edges) != 1 or edges[0].tag_id is not None or leaves:
                break
            following = nodes[edges[0].target].operator
            if not isinstance(following, FusableOperator) or following.keyed:
                break
            if following.kind == FLAT_MAP and flat_maps == MAX_FLAT_MAPS:
                break
            run.append(edges[0].target)
        return run

    def _build(self, node: int) -> StreamOperator:
        """Build the operator at ``node`` and, before it, all that it sends to."""
        run = self._run_from(node)
        output = self._output(run[-1])
        operator = self._operator(run)
        # Inside a run only the last operator is read, so that dead letters of others end here.
        contexts = [self._context(i, output if i == run[-1] else _UNREAD) for i in run]
        if isinstance(operator, FusedOperator):
            operator.setup_parts(contexts)
        else:
            operator.setup(contexts[0])
        self.operators.append(operator)
        return operator

    def _operator(self, run: list[int]) -> StreamOperator:
        nodes = [self._vertex.nodes[i] for i in run]
        first = nodes[0]
        if first.source is not None:
            source = SourceOperator(
                first.source, first.watermark_strategy, first.output_type, first.error_policy
            )
            self._job.prepare_source(source, first, self._slot)
            return source
        operators = _own_operators(nodes)
        if isinstance(operators[0], FusableOperator):
            return FusedOperator(operators)
        single: StreamOperator = operators[0]
        return single

    def _output(self, node: int) -> OperatorOutput:
        main: list[Output] = []
        side: dict[str, list[Output]] = {}
        for edge in self._edges_of(node):
            target: Output = self._chained(edge)
            (main if edge.tag_id is None else side.setdefault(edge.tag_id, [])).append(target)
        for job_edge in self._vertex.out_edges:
            if job_edge.source_node == node:
                target = self._channel_outputs[job_edge.index]
                tag = job_edge.tag_id
                (main if tag is None else side.setdefault(tag, [])).append(target)
        checks = {
            tag: self._type_check(node, declared)
            for tag, declared in self._vertex.nodes[node].side_types.items()
        }
        return OperatorOutput(
            self._metrics[node],
            main,
            side,
            self._type_check(node, self._declared(node)),
            self._job.object_reuse,
            {tag: check for tag, check in checks.items() if check is not None},
        )

    def _chained(self, edge: ChainEdge) -> Output:
        operator = self._build(edge.target)
        metrics = self._metrics[edge.target]
        target = self._vertex.nodes[edge.target]
        if operator.keyed and isinstance(edge.partitioner, KeyGroupPartitioner):
            keying = Keying(edge.partitioner, target)
            return KeyingOutput(operator, metrics, keying, self._times[edge.target].fire_due)
        return ChainingOutput(operator, metrics)

    def _declared(self, node: int) -> TypeInformation | None:
        chain_node = self._vertex.nodes[node]
        if chain_node.source is not None:
            return chain_node.output_type
        return getattr(chain_node.operator, "output_type", None)

    def _type_check(self, node: int, declared: TypeInformation | None) -> TypeCheck | None:
        chain_node = self._vertex.nodes[node]
        name = chain_node.name
        return type_check(
            name,
            chain_node.uid,
            declared,
            chain_node.error_policy,
            self._metrics[node],
            lambda message: self._job.warn(name, message),
        )

    # -- contexts -----------------------------------------------------------------------------

    def _context(self, node: int, output: Output) -> OperatorContext:
        chain_node = self._vertex.nodes[node]
        keyed = getattr(chain_node.operator, "keyed", False)
        time: ProcessingTimeService = self._slot
        if keyed:
            time = self._times[node] = OperatorTime(self._slot)
        context = self._contexts[node] = create_operator_context(
            chain_node.name,
            chain_node.uid,
            keyed,
            output,
            self._info,
            self._job,
            time,
            self._slot,
            self._metrics[node],
        )
        return context


class _Unread(Output):
    """The output of an operator whose main results go on inside the generated loop."""

    def emit(self, batch: RowBatch) -> None:
        raise AssertionError("the loop hands the results on")

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        pass

    def emit_watermark(self, timestamp: int) -> None:
        raise AssertionError("the loop's last operator does it")

    def emit_status(self, status: WatermarkStatus) -> None:
        raise AssertionError("the loop's last operator does it")


_UNREAD = _Unread()


def _own_operators(nodes: list[ChainNode]) -> list[Any]:
    """The operators for one subtask: what their functions keep in ``self`` stays there.

    They are copied together, so that functions of one module still share its globals: the code
    generator inlines only such. A function object that stands in two operators becomes two.
    """
    functions = {id(getattr(node.operator, "function", node)) for node in nodes}
    if len(functions) == len(nodes):
        operators: list[Any] = pickle.loads(dumps([node.operator for node in nodes]))
    else:
        operators = [pickle.loads(dumps(node.operator)) for node in nodes]
    for operator, node in zip(operators, nodes, strict=True):
        operator.error_policy = node.error_policy
    return operators
