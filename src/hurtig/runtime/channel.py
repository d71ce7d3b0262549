"""Channels carry the messages of an edge from one subtask to another, in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Any

from hurtig.messages import RowBatch

CAPACITY_RECORDS = 1 << 15
CAPACITY_MESSAGES = 256


class Channel(ABC):
    """One sender, one receiver. Messages are batches and the events of ``hurtig.messages``."""

    @abstractmethod
    def send(self, message: Any) -> None:
        """Append a message; accepted also when full, but see :attr:`full`."""

    @abstractmethod
    def receive(self) -> Any | None:
        """The oldest message, or ``None`` when there is none now."""

    @property
    @abstractmethod
    def full(self) -> bool:
        """Backpressure: the sender should not be given more work while this holds."""


class LocalChannel(Channel):
    """A queue inside one process; bounded by records and by messages."""

    __slots__ = ("_messages", "_records")

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self._records = 0

    def send(self, message: Any) -> None:
        if isinstance(message, RowBatch):
            self._records += len(message.values)
        self._messages.append(message)

    def receive(self) -> Any | None:
        if not self._messages:
            return None
        message = self._messages.popleft()
        if isinstance(message, RowBatch):
            self._records -= len(message.values)
        return message

    @property
    def full(self) -> bool:
        return self._records >= CAPACITY_RECORDS or len(self._messages) >= CAPACITY_MESSAGES
