"""A queue of timers of one time domain: a bucket per timestamp, a heap of timestamps."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from heapq import heapify, heappop, heappush
from itertools import chain, repeat
from operator import itemgetter
from typing import Any

Entry = tuple[Any, Hashable]
"""Key and namespace."""

Columns = tuple[list[int], list[Any], list[Hashable]]
"""Timestamps, keys and namespaces of the same timers."""


class TimerQueue:
    """Timers in order of time, then of registration.

    Registering a timer that exists costs two dict hits. ``_times`` may hold timestamps whose
    bucket is gone; it is rebuilt when they outnumber the buckets.
    """

    __slots__ = ("_gone", "_times", "buckets")

    def __init__(self) -> None:
        self.buckets: dict[int, dict[Entry, None]] = {}
        self._times: list[int] = []
        self._gone = 0

    def __len__(self) -> int:
        return sum(map(len, self.buckets.values()))

    def open_bucket(self, timestamp: int, entry: Entry) -> None:
        """A bucket for a timestamp that has none. Buckets are never empty."""
        self.buckets[timestamp] = {entry: None}
        heappush(self._times, timestamp)

    def add(self, timestamp: int, entry: Entry) -> None:
        bucket = self.buckets.get(timestamp)
        if bucket is None:
            self.open_bucket(timestamp, entry)
        else:
            bucket[entry] = None

    def remove(self, timestamp: int, entry: Entry) -> None:
        bucket = self.buckets.get(timestamp)
        if bucket is not None and entry in bucket:
            del bucket[entry]
            if not bucket:
                self._close_bucket(timestamp)

    def _close_bucket(self, timestamp: int) -> None:
        del self.buckets[timestamp]
        if self._times[0] == timestamp:
            heappop(self._times)
            return
        self._gone += 1
        if self._gone > 64 + len(self.buckets):
            self._times = list(self.buckets)
            heapify(self._times)
            self._gone = 0

    def next_time(self) -> int | None:
        """The earliest timestamp, ``None`` where there are no timers."""
        while self._times:
            if self._times[0] in self.buckets:
                return self._times[0]
            heappop(self._times)
            self._gone -= 1
        return None

    def due(self, limit: int) -> Iterator[tuple[int, Any, Hashable]]:
        """Remove and yield timers up to ``limit``; the caller may add and remove others."""
        while (timestamp := self.next_time()) is not None and timestamp <= limit:
            bucket = self.buckets[timestamp]
            # A bucket that is emptied and opened again meanwhile is another dict.
            for entry in list(bucket):
                if entry not in bucket:
                    continue
                del bucket[entry]
                if not bucket:
                    self._close_bucket(timestamp)
                yield timestamp, entry[0], entry[1]
                first = self.next_time()
                if first is None or first < timestamp:
                    break

    def entries(self) -> Iterator[tuple[int, Any, Hashable]]:
        """All timers in order, without removing them."""
        for timestamp in sorted(self.buckets):
            for key, namespace in self.buckets[timestamp]:
                yield timestamp, key, namespace

    def columns(self, in_memory: bool = False) -> Columns:
        """Timestamps, keys and namespaces of :meth:`entries`, for snapshots.

        ``in_memory``  without those that are in the files of the state backend.
        """
        times = sorted(self.buckets)
        buckets = list(map(self.buckets.__getitem__, times))
        entries = list(chain.from_iterable(buckets))
        stamps = list(chain.from_iterable(map(repeat, times, map(len, buckets))))
        return stamps, list(map(itemgetter(0), entries)), list(map(itemgetter(1), entries))
