"""Timers: event time and processing time, keyed, deduplicated, in time order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from enum import Enum
from typing import Any

from hurtig.common.errors import HurtigError, shorten
from hurtig.messages import MIN_TIMESTAMP
from hurtig.state.backends.contract import VOID_NAMESPACE, KeyedStateBackend
from hurtig.state.snapshot import KeyedStateSnapshot
from hurtig.state.timer_queue import TimerQueue
from hurtig.state.timer_snapshot import read_timers, write_timers


class TimeDomain(Enum):
    """Which time fired a timer. Mirrors Flink's ``TimeDomain``."""

    EVENT_TIME = 0
    PROCESSING_TIME = 1


class TimerService(ABC):
    """What user functions see. Mirrors Flink's ``TimerService``; times are epoch milliseconds."""

    @abstractmethod
    def current_processing_time(self) -> int:
        """The clock's time."""

    @abstractmethod
    def current_watermark(self) -> int:
        """Event time so far; ``-2**63`` before any watermark."""

    @abstractmethod
    def register_processing_time_timer(self, timestamp: int) -> None:
        """Call ``on_timer`` for the current key once the clock has reached ``timestamp``."""

    @abstractmethod
    def register_event_time_timer(self, timestamp: int) -> None:
        """Call ``on_timer`` for the current key once the watermark has reached ``timestamp``."""

    @abstractmethod
    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Take a processing-time timer back; no error where there is none."""

    @abstractmethod
    def delete_event_time_timer(self, timestamp: int) -> None:
        """Take an event-time timer back; no error where there is none."""


class UnkeyedTimerError(HurtigError):
    """A timer was registered on a stream that has no keys."""

    def __init__(self) -> None:
        super().__init__(
            "Register timers is only supported on a keyed stream: call key_by(...) before "
            "process(...), or key_by(lambda x: 0) for one key"
        )


class InternalTimerService:
    """The timers of one operator subtask, of all keys and namespaces.

    ``clock``    gives processing time;
    ``backend``  whose current key a timer is registered for; ``None`` off a keyed stream, where
                 only the times can be asked for. It may be set later.
    ``queue``    makes the queue of a time domain, in memory by default.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        backend: KeyedStateBackend | None = None,
        queue: Callable[[TimeDomain], TimerQueue] = lambda domain: TimerQueue(),
    ) -> None:
        self.clock = clock
        self.backend = backend
        self.current_watermark = MIN_TIMESTAMP
        self._event_time = queue(TimeDomain.EVENT_TIME)
        self._processing_time = queue(TimeDomain.PROCESSING_TIME)

    def register_event_time_timer(self, namespace: Hashable, timestamp: int) -> None:
        """Register for the current key; nothing happens where the timer exists."""
        try:
            entry = (self.backend.current_key, namespace)  # type: ignore[union-attr]
        except AttributeError:
            raise UnkeyedTimerError from None
        bucket = self._event_time.buckets.get(timestamp)
        if bucket is None:
            self._event_time.open_bucket(timestamp, entry)
        else:
            bucket[entry] = None

    def delete_event_time_timer(self, namespace: Hashable, timestamp: int) -> None:
        """Take back a timer of the current key."""
        self._event_time.remove(timestamp, (self._key(), namespace))

    def register_processing_time_timer(self, namespace: Hashable, timestamp: int) -> None:
        """Register for the current key; nothing happens where the timer exists."""
        self._processing_time.add(timestamp, (self._key(), namespace))

    def delete_processing_time_timer(self, namespace: Hashable, timestamp: int) -> None:
        """Take back a timer of the current key."""
        self._processing_time.remove(timestamp, (self._key(), namespace))

    def advance_watermark(self, watermark: int) -> Iterator[tuple[int, Any, Hashable]]:
        """Set the watermark, then yield ``(timestamp, key, namespace)`` of each timer due.

        A timer is gone before it is yielded. Timers that the caller registers meanwhile are
        yielded too if they are due. The caller sets the backend's current key. The watermark
        moves when the iterator is created, also if nothing is taken from it.
        """
        if watermark > self.current_watermark:
            self.current_watermark = watermark
        return self._event_time.due(watermark)

    def advance_processing_time(self, now: int) -> Iterator[tuple[int, Any, Hashable]]:
        """Yield the processing-time timers due at ``now``, as :meth:`advance_watermark` does."""
        return self._processing_time.due(now)

    def next_event_time(self) -> int | None:
        """Time of the earliest event-time timer."""
        return self._event_time.next_time()

    def next_processing_time(self) -> int | None:
        """Time of the earliest processing-time timer: when the task must wake up."""
        return self._processing_time.next_time()

    def num_event_time_timers(self) -> int:
        return len(self._event_time)

    def num_processing_time_timers(self) -> int:
        return len(self._processing_time)

    def timers_of_key(self, key: Any) -> list[tuple[TimeDomain, int, Hashable]]:
        """All timers of a key as ``(domain, timestamp, namespace)``, by domain and time."""
        return [
            (domain, timestamp, namespace)
            for domain, queue in self._queues()
            for timestamp, owner, namespace in queue.entries()
            if owner == key
        ]

    def snapshot(
        self, checkpoint_id: int, max_parallelism: int = 128, with_files: bool = False
    ) -> KeyedStateSnapshot:
        """All timers by key group; with ``with_files`` without those that are in the files of the
        backend's snapshot of the same moment."""
        queues = {domain.name: queue.columns(with_files) for domain, queue in self._queues()}
        groups = getattr(self.backend, "key_groups", range(max_parallelism))
        return KeyedStateSnapshot(checkpoint_id, max_parallelism, write_timers(queues, groups))

    def restore(self, snapshots: Iterable[KeyedStateSnapshot], key_group_range: range) -> None:
        """Take over the timers that belong to ``key_group_range``."""
        queues = {domain.name: queue for domain, queue in self._queues()}
        for snapshot in snapshots:
            for name, entries in read_timers(snapshot.for_range(key_group_range)):
                queue = queues[name]
                for timestamp, key, namespace in entries:
                    queue.add(timestamp, (key, namespace))

    def _queues(self) -> list[tuple[TimeDomain, TimerQueue]]:
        return [
            (TimeDomain.EVENT_TIME, self._event_time),
            (TimeDomain.PROCESSING_TIME, self._processing_time),
        ]

    def _key(self) -> Any:
        if self.backend is None:
            raise UnkeyedTimerError
        return self.backend.current_key


