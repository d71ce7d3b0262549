"""Replays what was in flight when a checkpoint was taken, also with another parallelism."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hurtig.checkpoint.errors import RestoreError
from hurtig.graph.job_graph import JobEdge, JobGraph, JobVertex
from hurtig.graph.partitioner import BroadcastPartitioner, KeyGroupPartitioner
from hurtig.messages import RowBatch
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.in_flight import InFlight, Message
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.keying import Canonical
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.subtask import SubtaskInfo
from hurtig.state.keys import KeyRouter


def restore_received(
    graph: JobGraph,
    vertex: JobVertex,
    info: SubtaskInfo,
    inbox: Inbox,
    flights: Iterable[InFlight],
) -> None:
    """Put what earlier subtasks of the vertex had received in front of all other messages.

    ``flights``  those of all earlier subtasks, in their order; where no parallelism has changed
                 that of the same subtask will do.

    Where the readers are others, records of a keyed edge go by key group; a broadcast edge takes
    those of the first reader, whose state all get; others go by index. Watermarks hold for the
    same sender only, else they are left out: the sources give them anew.
    """
    edges = {(_uid(graph, edge), edge.index): edge for edge in vertex.in_edges}
    by_edge: dict[tuple[str, int], list[tuple[InputGate, int]]] = {}
    for gate in inbox.gates:
        for number, id_ in enumerate(gate.ids):
            by_edge.setdefault((id_.source, id_.edge), []).append((gate, number))
    for flight in flights:
        for id_, messages in flight.received.items():
            places = by_edge.get((id_.source, id_.edge))
            if places is None:
                raise _unknown(vertex, id_)
            gate, number = places[id_.sender % len(places)]
            for place, channel in places:
                if place.ids[channel] == id_:
                    inbox.restored += [(place, channel, message) for message in messages]
                    break
            else:
                for batch in _share(vertex, edges[id_.source, id_.edge], info, id_, messages):
                    inbox.restored.append((gate, number, batch))


def _share(
    vertex: JobVertex, edge: JobEdge, info: SubtaskInfo, id_: ChannelId, messages: list[Message]
) -> Iterator[RowBatch]:
    """The records of a channel that has no counterpart which belong to this subtask."""
    batches = [message for message in messages if isinstance(message, RowBatch)]
    if id_.readers == info.parallelism:
        if id_.reader == info.index:
            yield from batches
    elif isinstance(edge.partitioner, KeyGroupPartitioner):
        canonical = Canonical(edge.partitioner, vertex.nodes[0])
        router = KeyRouter(info.max_parallelism, info.parallelism)
        for batch in batches:
            targets = router.route(canonical(batch.keys or [], batch.values))
            mine = [i for i, target in enumerate(targets) if target == info.index]
            if mine:
                yield batch.select(mine)
    elif isinstance(edge.partitioner, BroadcastPartitioner):
        if id_.reader == 0:
            yield from batches
    elif id_.reader % info.parallelism == info.index:
        yield from batches


def restore_sent(
    vertex: JobVertex,
    info: SubtaskInfo,
    outputs: Mapping[int, ChannelOutput],
    flights: Iterable[InFlight],
) -> None:
    """Send what earlier subtasks of the vertex had not yet got rid of, before all else.

    ``outputs``  by index of the edge; ``flights`` as for :func:`restore_received`. Where senders
    or readers are others, records are partitioned anew.
    """
    edges = {edge.index: edge for edge in vertex.out_edges}
    for flight in flights:
        for id_, messages in flight.sent.items():
            output = outputs.get(id_.edge)
            if output is None:
                raise _unknown(vertex, id_)
            if id_ in output.ids:
                for message in messages:
                    output.send_to(id_, message)
                continue
            same_senders = id_.senders == info.parallelism
            mine = id_.sender if same_senders else id_.sender % info.parallelism
            broadcast = isinstance(edges[id_.edge].partitioner, BroadcastPartitioner)
            if mine == info.index and not (broadcast and id_.reader):
                for message in messages:
                    if isinstance(message, RowBatch):
                        output.emit(RowBatch(message.values, message.timestamps))
                output.flush()


def _uid(graph: JobGraph, edge: JobEdge) -> str:
    return graph.vertices[edge.source_vertex].nodes[0].uid


def _unknown(vertex: JobVertex, id_: ChannelId) -> RestoreError:
    name: Any = vertex.nodes[0].name
    return RestoreError(
        f"the checkpoint holds records on their way between {id_.source!r} and {name!r}, and the "
        "program has no such edge any more\n"
        "  fix       change the program between a savepoint and its restore: savepoints hold no "
        "records on their way"
    )
