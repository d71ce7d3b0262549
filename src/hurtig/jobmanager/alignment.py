"""Watermark alignment: sources of a group wait for those that are behind. Pure logic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP

if TYPE_CHECKING:
    from hurtig.graph.job_graph import ChainNode, JobGraph


class WatermarkAlignment:
    """The watermarks of all members of one alignment group."""

    def __init__(self, max_drift_ms: int) -> None:
        self._max_drift_ms = max_drift_ms
        self._watermarks: dict[object, int] = {}
        self._told = MAX_TIMESTAMP

    def report(self, member: object, watermark: int) -> None:
        """A member's watermark; MAX says that it has ended and no longer counts."""
        self._watermarks[member] = watermark

    def limit(self) -> int:
        """Whoever is above this waits: the lowest watermark of the group plus the drift."""
        lowest = min(self._watermarks.values(), default=MAX_TIMESTAMP)
        if lowest in (MIN_TIMESTAMP, MAX_TIMESTAMP):
            return MAX_TIMESTAMP
        return lowest + self._max_drift_ms

    def forget(self, uid: str) -> None:
        """The subtasks of this source start anew."""
        for member in [k for k in self._watermarks if isinstance(k, tuple) and k[0] == uid]:
            del self._watermarks[member]

    def changed_limit(self) -> int | None:
        """The limit, where it is not what this method gave before."""
        limit = self.limit()
        if limit == self._told:
            return None
        self._told = limit
        return limit


class AlignmentGroups:
    """The alignment groups of a job; ``send(group, limit)`` tells readers in other processes."""

    def __init__(self, graph: JobGraph, send: Callable[[str, int], None]) -> None:
        self._send = send
        self._groups: dict[str, WatermarkAlignment] = {}
        for vertex in graph.vertices:
            for node in vertex.nodes:
                if node.source is not None and node.watermark_strategy.alignment is not None:
                    group, drift, _ = node.watermark_strategy.alignment
                    self._groups.setdefault(group, WatermarkAlignment(drift))

    def of_source(self, node: ChainNode) -> WatermarkAlignment | None:
        """The group of a source, where its strategy names one."""
        if node.watermark_strategy.alignment is None:
            return None
        return self._groups[node.watermark_strategy.alignment[0]]

    def report(self, group: str, member: tuple[str, int], watermark: int) -> None:
        """A reader in another process tells where it is."""
        alignment = self._groups[group]
        alignment.report(member, watermark)
        limit = alignment.changed_limit()
        if limit is not None:
            self._send(group, limit)

    def forget(self, uids: Iterable[str]) -> None:
        """These sources start anew."""
        for uid in uids:
            for alignment in self._groups.values():
                alignment.forget(uid)
