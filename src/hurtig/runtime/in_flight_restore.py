"""Gives restored tasks the records that an unaligned barrier had passed.

What a reader had received is processed first, what a sender still held is sent first. With
another parallelism records on a keyed edge go to the owner of their key; on a broadcast edge all
get what the first reader had, as its state is the one that all get; others go by index.
Watermarks hold between the same subtasks only, else they are dropped: the sources send later ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hurtig.checkpoint.errors import RestoreError
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
    task: Task, subtask: SubtaskId, graph: JobGraph, flights: Mapping[int, InFlight]
) -> None:
    """Before the task opens. ``flights`` are those of its vertex by earlier subtask: all of them,
    as the subtask takes what is its own. Raises ``RestoreError`` where an edge is gone."""
    vertex = graph.vertices[subtask.vertex]
    for _, flight in sorted(flights.items()):
        if isinstance(task, StreamTask):
            _receive(task, subtask.subtask, graph, vertex, flight)
        _send(task, subtask.subtask, vertex, flight)


def _receive(
    task: StreamTask, index: int, graph: JobGraph, vertex: JobVertex, flight: InFlight
) -> None:
    edges = {(graph.vertices[e.source_vertex].uid, e.index): e for e in vertex.in_edges}
    places = _places(task)
    for id_, messages in flight.received.items():
        edge, channels = edges.get(id_[:2]), places.get(id_[:2])
        if edge is None or channels is None:
            raise _unknown(vertex, id_)
        here = next(((gate, n) for gate, n in channels if gate.ids[n] == id_), None)
        if here is not None:
            task.inbox.restored += [(*here, message) for message in messages]
        else:
            there = channels[id_.sender % len(channels)]
            for batch in _share(task, index, vertex, edge, id_, messages):
                task.inbox.restored.append((*there, batch))


def _places(task: StreamTask) -> dict[tuple[str, int], list[tuple[InputGate, int]]]:
    places: dict[tuple[str, int], list[tuple[InputGate, int]]] = {}
    for gate in task.inbox.gates:
        for number, id_ in enumerate(gate.ids):
            places.setdefault(id_[:2], []).append((gate, number))
    return places


def _share(
    task: StreamTask,
    index: int,
    vertex: JobVertex,
    edge: JobEdge,
    id_: ChannelId,
    messages: list[Message],
) -> Iterator[RowBatch]:
    """The records of a channel without counterpart that belong to this reader."""
    batches = [message for message in messages if isinstance(message, RowBatch)]
    if id_.readers == vertex.parallelism:
        if id_.reader == index:
            yield from batches
    elif isinstance(edge.partitioner, KeyGroupPartitioner):
        router = KeyRouter(vertex.max_parallelism, vertex.parallelism)
        for batch in batches:
            keys = batch.keys or []
            if task.canonical is not None:
                keys = task.canonical(keys, batch.values)
            mine = [place for place, target in enumerate(router.route(keys)) if target == index]
            if mine:
                yield batch.select(mine)
    elif isinstance(edge.partitioner, BroadcastPartitioner):
        if id_.reader == 0:
            yield from batches
    elif id_.reader % vertex.parallelism == index:
        yield from batches


def _send(task: Task, index: int, vertex: JobVertex, flight: InFlight) -> None:
    edges = {edge.index: edge for edge in vertex.out_edges}
    outputs = {output.ids[0].edge: output for output in task.outputs}
    for id_, messages in flight.sent.items():
        output = outputs.get(id_.edge)
        if output is None:
            raise _unknown(vertex, id_)
        if id_ in output.ids:
            for message in messages:
                output.send_restored(id_, message)
            continue
        mine = id_.sender if id_.senders == vertex.parallelism else id_.sender % vertex.parallelism
        copy = isinstance(edges[id_.edge].partitioner, BroadcastPartitioner) and id_.reader > 0
        if mine == index and not copy:
            for message in messages:
                if isinstance(message, RowBatch):
                    output.emit(RowBatch(message.values, message.timestamps))
            output.flush()


def _unknown(vertex: JobVertex, id_: ChannelId) -> RestoreError:
    return RestoreError(
        f"the checkpoint holds records on their way between {id_.source!r} and "
        f"{vertex.nodes[0].name!r}, and the program has no such edge any more\n"
        "  fix       change the program between a savepoint and its restore: savepoints hold no "
        "records on their way"
    )
