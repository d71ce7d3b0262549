"""The lines of a worker's sources to the JobMaster: messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.control.messages import AlignmentLimit, AssignSplits
from hurtig.runtime.job_lines import RemoteAlignment, RemoteSplits

if TYPE_CHECKING:
    from hurtig.graph.job_graph import ChainNode


class RemoteLines:
    """Makes the lines, and hands out the answers; those of earlier attempts hear no more."""

    def __init__(self, send: Callable[[Any], None]) -> None:
        self._send = send
        self._splits: dict[tuple[int, str], list[SubtaskSplits]] = {}
        self._alignments: dict[int, list[RemoteAlignment]] = {}

    def splits(self, epoch: int, node: ChainNode) -> SubtaskSplits:
        """The line to the enumerator of a source, for one subtask."""
        line = SubtaskSplits(epoch, node.uid, self._send)
        self._splits.setdefault((epoch, node.uid), []).append(line)
        return line

    def alignment(self, epoch: int, node: ChainNode) -> RemoteAlignment | None:
        """The line to the alignment group of a source, where it is in one."""
        settings = node.watermark_strategy.alignment
        if settings is None:
            return None
        line = RemoteAlignment(epoch, settings[0], self._send)
        self._alignments.setdefault(epoch, []).append(line)
        return line

    def receive(self, message: AssignSplits | AlignmentLimit) -> None:
        """An answer."""
        if isinstance(message, AssignSplits):
            for line in self._splits.get((message.epoch, message.uid), ()):
                if line.subtask == message.subtask:
                    line.receive(message)
        else:
            for alignment in self._alignments.get(message.epoch, ()):
                alignment.receive(message)

    def forget(self, epoch: int) -> None:
        """The attempt is over."""
        self._alignments.pop(epoch, None)
        for key in [key for key in self._splits if key[0] == epoch]:
            del self._splits[key]


class SubtaskSplits(RemoteSplits):
    """The line of one subtask, known from its first request on."""

    subtask: int | None = None

    def next_split(self, subtask_index: int) -> Any | None:
        self.subtask = subtask_index
        return super().next_split(subtask_index)
