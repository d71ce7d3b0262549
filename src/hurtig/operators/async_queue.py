"""In which order finished calls, watermarks and status changes leave an async operator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator

from hurtig.messages import WatermarkStatus
from hurtig.operators.async_calls import AsyncCall

Event = int | WatermarkStatus
"""A watermark (epoch ms) or a status."""


class AsyncQueue(ABC):
    """Calls under way and the events between them."""

    @abstractmethod
    def add(self, call: AsyncCall) -> None:
        """A call has been started."""

    @abstractmethod
    def add_event(self, event: Event) -> None:
        """An event has come behind all calls so far."""

    @abstractmethod
    def complete(self, call: AsyncCall) -> None:
        """A call is done."""

    @abstractmethod
    def take(self) -> Iterator[AsyncCall | Event]:
        """Remove and yield what may leave now."""


class OrderedQueue(AsyncQueue):
    """Everything leaves in the order in which it came."""

    def __init__(self) -> None:
        self._items: deque[AsyncCall | Event] = deque()

    def add(self, call: AsyncCall) -> None:
        self._items.append(call)

    def add_event(self, event: Event) -> None:
        self._items.append(event)

    def complete(self, call: AsyncCall) -> None:
        pass

    def take(self) -> Iterator[AsyncCall | Event]:
        items = self._items
        while items:
            item = items[0]
            if isinstance(item, AsyncCall) and not item.done:
                return
            yield items.popleft()


class _Segment:
    """The calls between two events."""

    __slots__ = ("event", "finished", "pending")

    def __init__(self) -> None:
        self.pending = 0
        self.finished: deque[AsyncCall] = deque()
        self.event: Event | None = None


class UnorderedQueue(AsyncQueue):
    """Calls leave when they are done, but never across an event."""

    def __init__(self) -> None:
        self._last = _Segment()
        self._segments: deque[_Segment] = deque([self._last])

    def add(self, call: AsyncCall) -> None:
        call.segment = self._last
        self._last.pending += 1

    def add_event(self, event: Event) -> None:
        self._last.event = event
        self._last = _Segment()
        self._segments.append(self._last)

    def complete(self, call: AsyncCall) -> None:
        call.segment.pending -= 1
        call.segment.finished.append(call)

    def take(self) -> Iterator[AsyncCall | Event]:
        while True:
            first = self._segments[0]
            while first.finished:
                yield first.finished.popleft()
            if first.pending or first.event is None:
                return
            self._segments.popleft()
            yield first.event
