"""A queue of timers that may be larger than memory: the earliest in memory, the rest on disk.

In the database, a timer's name is ``domain | time | key group | key | namespace``: the next ones
are one range. A timer is either in memory or in the database; those in memory go into snapshots
beside the files.
"""

from __future__ import annotations

import pickle
from collections.abc import Hashable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hurtig.state.backends.rocksdb.layout import TIMERS, group_of, namespace_bytes, sized
from hurtig.state.key_bytes import stable_key_bytes
from hurtig.state.timer_queue import Columns, Entry, TimerQueue

if TYPE_CHECKING:
    from hurtig.state.backends.rocksdb.cache import Cache

_TIME_BIAS = 1 << 63
_TIME_AT = len(TIMERS) + 1
_GROUP_AT = _TIME_AT + 8
_MOST_PENDING = 10_000


class SpillingTimerQueue(TimerQueue):
    """``domain`` tells the queues of an operator apart; ``limit``: timers in memory.

    Timers of equal time fire in the order of their registration, except where so many have the
    same time that they do not fit in memory.
    """

    __slots__ = ("_bound", "_cache", "_count", "_head", "_limit", "_number", "_pending", "_prefix")

    def __init__(self, cache: Cache, domain: int, limit: int) -> None:
        super().__init__()
        # ``buckets`` of the base stays empty: each registration comes to open_bucket.
        self._cache = cache
        self._prefix = TIMERS + bytes([domain])
        self._limit = limit
        self._head = TimerQueue()
        self._count = 0
        self._bound: int | None = None
        """The database has no timer before this time; none at all where ``None``."""
        self._number = 0
        self._pending: dict[bytes, bytes | None] = {}

    def __len__(self) -> int:
        self.flush()
        stored = 0 if self._bound is None else sum(1 for _ in self._stored())
        return self._count + stored

    def opened(self) -> None:
        """The database has been filled by a restore."""
        first = next(self._cache.database.scan(self._prefix), None)
        self._bound = None if first is None else _time_of(first[0])

    def open_bucket(self, timestamp: int, entry: Entry) -> None:
        self.add(timestamp, entry)

    def add(self, timestamp: int, entry: Entry) -> None:
        bucket = self._head.buckets.get(timestamp)
        if bucket is not None and entry in bucket:
            return
        if self._bound is not None and timestamp >= self._bound:
            self._store(timestamp, entry)
            return
        if bucket is None:
            self._head.open_bucket(timestamp, entry)
        else:
            bucket[entry] = None
        self._count += 1
        if self._count > self._limit:
            self._spill()

    def remove(self, timestamp: int, entry: Entry) -> None:
        bucket = self._head.buckets.get(timestamp)
        if bucket is not None and entry in bucket:
            self._head.remove(timestamp, entry)
            self._count -= 1
        elif self._bound is not None and timestamp >= self._bound:
            self._pending[self._name(timestamp, entry)] = None
            self._flush_many()

    def next_time(self) -> int | None:
        first = self._head.next_time()
        if first is None and self._bound is not None:
            self._refill()
            first = self._head.next_time()
        return first

    def due(self, limit: int) -> Iterator[tuple[int, Any, Hashable]]:
        head = self._head
        while (timestamp := self.next_time()) is not None and timestamp <= limit:
            bucket = head.buckets[timestamp]
            for entry in list(bucket):
                if entry not in bucket:
                    continue
                self._head.remove(timestamp, entry)
                self._count -= 1
                yield timestamp, entry[0], entry[1]
                first = self.next_time()
                if first is None or first < timestamp:
                    break

    def entries(self) -> Iterator[tuple[int, Any, Hashable]]:
        yield from self._head.entries()
        if self._bound is None:
            return
        self.flush()
        for timestamp, timers in groupby(self._stored(), itemgetter(0)):
            for _, _, key, namespace in sorted(timers, key=itemgetter(1)):
                yield timestamp, key, namespace

    def columns(self, in_memory: bool = False) -> Columns:
        if in_memory or self._bound is None:
            return self._head.columns()
        timers = list(self.entries())
        return [t[0] for t in timers], [t[1] for t in timers], [t[2] for t in timers]

    def flush(self) -> None:
        """Write what waits to be written."""
        if self._pending:
            batch = self._cache.database.batch()
            for name, value in self._pending.items():
                if value is None:
                    batch.delete(name)
                else:
                    batch.put(name, value)
            self._cache.database.write(batch)
            self._pending.clear()

    def _flush_many(self) -> None:
        if len(self._pending) >= _MOST_PENDING:
            self.flush()

    def _store(self, timestamp: int, entry: Entry) -> None:
        name = self._name(timestamp, entry)
        if self._pending.get(name) is not None:
            return
        self._number += 1
        if name not in self._pending and self._cache.database.get(name) is not None:
            return  # it keeps its place
        self._pending[name] = pickle.dumps((self._number, *entry), 5)
        self._flush_many()

    def _spill(self) -> None:
        """Move the later half of the timers to the database."""
        head = self._head
        times = sorted(head.buckets)
        kept = 0
        cut = 0
        while cut < len(times) - 1 and kept + len(head.buckets[times[cut]]) <= self._limit // 2:
            kept += len(head.buckets[times[cut]])
            cut += 1
        self._bound = times[cut]
        for timestamp in times[cut:]:
            bucket = head.buckets[timestamp]
            for entry in list(bucket):
                self._number += 1
                value = pickle.dumps((self._number, *entry), 5)
                self._pending[self._name(timestamp, entry)] = value
                head.remove(timestamp, entry)
                self._count -= 1
            self._flush_many()

    def _refill(self) -> None:
        """Bring the next timers into memory: all of a time, unless that is too many."""
        self.flush()
        wanted = max(self._limit // 2, 1)
        assert self._bound is not None
        start = self._prefix + _time_bytes(self._bound)
        found: list[tuple[bytes, bytes]] = []
        for item in self._cache.database.scan(self._prefix, start):
            found.append(item)
            if len(found) > wanted:
                break
        if len(found) > wanted:
            last = _time_of(found[-1][0])
            whole = [item for item in found if _time_of(item[0]) < last]
            found = whole or found[:-1]
            self._bound = last
        else:
            self._bound = None
        batch = self._cache.database.batch()
        timers = []
        for name, value in found:
            batch.delete(name)
            number, key, namespace = pickle.loads(value)
            timers.append((_time_of(name), number, key, namespace))
        self._cache.database.write(batch)
        for timestamp, _, key, namespace in sorted(timers, key=itemgetter(0, 1)):
            self._head.add(timestamp, (key, namespace))
        self._count += len(timers)

    def _stored(self) -> Iterator[tuple[int, int, Any, Hashable]]:
        for name, value in self._cache.database.scan(self._prefix):
            number, key, namespace = pickle.loads(value)
            yield _time_of(name), number, key, namespace

    def _name(self, timestamp: int, entry: Entry) -> bytes:
        key, namespace = entry
        data = stable_key_bytes(key)
        group = group_of(data, self._cache.max_parallelism).to_bytes(2, "big")
        place = self._prefix + _time_bytes(timestamp) + group
        return place + sized(data) + namespace_bytes(namespace)


def timer_group(name: bytes) -> int:
    """The key group of a timer of this name."""
    return int.from_bytes(name[_GROUP_AT : _GROUP_AT + 2], "big")


def _time_bytes(timestamp: int) -> bytes:
    return (timestamp + _TIME_BIAS).to_bytes(8, "big")


def _time_of(name: bytes) -> int:
    return int.from_bytes(name[_TIME_AT:_GROUP_AT], "big") - _TIME_BIAS
