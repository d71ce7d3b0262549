"""A source's lines to the JobMaster when that is in another process: splits and alignment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from hurtig.control.messages import AlignmentLimit, AssignSplits, ReportWatermark, RequestSplit
from hurtig.messages import MAX_TIMESTAMP


class RemoteSplits:
    """Asks for a split and has it, or the news that there is none, some time later."""

    def __init__(self, epoch: int, uid: str, send: Callable[[Any], None]) -> None:
        self._epoch = epoch
        self._uid = uid
        self._send = send
        self._splits: deque[Any] = deque()
        self._asked = False
        self._no_more = False

    def next_split(self, subtask_index: int) -> Any | None:
        """A split that has arrived; where there is none, one is asked for."""
        if self._splits:
            return self._splits.popleft()
        if not self._asked and not self._no_more:
            self._asked = True
            self._send(RequestSplit(self._epoch, self._uid, subtask_index))
        return None

    @property
    def finished(self) -> bool:
        """Whether there will never be another split."""
        return self._no_more and not self._splits

    def pending(self) -> list[Any]:
        """Splits that have arrived and that the reader does not have yet."""
        return list(self._splits)

    def receive(self, message: AssignSplits) -> None:
        """The answer."""
        self._asked = False
        self._splits.extend(message.splits)
        self._no_more = self._no_more or message.no_more


class RemoteAlignment:
    """The group as one subtask in another process knows it."""

    def __init__(self, epoch: int, group: str, send: Callable[[Any], None]) -> None:
        self._epoch = epoch
        self._group = group
        self._send = send
        self._limit = MAX_TIMESTAMP
        self._reported: dict[object, int] = {}

    def report(self, member: object, watermark: int) -> None:
        """Tell where this subtask is, where that has changed."""
        if self._reported.get(member) != watermark:
            self._reported[member] = watermark
            assert isinstance(member, tuple)
            self._send(ReportWatermark(self._epoch, self._group, member, watermark))

    def limit(self) -> int:
        """The last limit that was told."""
        return self._limit

    def receive(self, message: AlignmentLimit) -> None:
        """A new limit."""
        if message.group == self._group:
            self._limit = message.limit