class KeyedTimerService(TimerService):
    """The timers of the current key, in one namespace, as user functions see them."""

    def __init__(self, service: InternalTimerService, namespace: Hashable = VOID_NAMESPACE) -> None:
        self._service = service
        self.namespace = namespace

    def current_processing_time(self) -> int:
        return self._service.clock()

    def current_watermark(self) -> int:
        return self._service.current_watermark

    def register_processing_time_timer(self, timestamp: int) -> None:
        if type(timestamp) is not int:
            timestamp = checked_timestamp(timestamp)
        self._service.register_processing_time_timer(self.namespace, timestamp)

    def register_event_time_timer(self, timestamp: int) -> None:
        if type(timestamp) is not int:
            timestamp = checked_timestamp(timestamp)
        self._service.register_event_time_timer(self.namespace, timestamp)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        timestamp = checked_timestamp(timestamp)
        self._service.delete_processing_time_timer(self.namespace, timestamp)

    def delete_event_time_timer(self, timestamp: int) -> None:
        timestamp = checked_timestamp(timestamp)
        self._service.delete_event_time_timer(self.namespace, timestamp)


def checked_timestamp(timestamp: Any) -> int:
    """The timestamp as an ``int``. Raises ``TypeError`` for what is no whole number."""
    if not isinstance(timestamp, bool) and hasattr(timestamp, "__index__"):
        return int(timestamp.__index__())
    fix = {
        "float": f"use int({timestamp!r})",
        "NoneType": "the record has no timestamp: assign one with a WatermarkStrategy",
        "datetime": "use int(t.timestamp() * 1000)",
    }.get(type(timestamp).__name__, "use epoch milliseconds")
    raise TypeError(
        f"a timer's timestamp must be an int of epoch milliseconds, got {shorten(timestamp)} "
        f"({type(timestamp).__name__}): {fix}"
    )
