"""The job master: life cycle of one job, its enumerators and alignment groups."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hurtig.common.closing import close_all
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus
from hurtig.graph.job_graph import ChainNode
from hurtig.jobmanager.alignment import WatermarkAlignment
from hurtig.jobmanager.source_coordinator import SourceCoordinator

TRANSITIONS: dict[JobStatus, set[JobStatus]] = {
    JobStatus.CREATED: {JobStatus.RUNNING, JobStatus.FAILING, JobStatus.CANCELLING},
    JobStatus.RUNNING: {JobStatus.FINISHED, JobStatus.FAILING, JobStatus.CANCELLING},
    JobStatus.FAILING: {JobStatus.FAILED},
    JobStatus.CANCELLING: {JobStatus.CANCELED, JobStatus.FAILING},
}
"""Which status may follow which; all others are final."""


class JobMaster:
    """Status, times, error, enumerators and alignment groups of one job."""

    def __init__(self, name: str, parallelism_of: Callable[[ChainNode], int]) -> None:
        self.name = name
        self.job_id = JobID()
        self.status = JobStatus.CREATED
        self.error: BaseException | None = None
        self.started = time.monotonic()
        self.ended: float | None = None
        self._parallelism_of = parallelism_of
        self._coordinators: dict[str, SourceCoordinator] = {}
        self._alignments: dict[str, WatermarkAlignment] = {}

    def move_to(self, status: JobStatus) -> None:
        """Change the status; raises ``ValueError`` for a step that :data:`TRANSITIONS` forbids."""
        if status not in TRANSITIONS.get(self.status, set()):
            raise ValueError(f"job {self.name!r} cannot go from {self.status} to {status}")
        self.status = status
        if status.is_globally_terminal_state():
            self.ended = time.monotonic()

    def runtime_ms(self) -> int:
        """Milliseconds from start to end, or to now."""
        return int(((self.ended or time.monotonic()) - self.started) * 1000)

    def coordinator(
        self,
        node: ChainNode,
        now: Callable[[], int],
        schedule: Callable[[int, Callable[[int], None]], Any],
        wakeup: Callable[[], None],
    ) -> SourceCoordinator:
        """The coordinator of a source, made and started at the first call."""
        known = self._coordinators.get(node.uid)
        if known is None:
            enumerator = node.source.create_enumerator(self._parallelism_of(node))
            known = SourceCoordinator(enumerator, now, schedule, wakeup)
            self._coordinators[node.uid] = known
            known.start()
        return known

    def alignment(self, node: ChainNode) -> WatermarkAlignment | None:
        """The alignment group of a source, where its strategy names one."""
        if node.watermark_strategy.alignment is None:
            return None
        group, drift, _ = node.watermark_strategy.alignment
        return self._alignments.setdefault(group, WatermarkAlignment(drift))

    def close(self) -> None:
        """Close all enumerators; the first error is raised after all were tried."""
        close_all(coordinator.close for coordinator in self._coordinators.values())
