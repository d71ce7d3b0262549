"""The checkpoint coordinator: decides when checkpoints are taken, and follows each to its end.

One checkpoint goes through these steps, in the JobMaster's main thread but for what is marked:

    its turn comes -> folder created (I/O) -> enumerators snapshotted and barriers sent (one step)
    -> every subtask acknowledged or finished -> metadata written (I/O) -> added to the store
    -> subtasks told to commit

At any step it may be aborted instead: subtasks are told, and what was stored is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from hurtig.checkpoint.errors import CheckpointError
from hurtig.checkpoint.failures import (
    CheckpointFailureManager,
    CheckpointFailureReason,
    error_text,
    reason_of_decline,
    sentence,
)
from hurtig.checkpoint.leftovers import Leftovers
from hurtig.checkpoint.pending import (
    Acceptance,
    Callback,
    CheckpointRequest,
    PendingCheckpoint,
    PendingStatus,
)
from hurtig.checkpoint.plan import obstacle
from hurtig.checkpoint.requests import RequestQueue
from hurtig.checkpoint.statistics import CheckpointStatsTracker
from hurtig.checkpoint.trigger import TriggerSchedule

_log = logging.getLogger("hurtig.checkpoint")

if TYPE_CHECKING:
    from hurtig.checkpoint.contracts import CompletedStore, CoordinatorHooks
    from hurtig.checkpoint.environment import IoExecutor, MainThread
    from hurtig.checkpoint.handles import CompletedCheckpoint, SubtaskId, SubtaskState
    from hurtig.checkpoint.plan import CheckpointPlan
    from hurtig.checkpoint.settings import CheckpointSettings
    from hurtig.checkpoint.storage.contract import CheckpointStorage


class CheckpointCoordinator:
    """Takes the checkpoints of one job. Mirrors Flink's ``CheckpointCoordinator``.

    ``plan_source()`` gives who takes part now, ``None`` while not all are running;
    ``next_id()`` gives an id above every one that was ever used for the job. All methods are to be
    called in the main thread; all callbacks come in it.
    """

    def __init__(
        self,
        settings: CheckpointSettings,
        job_id: str,
        job_name: str,
        plan_source: Callable[[], CheckpointPlan | None],
        hooks: CoordinatorHooks,
        main: MainThread,
        io: IoExecutor,
        storage: CheckpointStorage,
        store: CompletedStore,
        next_id: Callable[[], int],
        statistics: CheckpointStatsTracker | None = None,
    ) -> None:
        self.settings = settings
        self.statistics = statistics if statistics is not None else CheckpointStatsTracker()
        self._job = (job_id, job_name)
        self._plan_source = plan_source
        self._hooks = hooks
        self._main = main
        self._io = io
        self._storage = storage
        self._store = store
        self._next_id = next_id
        self._failures = CheckpointFailureManager(settings.tolerable_failures)
        self._schedule = TriggerSchedule(settings)
        self._pending: dict[int, PendingCheckpoint] = {}
        self._locating: PendingCheckpoint | None = None
        self._requests = RequestQueue()
        self._leftovers = Leftovers(storage, store, io, hooks.log)
        self._running = False
        self._stopping = False
        self._cancel_timer: Callable[[], None] | None = None

    # -- life cycle ---------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether checkpoints are taken."""
        return self._running

    @property
    def pending(self) -> list[int]:
        """Ids of those under way, oldest first."""
        return sorted(self._pending)

    def start(self) -> None:
        """All subtasks are running: take checkpoints from now on. Again: no effect."""
        if not self._running:
            self._running = True
            self._stopping = False
            self._schedule.start(self._main.now())
            self._pump()

    def stop(
        self, reason: CheckpointFailureReason = CheckpointFailureReason.SUSPENDED, detail: str = ""
    ) -> None:
        """Not all subtasks are running any more, or the job ends: abort everything under way and
        take no checkpoints until :meth:`start`."""
        self._running = False
        self._disarm()
        self._schedule.stop()
        self.abort_all(reason, detail)

    def abort_all(
        self, reason: CheckpointFailureReason = CheckpointFailureReason.SUSPENDED, detail: str = ""
    ) -> None:
        """Give up everything that is under way or asked for; the schedule goes on."""
        for pending in list(self._pending.values()):
            self._abort(pending, reason, detail)
        self._stopping = False
        self._requests.refuse_all(CheckpointError(sentence("the checkpoint", reason, detail)))
        self._pump()

    def reconfigure(self, settings: CheckpointSettings) -> None:
        """Other settings from now on, also for the checkpoints under way."""
        old, self.settings = self.settings, settings
        self._failures.tolerable = settings.tolerable_failures
        self._schedule.reconfigure(settings, self._main.now())
        if settings.timeout != old.timeout:
            for pending in list(self._pending.values()):
                self._arm_timeout(pending)
        self._pump()

    # -- requests -----------------------------------------------------------------------------

    def trigger_checkpoint(self, callback: Callback | None = None) -> None:
        """Take a checkpoint as soon as ``max_concurrent`` allows, whatever the pause."""
        if self._running and not self._stopping:
            self._requests.add_checkpoint(callback)
            self._pump()
        elif callback is not None:
            callback(None, self._not_running("a checkpoint"))

    def trigger_savepoint(
        self,
        directory: str | None,
        callback: Callback | None = None,
        stop: bool = False,
        drain: bool = False,
    ) -> None:
        """Take a savepoint at once, below ``directory`` or the configured default.

        It belongs to the user, who may delete it: no failed job goes on from it, so that sinks do
        not commit with it where there are periodic checkpoints to commit with.

        ``stop``: the sources end with it (``drain``: as at the end of their data, so that windows
        and timers fire first). It completes as a checkpoint does: sinks commit, and a job that
        fails while it stops goes on from it; no other checkpoint is taken after it. If it fails,
        the job goes on as before.
        """
        if not self._running or self._stopping:
            if callback is not None:
                callback(None, self._not_running("a savepoint"))
            return
        self._stopping = stop
        self._requests.add_savepoint(directory, callback, stop, drain)
        if stop:
            self._requests.refuse_checkpoints(self._not_running("a checkpoint"))
        self._pump()

    def all_drained(self) -> None:
        """Every subtask that has not finished has read everything, and waits for a checkpoint to
        make that final: take it now, unless one with a later barrier is under way."""
        if self._running and not any(p.after_drain for p in self._pending.values()):
            self._schedule.drained(self._main.now())
            self._pump()

    # -- what subtasks say --------------------------------------------------------------------

    def acknowledge(self, subtask: SubtaskId, checkpoint_id: int, state: SubtaskState) -> None:
        """A subtask has stored its part."""
        pending = self._pending.get(checkpoint_id)
        accepted = pending.acknowledge(subtask, state) if pending else Acceptance.UNKNOWN
        if accepted is Acceptance.UNKNOWN:
            self._leftovers.late(checkpoint_id, state)
        if accepted is not Acceptance.TAKEN or pending is None:
            _log.debug("checkpoint %s: %s: %s", checkpoint_id, tuple(subtask), accepted.value)
        else:
            self.statistics.acknowledged(checkpoint_id, subtask, state, self._main.now())
            self._complete_if_acknowledged(pending)

    def decline(self, subtask: SubtaskId, checkpoint_id: int, reason: str) -> None:
        """A subtask cannot take part."""
        pending = self._pending.get(checkpoint_id)
        if pending is None or pending.plan is None:
            return
        who = pending.plan.describe(subtask)
        kind = reason_of_decline(reason)
        detail = f"by {who}: {reason}" if kind is CheckpointFailureReason.DECLINED else who
        self._abort(pending, kind, detail)
        self._pump()

    def subtask_finished(self, subtask: SubtaskId) -> None:
        """A subtask has ended well: nothing of it is waited for any more."""
        for pending in list(self._pending.values()):
            pending.finish(subtask)
            self._complete_if_acknowledged(pending)

    # -- trigger ------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Begin what may begin now, and set the timer for what may begin later."""
        self._disarm()
        if not self._running or self._locating is not None:
            return
        now = self._main.now()
        request = self._requests.next_savepoint()
        if request is None:
            if self._stopping or len(self._pending) >= self.settings.max_concurrent:
                return
            request = self._requests.next_checkpoint()
        if request is not None:
            self._begin(request, now)
        else:
            due = self._schedule.due()
            if due is None:
                return
            if due > now:
                self._cancel_timer = self._main.schedule(due, self._on_timer)
            elif self._obstacle(self._plan_source()) is None:
                self._begin(CheckpointRequest(), now)
            else:
                self._schedule.begun(now)
                self._pump()

    def _on_timer(self, _: int) -> None:
        self._cancel_timer = None
        self._pump()

    def _disarm(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    def _begin(self, request: CheckpointRequest, now: int) -> None:
        """Give it an id and create its folder. One at a time: barriers leave in order of ids."""
        if not request.is_savepoint:
            self._schedule.begun(now)
        checkpoint_id = self._next_id()
        pending = PendingCheckpoint(checkpoint_id, now, request)
        self._pending[checkpoint_id] = self._locating = pending
        unaligned = self.settings.unaligned and not request.is_savepoint
        self.statistics.triggered(checkpoint_id, now, request.is_savepoint, request.stop, unaligned)
        self._arm_timeout(pending)
        locate = pending.locator(self._storage)
        self._io.run(locate, lambda location, error: self._located(pending, location, error))

    def _located(
        self, pending: PendingCheckpoint, location: str | None, error: BaseException | None
    ) -> None:
        if pending.status is PendingStatus.ABORTED:
            self._leftovers.delete(location or "")
            return
        self._locating = None
        if error is not None:
            self._abort(pending, CheckpointFailureReason.IO_ERROR, error_text(error))
        else:
            pending.location = location or ""
            self._send(pending)
        self._pump()

    def _send(self, pending: PendingCheckpoint) -> None:
        """Snapshot the enumerators and send the barriers, with nothing in between."""
        plan = self._plan_source()
        why = self._obstacle(plan)
        if plan is None or why is not None:
            self._abort(pending, CheckpointFailureReason.NOT_ALL_RUNNING, why or "")
            return
        try:
            enumerators = self._hooks.snapshot_enumerators(pending.checkpoint_id)
        except Exception as error:
            self._abort(pending, CheckpointFailureReason.ENUMERATOR_ERROR, error_text(error))
            return
        pending.triggered(pending.location, plan, enumerators)
        pending.after_drain = self._schedule.waits_for_last and pending.restores
        if pending.after_drain:
            self._schedule.last_is_under_way()
        self.statistics.planned(pending.checkpoint_id, plan)
        barrier = pending.barrier(self.settings, self._main.now())
        self._hooks.send_trigger(barrier, plan.triggered)

    def _obstacle(self, plan: CheckpointPlan | None) -> str | None:
        """Why there can be no checkpoint now. The last one is taken in any case."""
        last = self._schedule.waits_for_last
        return obstacle(plan, self.settings.after_tasks_finish or last)

    def _arm_timeout(self, pending: PendingCheckpoint) -> None:
        pending.cancel_timeout()
        pending.cancel_timeout = self._main.schedule(
            pending.timestamp + self.settings.timeout, lambda _: self._on_timeout(pending)
        )

    def _on_timeout(self, pending: PendingCheckpoint) -> None:
        detail = f"after {self.settings.timeout} ms, {pending.progress()}"
        self._abort(pending, CheckpointFailureReason.EXPIRED, detail)
        self._pump()

    # -- ends ---------------------------------------------------------------------------------

    def _complete_if_acknowledged(self, pending: PendingCheckpoint) -> None:
        if pending.fully_acknowledged:
            write = pending.writer(self._storage, *self._job, self._main.now())
            self._io.run(write, lambda done, error: self._written(pending, done, error))

    def _written(
        self,
        pending: PendingCheckpoint,
        completed: CompletedCheckpoint | None,
        error: BaseException | None,
    ) -> None:
        if pending.status is PendingStatus.ABORTED:
            for folder in (pending.location, *pending.copies):
                self._leftovers.delete(folder)
            return
        if error is None and completed is not None and pending.restores:
            try:
                self._store.add(completed)
            except Exception as failed:
                error = failed
        if error is not None or completed is None:
            pending.status = PendingStatus.WAITING  # nobody writes any more
            for folder in pending.copies:
                self._leftovers.delete(folder)
            self._abort(pending, CheckpointFailureReason.IO_ERROR, error_text(error))
        else:
            self._completed(pending, completed)
        self._pump()

    def _completed(self, pending: PendingCheckpoint, completed: CompletedCheckpoint) -> None:
        self._end(pending, PendingStatus.COMPLETED)
        self._failures.succeeded()
        self.statistics.completed(pending.checkpoint_id, completed, self._main.now())
        if pending.after_drain:
            self._schedule.last_completed()
        if pending.restores or not self.settings.enabled:
            self._hooks.notify_complete(pending.checkpoint_id)
        if pending.restores:
            for older in list(self._pending.values()):
                if older.checkpoint_id < pending.checkpoint_id and not older.is_savepoint:
                    self._abort(older, CheckpointFailureReason.SUBSUMED)
        for callback in pending.request.callbacks:
            callback(completed, None)

    def _abort(
        self, pending: PendingCheckpoint, reason: CheckpointFailureReason, detail: str = ""
    ) -> None:
        if self._pending.get(pending.checkpoint_id) is not pending:
            return
        was = pending.status
        self._end(pending, PendingStatus.ABORTED)
        id_, now = pending.checkpoint_id, self._main.now()
        message = sentence(pending.name, reason, detail)
        if reason.counts:
            self._hooks.log(message)
        self.statistics.failed(id_, now, message)
        if self._locating is pending:
            self._locating = None
        if pending.plan is not None:
            self._hooks.notify_aborted(id_)
        # Who writes its metadata deletes it afterwards, see _written.
        self._leftovers.aborted(pending, was is not PendingStatus.WRITING)
        if pending.after_drain:
            self._schedule.last_failed(now)
        if reason.passes and self._running and self._requests.again(pending.request):
            return
        if pending.is_stop:
            self._stopping = False
        error = CheckpointError(message)
        for callback in pending.request.callbacks:
            callback(None, error)
        fatal = self._failures.failed(id_, reason, message, pending.is_savepoint)
        if fatal is not None and self._running:
            self._hooks.fail_job(fatal)

    def _end(self, pending: PendingCheckpoint, status: PendingStatus) -> None:
        pending.status = status
        pending.cancel_timeout()
        del self._pending[pending.checkpoint_id]
        if not pending.is_savepoint:
            self._schedule.ended(self._main.now())

    def _not_running(self, what: str) -> CheckpointError:
        if self._stopping:
            return CheckpointError(f"{what} cannot be taken: the job stops with a savepoint")
        return CheckpointError(
            f"{what} cannot be taken: not all subtasks of the job are running; try again later"
        )
