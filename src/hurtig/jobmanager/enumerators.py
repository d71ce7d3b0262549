"""The split enumerators of a job: made, asked, snapshotted and restored together."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.common.closing import close_all
from hurtig.jobmanager.source_coordinator import SourceCoordinator

if TYPE_CHECKING:
    from hurtig.checkpoint.environment import MainThread
    from hurtig.graph.job_graph import ChainNode, JobGraph, JobVertex


class Enumerators:
    """One :class:`SourceCoordinator` for each source that runs, by uid.

    ``splits_found(uid)`` is called when there may be new splits for readers that got none,
    ``failed(uid, error)`` when an enumerator raised while it looked for them by itself.
    """

    def __init__(
        self,
        graph: JobGraph,
        main: MainThread,
        splits_found: Callable[[str], None],
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._nodes: dict[str, tuple[JobVertex, ChainNode]] = {
            node.uid: (vertex, node)
            for vertex in graph.vertices
            for node in vertex.nodes
            if node.source is not None
        }
        self._main = main
        self._splits_found = splits_found
        self._failed = failed
        self._coordinators: dict[str, SourceCoordinator] = {}
        self._restored: dict[str, bytes] = {}

    def of_vertex(self, vertex: JobVertex) -> list[str]:
        """The uids of the sources of a vertex."""
        return [node.uid for node in vertex.nodes if node.uid in self._nodes]

    def reset(self, uids: Iterable[str], states: dict[str, bytes]) -> None:
        """These sources start anew, from ``states`` where there is one; the old ones end."""
        for uid in uids:
            old = self._coordinators.pop(uid, None)
            self._restored.pop(uid, None)
            if uid in states:
                self._restored[uid] = states[uid]
            if old is not None:
                old.close()

    def coordinator(self, uid: str) -> SourceCoordinator:
        """The coordinator of a source, made and started at the first call."""
        known = self._coordinators.get(uid)
        if known is None:
            vertex, node = self._nodes[uid]
            enumerator = node.source.create_enumerator(vertex.parallelism)
            if uid in self._restored:
                enumerator.restore_state(pickle.loads(self._restored[uid]))
            known = self._coordinators[uid] = SourceCoordinator(
                enumerator,
                self._main.now,
                self._main.schedule,
                lambda: self._splits_found(uid),
                lambda error: self._failed(uid, error),
            )
            known.start()
        return known

    def snapshot(self) -> dict[str, bytes]:
        """The state of all enumerators, those that nobody has asked for splits included."""
        return {uid: pickle.dumps(self.coordinator(uid).snapshot_state(), 5) for uid in self._nodes}

    def close(self) -> None:
        """Close all enumerators; the first error is raised after all were tried."""
        coordinators = list(self._coordinators.values())
        self._coordinators.clear()
        close_all(coordinator.close for coordinator in coordinators)


class SplitRequests:
    """Answers readers in other processes; those that got nothing are remembered until there is
    something. ``answer(uid, subtask, splits, no_more)`` sends to a reader."""

    def __init__(
        self,
        coordinator: Callable[[str], SourceCoordinator],
        answer: Callable[[str, int, list[Any], bool], None],
    ) -> None:
        self._coordinator = coordinator
        self._answer = answer
        self._waiting: dict[str, list[int]] = {}

    def request(self, uid: str, subtask: int) -> None:
        """A reader asks for a split."""
        coordinator = self._coordinator(uid)
        split = coordinator.next_split(subtask)
        if split is None and not coordinator.finished:
            self._waiting.setdefault(uid, []).append(subtask)
            return
        self._answer(uid, subtask, [] if split is None else [split], split is None)
        # What this reader got may have changed what there is for the others: a hybrid source
        # begins its next source when the last reader asks.
        self.splits_found(uid)

    def splits_found(self, uid: str) -> None:
        """Those that wait for this source ask again."""
        for subtask in self._waiting.pop(uid, ()):
            self.request(uid, subtask)

    def forget(self, uids: Iterable[str]) -> None:
        """These sources start anew: nobody waits for them any more."""
        for uid in uids:
            self._waiting.pop(uid, None)
