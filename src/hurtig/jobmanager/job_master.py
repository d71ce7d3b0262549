"""The JobMaster: deploys one job, and brings it back after failures.

It runs in one thread (its ``MainThread``). TaskManagers and the user's side call :meth:`receive`,
:meth:`cancel` and the like in that thread. All its work is short; what blocks goes through ``io``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.common.errors import JobCancelledError, JobExecutionError
from hurtig.common.job_status import JobStatus
from hurtig.control import messages as m
from hurtig.graph.executor import ATTEMPT_KEY
from hurtig.graph.job_graph import serialize
from hurtig.jobmanager.alignment import AlignmentGroups
from hurtig.jobmanager.checkpointing import JobCheckpoints
from hurtig.jobmanager.enumerators import Enumerators, SplitRequests
from hurtig.jobmanager.failures import FailureHistory, full_text, would_fail_again
from hurtig.jobmanager.messenger import Messenger
from hurtig.jobmanager.placement import place, slots_needed
from hurtig.jobmanager.region import Region, RegionStatus
from hurtig.jobmanager.reports import JobReports
from hurtig.jobmanager.restart import restart_backoff_for
from hurtig.jobmanager.restore import restored_state
from hurtig.jobmanager.status import StatusTracker
from hurtig.jobmanager.topology import create_regions

if TYPE_CHECKING:
    from random import Random

    from hurtig.checkpoint.environment import IoExecutor, MainThread
    from hurtig.checkpoint.handles import CompletedCheckpoint, SubtaskId
    from hurtig.common.job_id import JobID
    from hurtig.graph.job_graph import JobGraph
    from hurtig.jobmanager.gateway import TaskManagers

_FAILING = (JobStatus.FAILING, JobStatus.CANCELLING)
_IDLE = (RegionStatus.CREATED, RegionStatus.FINISHED)


class JobMaster:
    """Life cycle of one job over all its attempts. Mirrors Flink's ``JobMaster``.

    ``graph_bytes`` are those of ``graph``, where they are at hand. ``warn(operator, message)``
    tells the user; ``ended()`` is called once the job has ended for
    good: then :attr:`status`, :attr:`error` tell how.
    """

    def __init__(
        self,
        graph: JobGraph,
        job_id: JobID,
        main: MainThread,
        io: IoExecutor,
        task_managers: TaskManagers,
        warn: Callable[[str, str], None],
        ended: Callable[[], None],
        random: Random | None = None,
        graph_bytes: bytes | None = None,
    ) -> None:
        self.graph = graph
        self.name = graph.name
        self.job_id = job_id
        self.error: BaseException | None = None
        self._main = main
        self._task_managers = task_managers
        self._warn = warn
        self._ended = ended
        self._tracker = StatusTracker(graph.name, main.now())
        self.failures = FailureHistory()
        self.reports = JobReports()
        self.regions = create_regions(graph)
        self.enumerators = Enumerators(graph, main, self._splits_found, self._enumerator_failed)
        self.messenger = Messenger(graph, self.regions, task_managers)
        self._requests = SplitRequests(self.enumerators.coordinator, self.messenger.assign)
        self.alignments = AlignmentGroups(graph, self.messenger.limit)
        self.checkpoints = JobCheckpoints(self, main, io, warn)
        self._backoff = restart_backoff_for(graph.settings, self.checkpoints.enabled, random)
        self._epochs = int(graph.settings.get(ATTEMPT_KEY, "0")) << 32
        self._restart_cancel: Callable[[], None] | None = None
        self._graph_bytes = graph_bytes
        self._delay_ms = 0
        self._ending = False

    # -- status -------------------------------------------------------------------------------

    @property
    def status(self) -> JobStatus:
        """The status now."""
        return self._tracker.status

    @property
    def since(self) -> dict[JobStatus, int]:
        """When each status was reached, epoch ms."""
        return self._tracker.since

    def now(self) -> int:
        """Epoch ms."""
        return self._main.now()

    @property
    def _over(self) -> bool:
        """Whether the job ends or has ended, and nothing can make it go on."""
        return self._ending or self._tracker.ended or self.status in _FAILING

    def runtime_ms(self) -> int:
        """Milliseconds from start to end, or to now."""
        since = self._tracker.since
        end = since[self.status] if self._tracker.ended else self._main.now()
        return end - since[JobStatus.CREATED]

    def _move_to(self, status: JobStatus) -> None:
        self._tracker.move_to(status, self._main.now())

    def graph_changed(self) -> None:
        """What is deployed from now on is the graph as it is now."""
        self._graph_bytes = None

    # -- start --------------------------------------------------------------------------------

    def start(self) -> None:
        """Deploy the job, from a checkpoint where the settings name one."""
        if self._over:
            return
        self.checkpoints.find_start(self._deploy_all, self._fail_for_good)

    def _deploy_all(self) -> None:
        if self._over:
            return
        waiting = [r for r in self.regions if r.status is RegionStatus.CREATED]
        self._task_managers.acquire(
            slots_needed(self.graph.vertices),
            lambda ids: self._deploy(waiting, ids),
            lambda error: self._fail(waiting, error),
        )

    def _deploy(self, regions: Iterable[Region], task_managers: list[str]) -> None:
        if self._over:
            return
        placement = place(self.graph.vertices, task_managers)
        if self._graph_bytes is None:
            self._graph_bytes = serialize(self.graph)
        for region in self.regions:
            if region.status not in (RegionStatus.CREATED, RegionStatus.STOPPING):
                placement.update(region.placement)
        for region in regions:
            if region.status is RegionStatus.CREATED:
                self._deploy_region(region, placement, self.checkpoints.latest)

    def _deploy_region(
        self,
        region: Region,
        placement: dict[SubtaskId, str],
        checkpoint: CompletedCheckpoint | None,
    ) -> None:
        self._epochs += 1
        self.reports.forget(region.epoch, region.vertices)
        region.deploying(self._epochs, placement, checkpoint)
        sources = self._sources_of(region)
        self._requests.forget(sources)
        self.alignments.forget(sources)
        self.enumerators.reset(sources, self.checkpoints.enumerator_states)
        restore = None
        if checkpoint is not None:
            restore = restored_state(
                self.graph,
                region.vertices,
                checkpoint,
                self.checkpoints.may_refer_to(checkpoint),
            )
        assert self._graph_bytes is not None
        for task_manager in region.task_managers():
            self._task_managers.send(
                task_manager,
                m.Deploy(
                    region.epoch,
                    region.attempt,
                    str(self.job_id),
                    self._graph_bytes,
                    region.subtasks_on(task_manager),
                    region.placement,
                    self._task_managers.addresses(),
                    restore,
                    self.checkpoints.enabled,
                ),
            )

    def _sources_of(self, region: Region) -> list[str]:
        return [
            uid
            for vertex in self.graph.vertices
            if vertex.index in region.vertices
            for uid in self.enumerators.of_vertex(vertex)
        ]

    # -- what TaskManagers say ----------------------------------------------------------------

    def receive(self, task_manager: str, message: m.ToJobMaster) -> None:
        """A message of a TaskManager; one of an attempt that is over changes nothing."""
        if self._ending or self._tracker.ended:
            return
        region = next((r for r in self.regions if r.epoch == message.epoch), None)
        if isinstance(message, m.Acknowledge):  # a late one too: its state is to be deleted
            self.checkpoints.acknowledge(message.subtask, message.checkpoint_id, message.state)
            return
        if region is None or region.status is RegionStatus.CREATED:
            return
        if isinstance(message, m.Report):
            self.reports.add(task_manager, message)
            return
        try:
            _HANDLERS[type(message)](self, region, message)
        except Exception as error:  # a user's enumerator, for instance
            self._fail([region], error)

    def _on_running(self, region: Region, message: m.Running) -> None:
        if region.running(message.subtasks) and all(
            r.status in (RegionStatus.RUNNING, RegionStatus.FINISHED) for r in self.regions
        ):
            if self.status is not JobStatus.RUNNING:
                self._move_to(JobStatus.RUNNING)
            self.checkpoints.start()

    def _on_drained(self, region: Region, message: m.Drained) -> None:
        region.drained.add(message.subtask)
        self._check_drained()

    def _check_drained(self) -> None:
        left = [r for r in self.regions if r.status is not RegionStatus.FINISHED]
        if left and all(r.waits_for_last_checkpoint for r in left):
            self.checkpoints.all_drained()

    def _on_finished(self, region: Region, message: m.Finished) -> None:
        ended = region.finish(message.subtask)
        self.checkpoints.subtask_finished(message.subtask)
        if region.status is RegionStatus.STOPPING:
            self._on_cancelled(region, m.Cancelled(region.epoch, [message.subtask]))
        elif ended and all(r.status is RegionStatus.FINISHED for r in self.regions):
            self._end(JobStatus.FINISHED)
        else:
            self._check_drained()

    def _on_failed(self, region: Region, message: m.Failed) -> None:
        error = message.error
        damaged = isinstance(error, CheckpointDamagedError)
        if damaged and region.status is RegionStatus.DEPLOYING and not self._over:
            self._cannot_restore(region, error, message.subtask)
        else:
            self._fail([region], error, message.subtask)

    def _cannot_restore(
        self, region: Region, error: BaseException, subtask: SubtaskId | None
    ) -> None:
        """Its checkpoint is damaged: use an older one, if there is one that may be used."""
        self.failures.add(self._main.now(), error, self._vertex_name(subtask))
        self.checkpoints.suspend(error)
        if self.checkpoints.fall_back(error, region.checkpoint):
            self._bring_back([region], 0)
        else:
            self._fail_for_good(error)

    def _on_cancelled(self, region: Region, message: m.Cancelled) -> None:
        if region.stopped(message.subtasks):
            self._region_stopped()

    def _on_decline(self, region: Region, message: m.Decline) -> None:
        self.checkpoints.decline(message.subtask, message.checkpoint_id, message.reason)

    def _on_request_split(self, region: Region, message: m.RequestSplit) -> None:
        self._requests.request(message.uid, message.subtask)

    def _on_watermark(self, region: Region, message: m.ReportWatermark) -> None:
        self.alignments.report(message.group, message.member, message.watermark)

    def _on_warn(self, region: Region, message: m.Warn) -> None:
        self._warn(message.operator, message.message)

    def lost(self, task_manager: str, reason: str) -> None:
        """A TaskManager is gone, with all that ran there."""
        affected = [
            (region, gone)
            for region in self.regions
            if region.status not in _IDLE and (gone := region.unfinished_on(task_manager))
        ]
        if not affected:
            return
        error = JobExecutionError(f"{task_manager} was lost: {reason}")
        self._fail([region for region, _ in affected], error, affected[0][1][0])
        for region, gone in affected:
            region.stopped(gone)
        self._region_stopped()

    # -- what enumerators say ---------------------------------------------------------------

    def _splits_found(self, uid: str) -> None:
        self._requests.splits_found(uid)

    def _enumerator_failed(self, uid: str, error: BaseException) -> None:
        self._fail([r for r in self.regions if uid in self._sources_of(r)], error)

    # -- failures -----------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """Something that concerns the whole job went wrong, such as too many failed checkpoints."""
        self._fail(self.regions, error)

    def _fail(
        self,
        regions: list[Region],
        error: BaseException,
        subtask: SubtaskId | None = None,
    ) -> None:
        if self._over:
            return
        restarting = self.status is JobStatus.RESTARTING
        if restarting and all(r.status is RegionStatus.STOPPING for r in regions):
            return  # what else falls with an attempt that is given up already
        self.failures.add(self._main.now(), error, self._vertex_name(subtask))
        self.checkpoints.suspend(error)
        is_new = self._backoff.notify_failure(self._main.now())
        if would_fail_again(error) or not self._backoff.can_restart():
            self._fail_for_good(error)
            return
        if is_new:
            self.failures.restarts += 1
        self._tell_restart(error)
        self._bring_back(regions, self._backoff.delay_ms)

    def _tell_restart(self, error: BaseException) -> None:
        newest = self.checkpoints.newest
        where = "its beginning"
        if newest is not None:
            kind = "savepoint" if newest.is_savepoint else "checkpoint"
            where = f"{kind} {newest.checkpoint_id}"
        self._warn(
            self.name,
            f"failed; restart {self.failures.restarts} from {where} in "
            f"{self._backoff.delay_ms} ms:\n{full_text(error)}",
        )

    def _bring_back(self, regions: Iterable[Region], delay_ms: int) -> None:
        self._delay_ms = delay_ms
        if self.status is not JobStatus.RESTARTING:
            self._move_to(JobStatus.RESTARTING)
        self._stop(regions)

    def _vertex_name(self, subtask: SubtaskId | None) -> str:
        if subtask is None:
            return self.name
        vertex = self.graph.vertices[subtask.vertex]
        return f"{vertex.name} ({subtask.subtask + 1}/{vertex.parallelism})"

    def _stop(self, regions: Iterable[Region]) -> None:
        """Tell regions to stop; goes on at :meth:`_region_stopped` once nothing runs."""
        for region in regions:
            told = region.status is RegionStatus.STOPPING
            if region.stop() and not told:
                for task_manager in region.task_managers():
                    self._task_managers.send(task_manager, m.Cancel(region.epoch))
        self._region_stopped()

    def _region_stopped(self) -> None:
        if any(r.status is RegionStatus.STOPPING for r in self.regions):
            return
        if self.status is JobStatus.FAILING:
            self._end(JobStatus.FAILED)
        elif self.status is JobStatus.CANCELLING:
            self._end(JobStatus.CANCELED)
        elif self.status is JobStatus.RESTARTING and self._restart_cancel is None:
            at = self._main.now() + self._delay_ms
            self._restart_cancel = self._main.schedule(at, self._restart)

    def _restart(self, _: int) -> None:
        self._restart_cancel = None
        if self.status is JobStatus.RESTARTING:
            self.checkpoints.find_latest(self._deploy_all, self._fail_for_good)

    def _fail_for_good(self, error: BaseException) -> None:
        if self._over:
            return
        self.error = error
        self._move_to(JobStatus.FAILING)
        self._stop(self.regions)

    # -- ends ---------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Stop the job without a savepoint."""
        if self._over:
            return
        self.error = JobCancelledError(f"job {self.name!r} was cancelled")
        self._move_to(JobStatus.CANCELLING)
        self.checkpoints.suspend(self.error)
        self._stop(self.regions)

    def _end(self, status: JobStatus) -> None:
        """Nothing runs any more: clean up, then tell."""
        if self._ending:
            return
        self._ending = True
        if self._restart_cancel is not None:
            self._restart_cancel()
        self._task_managers.release()
        try:
            self.enumerators.close()
        except Exception as error:
            self._warn(self.name, f"could not be closed: {type(error).__name__}: {error}")
        self.checkpoints.close(status, lambda: self._ended_as(status))

    def _ended_as(self, status: JobStatus) -> None:
        self._move_to(status)
        self._ended()


_HANDLERS: dict[type, Callable[[JobMaster, Region, Any], None]] = {
    m.Running: JobMaster._on_running,
    m.Drained: JobMaster._on_drained,
    m.Finished: JobMaster._on_finished,
    m.Failed: JobMaster._on_failed,
    m.Cancelled: JobMaster._on_cancelled,
    m.Decline: JobMaster._on_decline,
    m.RequestSplit: JobMaster._on_request_split,
    m.ReportWatermark: JobMaster._on_watermark,
    m.Warn: JobMaster._on_warn,
}
