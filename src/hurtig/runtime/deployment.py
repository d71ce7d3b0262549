"""The subtasks of one attempt that run on one TaskManager: built, opened, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.checkpoint.handles import SubtaskId
from hurtig.common.closing import close_all
from hurtig.graph.partitioner import (
    ForwardPartitioner,
    KeyGroupPartitioner,
    RescalePartitioner,
)
from hurtig.runtime.chain import OperatorChain
from hurtig.runtime.channel_id import ChannelId, channel_id
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.keying import Canonical
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.partitioning import create_router
from hurtig.runtime.scoped_slot import ScopedSlot
from hurtig.runtime.source_task import SourceTask
from hurtig.runtime.stream_task import StreamTask
from hurtig.runtime.subtask import JobContext, SubtaskInfo
from hurtig.runtime.watermark_watch import WatermarkWatch

if TYPE_CHECKING:
    from typing import Any

    from hurtig.control.messages import Deploy
    from hurtig.graph.job_graph import JobEdge, JobGraph, JobVertex
    from hurtig.operators.contract import OperatorContext
    from hurtig.runtime.channel import Channel
    from hurtig.runtime.channel_provider import ChannelProvider
    from hurtig.runtime.slot import Slot
    from hurtig.runtime.task import Task


def receivers(edge: JobEdge, sender: int, senders: int, readers: int) -> list[int]:
    """The subtasks that subtask ``sender`` of an edge sends to."""
    if isinstance(edge.partitioner, ForwardPartitioner):
        return [sender]
    if isinstance(edge.partitioner, RescalePartitioner):
        if readers >= senders:
            return [r for r in range(readers) if r * senders // readers == sender]
        return [sender * readers // senders]
    return list(range(readers))


class DeployedOperator:
    """One operator of a subtask: the number of its node in the chain, and its context."""

    __slots__ = ("context", "node", "subtask")

    def __init__(self, subtask: SubtaskId, node: int, context: OperatorContext) -> None:
        self.subtask = subtask
        self.node = node
        self.context = context

    def counters(self) -> dict[str, Any]:
        """Its metrics by name, for reports."""
        metrics = self.context.metrics
        return {name: getattr(metrics, name) for name in metrics.__slots__}


class Deployment:
    """Owns the tasks of one :class:`~hurtig.control.messages.Deploy`."""

    def __init__(
        self,
        deploy: Deploy,
        graph: JobGraph,
        context: JobContext,
        slot: Slot,
        channels: ChannelProvider,
    ) -> None:
        self.deploy = deploy
        self.epoch = deploy.epoch
        self.graph = graph
        self.context = context
        self.tasks: dict[SubtaskId, Task] = {}
        self.operators: list[DeployedOperator] = []
        self.time = ScopedSlot(slot)
        self.closed = False
        self.failure: BaseException | None = None
        """What made it fail, if it has."""
        self._slot = slot
        self._channels = channels
        self._running: list[Task] = []
        """Those that the slot has; the others are not open yet, or have stopped."""
        for id_ in sorted(deploy.subtasks, reverse=True):
            self.tasks[id_] = self._task(id_)
        self.tasks = dict(reversed(self.tasks.items()))
        self.operators.sort(key=lambda o: (o.subtask, o.node))
        self.watch = WatermarkWatch(
            list(self.tasks.values()), self.time, context.warn, context.watermark_patience_ms
        )

    def info(self, id_: SubtaskId) -> SubtaskInfo:
        """What a subtask knows of itself."""
        vertex = self.graph.vertices[id_.vertex]
        return SubtaskInfo(
            id_.subtask, vertex.parallelism, vertex.max_parallelism, self.deploy.attempt
        )

    def open(self) -> None:
        """Open all tasks, readers before senders, and hand them to the slot."""
        for task in reversed(self.tasks.values()):
            task.open()
        for task in self.tasks.values():
            self._slot.add(task)
            self._running.append(task)
        if not self.graph.batch_mode:
            self.watch.start()

    def halt(self) -> None:
        """Let nothing of it run on; it is still to be closed."""
        for task in self._running:
            self._slot.remove(task)
        self._running.clear()

    def close(self) -> None:
        """Close all tasks once; the first error is raised after all were tried."""
        if self.closed:
            return
        self.closed = True
        self.halt()
        try:
            close_all(task.close for task in self.tasks.values())
        finally:
            self.time.close()
            self._channels.close()

    # -- building -----------------------------------------------------------------------------

    def _task(self, id_: SubtaskId) -> Task:
        vertex = self.graph.vertices[id_.vertex]
        outputs = {e.index: self._channel_output(vertex, e, id_.subtask) for e in vertex.out_edges}
        chain = OperatorChain(vertex, self.info(id_), self.context, self.time, outputs)
        self.operators += [
            DeployedOperator(id_, node, context) for node, context in enumerate(chain.contexts)
        ]
        if vertex.nodes[0].source is not None:
            return SourceTask(vertex.name, chain.operators, list(outputs.values()))
        return StreamTask(
            vertex.name,
            chain.operators,
            list(outputs.values()),
            self._inbox(vertex, id_.subtask),
            chain.contexts[0].metrics,
            _canonical(vertex),
        )

    def _channel_output(self, vertex: JobVertex, edge: JobEdge, sender: int) -> ChannelOutput:
        target = self.graph.vertices[edge.target_vertex]
        ids = [
            channel_id(self.graph, edge, sender, reader)
            for reader in receivers(edge, sender, vertex.parallelism, target.parallelism)
        ]
        channels = [
            self._channels.sender(id_, self._place(edge.target_vertex, id_.reader)) for id_ in ids
        ]
        router = create_router(
            edge.partitioner,
            len(channels),
            target.max_parallelism,
            sender,
            target.nodes[0],
            self.context.object_reuse,
        )
        timeout = edge.buffer_timeout
        if timeout is None:
            timeout = self.context.buffer_timeout_ms
        return ChannelOutput(channels, router, timeout, self._slot.now, ids)

    def _inbox(self, vertex: JobVertex, reader: int) -> Inbox:
        channels: dict[int, list[Channel]] = {}
        ids: dict[int, list[ChannelId]] = {}
        for edge in vertex.in_edges:
            source = self.graph.vertices[edge.source_vertex]
            for sender in range(source.parallelism):
                if reader not in receivers(edge, sender, source.parallelism, vertex.parallelism):
                    continue
                id_ = channel_id(self.graph, edge, sender, reader)
                channel = self._channels.receiver(id_, self._place(source.index, sender))
                channels.setdefault(edge.input_index, []).append(channel)
                ids.setdefault(edge.input_index, []).append(id_)
        return Inbox([InputGate(index, channels[index], ids[index]) for index in sorted(channels)])

    def _place(self, vertex: int, subtask: int) -> str:
        return self.deploy.placement[SubtaskId(vertex, subtask)]


def _canonical(vertex: JobVertex) -> Canonical | None:
    head = vertex.nodes[0]
    for edge in vertex.in_edges:
        if head.operator.keyed and isinstance(edge.partitioner, KeyGroupPartitioner):
            return Canonical(edge.partitioner, head)
    return None
