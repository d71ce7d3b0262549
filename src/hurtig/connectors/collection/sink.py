"""``execute_and_collect``: hands the records back to the program that runs in this process."""

from __future__ import annotations

import os
from collections import deque
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.sink import Sink, SinkContext, SinkWriter
from hurtig.messages import RowBatch

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

    @property
    def full(self) -> bool:
        """Whether the job had better wait until something is read."""
        return self.capacity is not None and len(self) >= self.capacity

    def close(self) -> None:
        """Drop what is there and all that will come."""
        self.closed = True
        self.clear()


collect_buffers: WeakValueDictionary[str, CollectBuffer] = WeakValueDictionary()
"""The buffers of this process by id, each as long as the sink that made it."""

_numbers = count(1)


class CollectSink(Sink):
    """Puts every record into :attr:`buffer`; a copy of the sink in this process finds it by id.

    ``bounded=False`` is for records that are only read once the job has ended.
    """

    def __init__(self, bounded: bool = True) -> None:
        self.id = f"{os.getpid()}-{next(_numbers)}"
        self.buffer: CollectBuffer = CollectBuffer(CAPACITY if bounded else None)
        collect_buffers[self.id] = self.buffer

    def create_writer(self, context: SinkContext) -> SinkWriter:
        buffer = collect_buffers.get(self.id)
        if buffer is None:
            raise JobExecutionError(
                f"the results of {context.operator_name} cannot be collected: the program that "
                "asked for them is not in this process or no longer reads them"
            )
        return _CollectWriter(buffer)

    def __getstate__(self) -> dict[str, Any]:
        return {"id": self.id}


class _CollectWriter(SinkWriter):
    def __init__(self, buffer: CollectBuffer) -> None:
        self._buffer = buffer

    def write_batch(self, batch: RowBatch) -> None:
        if not self._buffer.closed:
            self._buffer.extend(batch.values)
