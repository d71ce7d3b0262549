"""All subtasks of a job graph in one slot, connected by local channels."""

from __future__ import annotations

from hurtig.common.closing import close_all
from hurtig.graph.job_graph import JobEdge, JobGraph, JobVertex
from hurtig.graph.partitioner import (
    ForwardPartitioner,
    KeyGroupPartitioner,
    RescalePartitioner,
)
from hurtig.operators.contract import OperatorContext
from hurtig.runtime.chain import OperatorChain
from hurtig.runtime.channel import Channel, LocalChannel
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.keying import Canonical
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.partitioning import create_router
from hurtig.runtime.slot import Slot
from hurtig.runtime.source_task import SourceTask
from hurtig.runtime.stream_task import StreamTask
from hurtig.runtime.subtask import JobContext, SubtaskInfo
from hurtig.runtime.task import Task
from hurtig.runtime.watermark_watch import WatermarkWatch


def receivers(edge: JobEdge, sender: int, senders: int, readers: int) -> list[int]:
    """The subtasks that subtask ``sender`` of an edge sends to."""
    if isinstance(edge.partitioner, ForwardPartitioner):
        return [sender]
    if isinstance(edge.partitioner, RescalePartitioner):
        if readers >= senders:
            return [r for r in range(readers) if r * senders // readers == sender]
        return [sender * readers // senders]
    return list(range(readers))


class LocalJob:
    """Builds and owns the tasks of one attempt of a job."""

    def __init__(self, graph: JobGraph, context: JobContext, slot: Slot, attempt: int = 0) -> None:
        self.graph = graph
        self.tasks: list[Task] = []
        self.operators: list[tuple[JobVertex, SubtaskInfo, OperatorContext]] = []
        self._context = context
        self._slot = slot
        self._channels: dict[tuple[int, int, int, int], Channel] = {}
        for vertex in graph.vertices:
            self._connect(vertex)
        for vertex in reversed(graph.vertices):
            for index in range(vertex.parallelism):
                info = SubtaskInfo(index, vertex.parallelism, vertex.max_parallelism, attempt)
                self.tasks.append(self._task(vertex, info))
        self.tasks.reverse()
        self.watch = WatermarkWatch(self.tasks, slot, context.warn, context.watermark_patience_ms)

    def open(self) -> None:
        """Open all tasks, readers before senders, and hand them to the slot."""
        for task in reversed(self.tasks):
            task.open()
        for task in self.tasks:
            self._slot.add(task)
        if not self.graph.batch_mode:
            self.watch.start()

    def close(self) -> None:
        """Close all tasks; the first error is raised after all were tried."""
        close_all(task.close for task in self.tasks)

    # -- building -----------------------------------------------------------------------------

    def _connect(self, vertex: JobVertex) -> None:
        for edge in vertex.out_edges:
            readers = self.graph.vertices[edge.target_vertex].parallelism
            for sender in range(vertex.parallelism):
                for reader in receivers(edge, sender, vertex.parallelism, readers):
                    self._channels[(vertex.index, edge.index, sender, reader)] = LocalChannel()

    def _task(self, vertex: JobVertex, info: SubtaskInfo) -> Task:
        outputs = {e.index: self._channel_output(vertex, e, info.index) for e in vertex.out_edges}
        chain = OperatorChain(vertex, info, self._context, self._slot, outputs)
        self.operators += [(vertex, info, context) for context in chain.contexts]
        if vertex.nodes[0].source is not None:
            return SourceTask(vertex.name, chain.operators, list(outputs.values()))
        return StreamTask(
            vertex.name,
            chain.operators,
            list(outputs.values()),
            self._inbox(vertex, info.index),
            chain.contexts[0].metrics,
            _canonical(vertex),
        )

    def _channel_output(self, vertex: JobVertex, edge: JobEdge, sender: int) -> ChannelOutput:
        target = self.graph.vertices[edge.target_vertex]
        targets = receivers(edge, sender, vertex.parallelism, target.parallelism)
        channels = [self._channels[(vertex.index, edge.index, sender, r)] for r in targets]
        router = create_router(
            edge.partitioner,
            len(channels),
            target.max_parallelism,
            sender,
            target.nodes[0],
            self._context.object_reuse,
        )
        timeout = edge.buffer_timeout
        if timeout is None:
            timeout = self._context.buffer_timeout_ms
        return ChannelOutput(channels, router, timeout, self._slot.now)

    def _inbox(self, vertex: JobVertex, reader: int) -> Inbox:
        by_input: dict[int, list[Channel]] = {}
        for edge in vertex.in_edges:
            senders = self.graph.vertices[edge.source_vertex].parallelism
            by_input.setdefault(edge.input_index, []).extend(
                channel
                for sender in range(senders)
                if (channel := self._channels.get((edge.source_vertex, edge.index, sender, reader)))
            )
        return Inbox([InputGate(index, by_input[index]) for index in sorted(by_input)])


def _canonical(vertex: JobVertex) -> Canonical | None:
    head = vertex.nodes[0]
    for edge in vertex.in_edges:
        if head.operator.keyed and isinstance(edge.partitioner, KeyGroupPartitioner):
            return Canonical(edge.partitioner, head)
    return None
