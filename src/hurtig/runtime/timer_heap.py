"""Callbacks in order of time. Pure logic, no clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable

_Cell = list[Callable[[int], None] | None]


class TimerHeap:
    """Timers in order of time, then of scheduling; cancelled ones do not pile up."""

    __slots__ = ("_cancelled", "_heap", "_sequence")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, _Cell]] = []
        self._sequence = 0
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap)

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Add a timer; returns what cancels it, which has no effect once it has fired."""
        cell: _Cell = [callback]
        self._sequence += 1
        heapq.heappush(self._heap, (timestamp, self._sequence, cell))

        def cancel() -> None:
            if cell[0] is not None:
                cell[0] = None
                self._cancelled += 1
                if self._cancelled > 64 + len(self._heap) // 2:
                    self._compact()

        return cancel

    def next_time(self) -> int | None:
        """Time of the earliest timer."""
        heap = self._heap
        while heap and heap[0][2][0] is None:
            heapq.heappop(heap)
            self._cancelled -= 1
        return heap[0][0] if heap else None

    def fire_before(self, limit: int) -> None:
        """Call back all timers below ``limit``, also those that are added meanwhile."""
        heap = self._heap
        while heap and heap[0][0] < limit:
            timestamp, _, cell = heapq.heappop(heap)
            callback = cell[0]
            if callback is None:
                self._cancelled -= 1
            else:
                cell[0] = None
                callback(timestamp)

    def _compact(self) -> None:
        # In place: whoever fires holds on to the list.
        self._heap[:] = [entry for entry in self._heap if entry[2][0] is not None]
        heapq.heapify(self._heap)
        self._cancelled = 0
