"""The checkpoints of a job as its JobMaster sees them: where it starts, goes on and cleans up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError, RestoreError
from hurtig.checkpoint.settings import CheckpointSettings
from hurtig.common.errors import ProgramError
from hurtig.common.job_status import JobStatus
from hurtig.control.messages import CheckpointAborted, CheckpointComplete
from hurtig.graph.partitioner import ForwardPartitioner
from hurtig.jobmanager.counted_io import CountedIo
from hurtig.jobmanager.failures import short_text
from hurtig.jobmanager.often_told import OftenTold
from hurtig.jobmanager.region import RegionStatus
from hurtig.jobmanager.restore import fit
from hurtig.jobmanager.start_point import StartPoint

if TYPE_CHECKING:
    from hurtig.checkpoint.coordinator import CheckpointCoordinator
    from hurtig.checkpoint.environment import IoExecutor, MainThread
    from hurtig.checkpoint.handles import CompletedCheckpoint, SubtaskId, SubtaskState
    from hurtig.checkpoint.plan import CheckpointPlan, PlanVertex
    from hurtig.jobmanager.job_master import JobMaster
    from hurtig.messages import CheckpointBarrier

Done = Callable[[Any, BaseException | None], None]


class JobCheckpoints:
    """Makes the coordinator when it is needed: a job without checkpoints loads none of it."""

    def __init__(
        self,
        master: JobMaster,
        main: MainThread,
        io: IoExecutor,
        warn: Callable[[str, str], None],
    ) -> None:
        self._master = master
        self._main = main
        self._io = CountedIo(io)
        self._warn = warn
        self._settings = CheckpointSettings.from_configuration(master.graph.settings)
        self.enabled = self._settings.enabled and not master.graph.batch_mode
        self.latest: CompletedCheckpoint | None = None
        """From which the job starts, or goes on after a failure."""
        self.enumerator_states: dict[str, bytes] = {}
        self._start_point = StartPoint(master.graph.settings, str(master.job_id), self._io)
        self._coordinator: CheckpointCoordinator | None = None
        self._early: list[tuple[Callable[[], None], Done]] = []
        """Requests that came before the job ran, and whom to tell where it never does."""
        self._failures = OftenTold(self._tell)

    # -- where the job starts and goes on -----------------------------------------------------

    def find_start(self, go: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        """Look up what the settings name, check that it fits, tell the user; then ``go``."""
        if not self._start_point.wanted:
            go()
            return

        def found(checkpoint: CompletedCheckpoint | None, error: BaseException | None) -> None:
            if error is not None:
                failed(error)
            elif checkpoint is None:
                go()
            else:
                self._use(checkpoint, lambda: self._begin(go, failed), failed)

        try:
            self._start_point.find(found)
        except ProgramError as error:
            failed(error)

    def _begin(self, go: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        master, checkpoint = self._master, self.latest
        assert checkpoint is not None
        try:
            difference = fit(master.graph, checkpoint, self._start_point.allow_non_restored)
        except RestoreError as error:
            failed(error)
            return
        master.graph_changed()
        self._warn(master.name, difference.render(checkpoint))
        self._start_point.ids.above(checkpoint.checkpoint_id)
        self._make().statistics.restored(checkpoint, self._main.now())
        go()

    def find_latest(self, go: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        """After a failure: the newest complete checkpoint, or where the job started."""
        newest = self.newest
        if newest is None or newest is self.latest:
            go()
        else:
            self._use(newest, go, failed)

    @property
    def newest(self) -> CompletedCheckpoint | None:
        """From which the job would go on if it failed now."""
        return self._start_point.newest() or self.latest

    def may_refer_to(self, checkpoint: CompletedCheckpoint) -> bool:
        """Whether later checkpoints may refer to the files of this one."""
        return self._start_point.may_refer_to(checkpoint)

    def _use(
        self,
        checkpoint: CompletedCheckpoint,
        go: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Go on from this one, once what the enumerators need is read."""

        def read(states: dict[str, bytes] | None, error: BaseException | None) -> None:
            if states is not None:
                self.latest, self.enumerator_states = checkpoint, states
                go()
                return
            assert error is not None
            older = None
            if self.fall_back(error, checkpoint):
                older = self._start_point.newest()
            if older is not None:
                self._use(older, go, failed)
            else:
                failed(error)

        self._io.run(lambda: self._start_point.read_enumerators(checkpoint), read)

    def fall_back(self, error: BaseException, damaged: CompletedCheckpoint | None) -> bool:
        """A checkpoint cannot be read: whether an older one is used instead."""
        if not isinstance(error, CheckpointDamagedError) or damaged is None:
            return False
        return self._start_point.fall_back(damaged, self._master.graph, self._tell)

    # -- life cycle ---------------------------------------------------------------------------

    def start(self) -> None:
        """All subtasks run."""
        if self.enabled or self._coordinator is not None:
            self._make().start()
        early, self._early = self._early, []
        for request, _ in early:
            request()

    def suspend(self, error: BaseException) -> None:
        """Not all subtasks run any more."""
        if self._coordinator is not None:
            from hurtig.checkpoint.failures import CheckpointFailureReason

            self._coordinator.stop(CheckpointFailureReason.SUSPENDED, short_text(error))

    def close(self, status: JobStatus, done: Callable[[], None]) -> None:
        """The job has ended: keep or delete what it left, as its settings say."""
        early, self._early = self._early, []
        for _, refused in early:
            refused(None, CheckpointError("the job ended before all of its subtasks were running"))
        if self._coordinator is None:
            done()
            return
        self._coordinator.stop()
        if isinstance(self._master.error, CheckpointDamagedError):
            done()  # the older ones are all that the user has now
            return
        store = self._start_point.store
        # What is still being written would be written anew into what is deleted.
        self._io.when_idle(lambda: store.job_ended(status, done))

    def _make(self) -> CheckpointCoordinator:
        coordinator = self._coordinator
        if coordinator is None:
            from hurtig.checkpoint.coordinator import CheckpointCoordinator
            from hurtig.checkpoint.statistics import CheckpointStatsTracker, history_size

            master = self._master
            coordinator = self._coordinator = CheckpointCoordinator(
                self._settings,
                str(master.job_id),
                master.name,
                self._plan,
                self,
                self._main,
                self._io,
                self._start_point.storage,
                self._start_point,
                self._start_point.ids,
                CheckpointStatsTracker(history_size(master.graph.settings)),
            )
            self._start_point.store.on_deleted = coordinator.statistics.discarded
        return coordinator

    # -- what subtasks say --------------------------------------------------------------------

    def acknowledge(self, subtask: SubtaskId, checkpoint_id: int, state: SubtaskState) -> None:
        """A subtask has stored its part."""
        self._make().acknowledge(subtask, checkpoint_id, state)

    def decline(self, subtask: SubtaskId, checkpoint_id: int, reason: str) -> None:
        """A subtask cannot take part."""
        self._make().decline(subtask, checkpoint_id, reason)

    def subtask_finished(self, subtask: SubtaskId) -> None:
        """Nothing is to be expected of it any more."""
        if self._coordinator is not None:
            self._coordinator.subtask_finished(subtask)

    def all_drained(self) -> None:
        """All have read everything."""
        self._make().all_drained()

    # -- requests of the user -----------------------------------------------------------------

    def trigger_checkpoint(self, done: Done) -> None:
        """Take a checkpoint; ``done`` gets its id."""
        given = _give(done, lambda c: c.checkpoint_id)
        self._when_running(lambda: self._ready().trigger_checkpoint(given), done)

    def trigger_savepoint(self, directory: str | None, done: Done) -> None:
        """Take a savepoint; ``done`` gets its URL."""
        given = _give(done, lambda c: c.location)
        self._when_running(lambda: self._ready().trigger_savepoint(directory, given), done)

    def stop_with_savepoint(self, drain: bool, directory: str | None, done: Done) -> None:
        """Take a savepoint behind which the job ends; ``done`` gets its URL."""
        given = _give(done, lambda c: c.location)
        self._when_running(
            lambda: self._ready().trigger_savepoint(directory, given, stop=True, drain=drain), done
        )

    def _when_running(self, request: Callable[[], None], done: Done) -> None:
        """At once, but for a job that is only about to start."""
        if self._master.graph.batch_mode:
            raise CheckpointError("a job in BATCH mode takes no checkpoints and no savepoints")
        if self._master.status is JobStatus.CREATED:
            self._early.append((request, done))
        else:
            request()

    def _ready(self) -> CheckpointCoordinator:
        coordinator = self._make()
        if self._master.status is JobStatus.RUNNING and not coordinator.running:
            coordinator.start()
        return coordinator

    def reconfigure(self, settings: dict[str, str]) -> None:
        """Other intervals and timeouts from now on. Raises ``ProgramError`` for what cannot be,
        and then changes nothing."""
        graph = self._master.graph
        changed = CheckpointSettings.from_configuration({**graph.settings, **settings})
        if changed.enabled and not self.enabled:
            raise ProgramError(
                f"job {graph.name!r} was started without checkpoints, and its sinks made their "
                "results final without them: start it with execution.checkpointing.interval"
            )
        graph.settings.update(settings)
        self._settings = changed
        if self._coordinator is not None:
            self._coordinator.reconfigure(changed)

    def statistics(self) -> dict[str, Any]:
        """As ``/jobs/:id/checkpoints`` answers."""
        return self._make().statistics.to_json()

    def details(self, checkpoint_id: int, vertex_id: str | None) -> dict[str, Any] | None:
        """As ``/jobs/:id/checkpoints/details/:cid`` answers, of one vertex where it is named."""
        statistics = self._make().statistics
        if vertex_id is None:
            return statistics.details_to_json(checkpoint_id)
        return statistics.vertex_to_json(checkpoint_id, vertex_id)

    def configuration(self) -> dict[str, Any]:
        """As ``/jobs/:id/checkpoints/config`` answers."""
        from hurtig.checkpoint.statistics import config_to_json

        backend = self._master.graph.settings.get("state.backend.type", "hashmap").lower()
        names = {"rocksdb": "EmbeddedRocksDBStateBackend", "hashmap": "HashMapStateBackend"}
        storage = type(self._start_point.storage).__name__
        return config_to_json(self._settings, storage, names.get(backend, backend))

    # -- hooks of the coordinator -------------------------------------------------------------

    def _plan(self) -> CheckpointPlan | None:
        from hurtig.checkpoint.plan import create_plan

        regions = self._master.regions
        running = (RegionStatus.RUNNING, RegionStatus.FINISHED)
        if not all(region.status in running for region in regions):
            return None
        finished = [subtask for region in regions for subtask in region.finished]
        return create_plan(plan_vertices(self._master), finished)

    def snapshot_enumerators(self, checkpoint_id: int) -> dict[str, bytes]:
        """The state of every enumerator."""
        return self._master.enumerators.snapshot()

    def send_trigger(self, barrier: CheckpointBarrier, subtasks: Iterable[SubtaskId]) -> None:
        """Pass it on."""
        self._master.messenger.trigger(barrier, subtasks)

    def notify_complete(self, checkpoint_id: int) -> None:
        """Tell all subtasks."""
        self._master.messenger.tell_all(lambda epoch: CheckpointComplete(epoch, checkpoint_id))

    def notify_aborted(self, checkpoint_id: int) -> None:
        """Tell all subtasks."""
        self._master.messenger.tell_all(lambda epoch: CheckpointAborted(epoch, checkpoint_id))

    def fail_job(self, error: BaseException) -> None:
        """Too many failed in a row."""
        self._master.fail(error)

    def log(self, message: str) -> None:
        """For the user."""
        self._failures.tell(message)

    def _tell(self, message: str) -> None:
        self._warn(self._master.name, message)


def plan_vertices(master: JobMaster) -> list[PlanVertex]:
    """The job graph as checkpoints see it."""
    from hurtig.checkpoint.plan import PlanOperator, PlanVertex, Upstream

    return [
        PlanVertex(
            vertex.index,
            vertex.name,
            vertex.parallelism,
            vertex.max_parallelism,
            tuple(PlanOperator(node.uid, node.name) for node in vertex.nodes),
            tuple(
                Upstream(e.source_vertex, isinstance(e.partitioner, ForwardPartitioner))
                for e in vertex.in_edges
            ),
        )
        for vertex in master.graph.vertices
    ]


def _give(done: Done, result: Callable[[CompletedCheckpoint], Any]) -> Done:
    """``done`` is to get a part of the checkpoint."""

    def given(checkpoint: CompletedCheckpoint | None, error: BaseException | None) -> None:
        done(result(checkpoint) if checkpoint is not None else None, error)

    return given
