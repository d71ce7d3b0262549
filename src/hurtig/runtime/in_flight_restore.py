"""Gives restored tasks the records that an unaligned barrier had overtaken.

What a reader had received is processed first, what a sender still held is sent first. With
another parallelism records on a keyed edge go to the owner of their key, all others to the subtask
in whose place their own stands now; watermarks are dropped then: the sources send later ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hurtig.graph.partitioner import BroadcastPartitioner, KeyGroupPartitioner
from hurtig.messages import RowBatch
from hurtig.runtime.stream_task import StreamTask
from hurtig.state.keys import KeyRouter

if TYPE_CHECKING:
    from hurtig.checkpoint.handles import SubtaskId
    from hurtig.graph.job_graph import JobEdge, JobGraph, JobVertex
    from hurtig.runtime.channel_id import ChannelId
    from hurtig.runtime.in_flight import InFlight, Message
    from hurtig.runtime.inbox import InputGate
    from hurtig.runtime.task import Task


def replay(
    task: Task,
    subtask: SubtaskId,
    graph: JobGraph,
    flights: Mapping[int, InFlight],
    parallelism: Mapping[str, int],
) -> None:
    """Before the task opens. ``flights`` are those of its vertex by earlier subtask,
    ``parallelism`` that of the earlier run by uid."""
    vertex = graph.vertices[subtask.vertex]
    if isinstance(task, StreamTask):
        for edge in vertex.in_edges:
            _receive(task, subtask.subtask, vertex, graph, edge, flights, parallelism)
    for edge in vertex.out_edges:
        _send(task, subtask.subtask, vertex, graph, edge, flights, parallelism)


def _receive(
    task: StreamTask,
    index: int,
    vertex: JobVertex,
    graph: JobGraph,
    edge: JobEdge,
    flights: Mapping[int, InFlight],
    parallelism: Mapping[str, int],
) -> None:
    source = graph.vertices[edge.source_vertex]
    gate, channels = _channels(task, source.uid, edge.index)
    before = parallelism.get(vertex.uid, vertex.parallelism)
    same = before == vertex.parallelism and source.parallelism == parallelism.get(
        source.uid, source.parallelism
    )
    for id_, message in _messages(flights, source.uid, edge.index):
        if same:
            if id_.reader == index:
                task.inbox.restored.append((gate, channels[id_], message))
            continue
        part = _part(message, id_, edge, index, before, vertex, task)
        if part is not None:
            numbers = list(channels.values())
            task.inbox.restored.append((gate, numbers[id_.sender % len(numbers)], part))


def _channels(task: StreamTask, source: str, edge: int) -> tuple[InputGate, dict[ChannelId, int]]:
    for gate in task.inbox.gates:
        found = {
            id_: number
            for number, id_ in enumerate(gate.ids)
            if id_.source == source and id_.edge == edge
        }
        if found:
            return gate, found
    raise KeyError((source, edge))


def _messages(
    flights: Mapping[int, InFlight], source: str, edge: int
) -> Iterator[tuple[ChannelId, Message]]:
    for _, flight in sorted(flights.items()):
        for id_, messages in flight.received.items():
            if id_.source == source and id_.edge == edge:
                for message in messages:
                    yield id_, message


def _part(
    message: Message,
    id_: ChannelId,
    edge: JobEdge,
    index: int,
    before: int,
    vertex: JobVertex,
    task: StreamTask,
) -> RowBatch | None:
    """What of a message this reader gets where the parallelism has changed."""
    if not isinstance(message, RowBatch):
        return None
    if isinstance(edge.partitioner, KeyGroupPartitioner) and message.keys is not None:
        keys = message.keys
        if task.canonical is not None:
            keys = task.canonical(keys, message.values)
        routes = KeyRouter(vertex.max_parallelism, vertex.parallelism).route(keys)
        chosen = [place for place, target in enumerate(routes) if target == index]
        return message.select(chosen) if chosen else None
    if isinstance(edge.partitioner, BroadcastPartitioner):
        return message if id_.reader == index % before else None
    return message if id_.reader * vertex.parallelism // before == index else None


def _send(
    task: Task,
    index: int,
    vertex: JobVertex,
    graph: JobGraph,
    edge: JobEdge,
    flights: Mapping[int, InFlight],
    parallelism: Mapping[str, int],
) -> None:
    target = graph.vertices[edge.target_vertex]
    before = parallelism.get(vertex.uid, vertex.parallelism)
    same = before == vertex.parallelism and target.parallelism == parallelism.get(
        target.uid, target.parallelism
    )
    output = next(o for o in task.outputs if o.ids[0].edge == edge.index)
    for _, flight in sorted(flights.items()):
        for id_, messages in flight.sent.items():
            if id_.edge != edge.index or id_.source != vertex.uid:
                continue
            if same:
                if id_.sender == index:
                    for message in messages:
                        output.send_restored(id_, message)
            elif id_.sender * vertex.parallelism // before == index and not (
                isinstance(edge.partitioner, BroadcastPartitioner) and id_.reader
            ):
                for message in messages:
                    if isinstance(message, RowBatch):
                        output.emit(RowBatch(message.values, message.timestamps))
    output.flush()
