"""``execute_and_collect``: hands the records back to the program that asked for them."""

from __future__ import annotations

import os
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.sink import Committer, Sink, SinkContext, SinkWriter
from hurtig.messages import RowBatch

if TYPE_CHECKING:
    from hurtig.connectors.collection.delivery import RemoteBuffer

__all__ = ["CollectBuffer", "CollectSink", "collect_buffers"]

CAPACITY = 65536


class CollectBuffer(deque[Any]):
    """Records on their way from the sink to the program; both may be in different threads.

    Whoever runs the job lets it wait while the buffer is :attr:`full`.
    """

    def __init__(self, capacity: int | None = CAPACITY) -> None:
        super().__init__()
        self.capacity = capacity
        """Number of records from which on the buffer is full; ``None`` for no limit."""
        self.closed = False
        """Nobody reads any more: what is still written is dropped."""
        self._delivered: set[str] = set()

    @property
    def full(self) -> bool:
        """Whether the job had better wait until something is read."""
        return self.capacity is not None and len(self) >= self.capacity

    def deliver(self, delivery: str | None, values: list[Any]) -> None:
        """Take records. ``delivery`` names a commit: one that is repeated changes nothing."""
        if delivery is not None:
            if delivery in self._delivered:
                return
            self._delivered.add(delivery)
        if not self.closed:
            self.extend(values)

    def flush(self) -> None:
        """Records are here as soon as they are delivered."""

    def close(self) -> None:
        """Drop what is there and all that will come."""
        self.closed = True
        self.clear()


collect_buffers: WeakValueDictionary[str, CollectBuffer] = WeakValueDictionary()
"""The buffers of this process by id, each as long as the sink that made it."""

_numbers = count(1)


class CollectSink(Sink):
    """Puts every record into :attr:`buffer`; a copy of the sink finds it by id, in this process
    or, once :meth:`before_shipping` was called, over a socket.

    With checkpoints the records of each come together when it is complete, and exactly once.
    ``bounded=False`` is for records that are only read once the job has ended.
    """

    def __init__(self, bounded: bool = True) -> None:
        self.id = f"{os.getpid()}-{next(_numbers)}"
        self.buffer: CollectBuffer = CollectBuffer(CAPACITY if bounded else None)
        self._address: tuple[str, bytes] | None = None
        collect_buffers[self.id] = self.buffer

    def before_shipping(self) -> None:
        if not self.id.startswith(f"{os.getpid()}-"):
            return  # a copy: what it has is the address of the program
        from hurtig.connectors.collection.delivery import server

        self._address = server(collect_buffers.get).address

    def create_writer(self, context: SinkContext) -> SinkWriter:
        if context.checkpointing:
            return _CommittingWriter(context)
        return _CollectWriter(self._connect(context.operator_name))

    def create_committer(self) -> Committer:
        return _CollectCommitter(self)

    def _connect(self, operator: str) -> CollectBuffer | RemoteBuffer:
        buffer = collect_buffers.get(self.id)
        if buffer is not None:
            return buffer
        if self._address is not None and not self.id.startswith(f"{os.getpid()}-"):
            from hurtig.connectors.collection.delivery import RemoteBuffer

            return RemoteBuffer(self.id, self._address, operator)
        raise JobExecutionError(
            f"the results of {operator} cannot be collected: the program that asked for them is "
            "not in this process or no longer reads them"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {"id": self.id, "_address": self._address}


class _CollectWriter(SinkWriter):
    """Hands every batch over at once."""

    def __init__(self, buffer: CollectBuffer | RemoteBuffer) -> None:
        self._buffer = buffer

    def write_batch(self, batch: RowBatch) -> None:
        self._buffer.deliver(None, batch.values)

    def flush(self, end_of_input: bool) -> None:
        self._buffer.flush()

    def close(self) -> None:
        if not isinstance(self._buffer, CollectBuffer):
            self._buffer.close()


class _CommittingWriter(SinkWriter):
    """Keeps the records until their checkpoint is complete."""

    def __init__(self, context: SinkContext) -> None:
        self._name = f"{context.uid}-{context.subtask_index}-{os.urandom(4).hex()}"
        self._commits = 0
        self._values: list[Any] = []

    def write_batch(self, batch: RowBatch) -> None:
        self._values += batch.values

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        if not self._values:
            return []
        values, self._values = self._values, []
        self._commits += 1
        return [(f"{self._name}-{self._commits}", values)]


class _CollectCommitter(Committer):
    def __init__(self, sink: CollectSink) -> None:
        self._sink = sink
        self._buffer: CollectBuffer | RemoteBuffer | None = None

    def commit(self, committables: list[Any]) -> None:
        if self._buffer is None:
            self._buffer = self._sink._connect("the collect sink")
        for delivery, values in committables:
            self._buffer.deliver(delivery, values)

    def close(self) -> None:
        if self._buffer is not None and not isinstance(self._buffer, CollectBuffer):
            self._buffer.close()
