"""A subtask's part in checkpoints: alignment, snapshots, what follows their completion."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hurtig.checkpoint.alignment import (
    Abort,
    Action,
    Alignment,
    BarrierAlignment,
    BarrierTracker,
    Block,
    Complete,
    TakeSnapshot,
    UnblockAll,
)
from hurtig.checkpoint.handles import SubtaskId
from hurtig.messages import CancelBarrier, CheckpointBarrier
from hurtig.runtime.in_flight import InFlightRecorder
from hurtig.runtime.operator_snapshot import has_state, release_snapshot, take_snapshot
from hurtig.state.values import StateValueError

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator
    from hurtig.operators.processing_time import ProcessingTimeService
    from hurtig.runtime.channel_id import ChannelId
    from hurtig.runtime.inbox import Inbox, InputGate
    from hurtig.runtime.task import Task
    from hurtig.state.snapshot import OperatorSnapshot


class CheckpointResponder(Protocol):
    """Where a subtask reports; called in the task's thread."""

    def snapshot_taken(
        self,
        subtask: SubtaskId,
        barrier: CheckpointBarrier,
        snapshots: dict[str, OperatorSnapshot],
        in_flight: bytes | None,
        alignment_ms: int,
        sync_ms: int,
    ) -> None:
        """State by uid, to be stored and acknowledged; ``in_flight`` as of ``in_flight.py``."""

    def declined(self, subtask: SubtaskId, checkpoint_id: int, reason: str) -> None:
        """The subtask cannot take part in the checkpoint."""

    def drained(self, subtask: SubtaskId) -> None:
        """No more records; the subtask waits for a last checkpoint."""


class _Unaligned:
    """A checkpoint whose snapshot is taken and whose last barriers are awaited."""

    def __init__(self, barrier: CheckpointBarrier, started: int, pending: frozenset[int]) -> None:
        self.barrier = barrier
        self.started = started
        self.pending = set(pending)
        self.snapshots: dict[str, OperatorSnapshot] = {}
        self.recorder = InFlightRecorder()
        self.sync_ms = 0


class SubtaskCheckpoints:
    """Connects a task with the checkpoints of its job; set as ``task.checkpointing``.

    ``time``          clock and timers of the slot.
    ``exactly_once``  else at least once: barriers block nothing.
    ``wait_at_end``   whether the subtask, once it has no more records, waits for a checkpoint.
    """

    def __init__(
        self,
        task: Task,
        subtask: SubtaskId,
        responder: CheckpointResponder,
        time: ProcessingTimeService,
        max_parallelism: int,
        exactly_once: bool = True,
        wait_at_end: bool = True,
    ) -> None:
        self.wait_at_end = wait_at_end
        self._task = task
        self._subtask = subtask
        self._responder = responder
        self._time = time
        self._max_parallelism = max_parallelism
        self._inbox: Inbox | None = getattr(task, "inbox", None)
        channels = 0 if self._inbox is None else len(self._inbox.places)
        kind = BarrierAlignment if exactly_once else BarrierTracker
        self._alignment: Alignment = kind(channels)
        for gate in self._inbox.gates if self._inbox is not None else ():
            for number, ended in enumerate(gate.ended):
                if ended:  # before the first checkpoint of a job that takes none by itself
                    self._alignment.end_of_input(gate.first_place + number, time.now())
        self._unaligned: _Unaligned | None = None
        self._timers: dict[int, Callable[[], None]] = {}
        """Cancels the timer of each checkpoint whose alignment has a limit."""
        self._final: int | None = None
        """The first checkpoint that was taken after the end of the data."""
        self._stop: int | None = None
        """The savepoint that ends the job."""

    # -- events of the task -------------------------------------------------------------------

    def trigger(self, barrier: CheckpointBarrier) -> None:
        """Take it at once where there are no channels, else when all have ended."""
        self._run(self._alignment.trigger(barrier, self._time.now()))

    def barrier(self, gate: InputGate, channel: int, barrier: CheckpointBarrier) -> None:
        """A barrier has come on this channel."""
        place = gate.first_place + channel
        overtaken = gate.channels[channel].overtaken() if barrier.unaligned else []
        unaligned = self._unaligned
        if unaligned is not None and unaligned.barrier.checkpoint_id == barrier.checkpoint_id:
            self._record(gate.ids[channel], overtaken)
            unaligned.pending.discard(place)
            overtaken = []
        actions = self._alignment.barrier(place, barrier, self._time.now())
        self._run(actions, (gate.ids[channel], overtaken))
        self._watch_alignment(barrier)

    def cancel(self, checkpoint_id: int) -> None:
        """A sender gave the checkpoint up."""
        self._run(self._alignment.cancel(checkpoint_id), cancelled=True)

    def end_of_input(self, gate: InputGate, channel: int) -> None:
        """A channel brings no more barriers."""
        self._run(self._alignment.end_of_input(gate.first_place + channel, self._time.now()))

    def receive_urgent(self) -> None:
        """Take the priority barriers; watch the time of those that may become unaligned."""
        inbox = self._inbox
        assert inbox is not None
        while inbox.announced:
            self._watch_alignment(inbox.announced.popleft())
        while (received := inbox.receive_urgent()) is not None:
            self.barrier(*received)

    def drained(self) -> None:
        """The task has no more records."""
        self._responder.drained(self._subtask)

    # -- news from the JobMaster --------------------------------------------------------------

    def notify_complete(self, checkpoint_id: int) -> None:
        """Commit; end the task where it has waited for this."""
        for part in self._task.parts:
            part.notify_checkpoint_complete(checkpoint_id)
            _tell_backend(part, "notify_checkpoint_complete", checkpoint_id)
        final = self._final
        if self._stop == checkpoint_id or (final is not None and checkpoint_id >= final):
            self._task.finish_when_committed()

    def notify_aborted(self, checkpoint_id: int) -> None:
        """Give the checkpoint up; go on where it was to end the job."""
        self.cancel(checkpoint_id)
        for part in self._task.parts:
            part.notify_checkpoint_aborted(checkpoint_id)
            _tell_backend(part, "notify_checkpoint_aborted", checkpoint_id)
        if self._stop != checkpoint_id:
            return
        self._stop = None
        self._set_stopping(False)
        if self._task.drained and not self.wait_at_end:
            self._task.finish_when_committed()

    def close(self) -> None:
        """Forget what is under way."""
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        self._drop_unaligned()

    # -- actions ------------------------------------------------------------------------------

    def _run(
        self,
        actions: list[Action],
        overtaken: tuple[ChannelId, list[Any]] | None = None,
        cancelled: bool = False,
    ) -> None:
        for action in actions:
            if isinstance(action, Block):
                assert self._inbox is not None
                self._inbox.block(action.channel)
            elif isinstance(action, UnblockAll):
                if self._inbox is not None:
                    self._inbox.unblock_all()
            elif isinstance(action, TakeSnapshot):
                self._forget_timers(action.barrier.checkpoint_id)
                if action.barrier.unaligned:
                    self._take_unaligned(action, overtaken)
                else:
                    self._take_aligned(action)
            elif isinstance(action, Complete):
                self._complete_unaligned()
            else:
                self._abort(action, cancelled)

    def _take_aligned(self, action: TakeSnapshot) -> None:
        barrier = action.barrier
        now = self._time.now()
        started = time.perf_counter()
        self._prepare(barrier)
        for output in self._task.outputs:
            output.broadcast(barrier)
        snapshots = self._snapshots(barrier)
        if snapshots is None:
            return
        self._responder.snapshot_taken(
            self._subtask,
            barrier,
            snapshots,
            None,
            max(0, now - action.started),
            _millis_since(started),
        )

    def _take_unaligned(
        self, action: TakeSnapshot, overtaken: tuple[ChannelId, list[Any]] | None
    ) -> None:
        barrier = action.barrier
        started = time.perf_counter()
        self._prepare(barrier)
        sent = [held for output in self._task.outputs for held in output.overtake(barrier)]
        snapshots = self._snapshots(barrier)
        if snapshots is None:
            return
        unaligned = self._unaligned = _Unaligned(barrier, action.started, action.pending)
        unaligned.snapshots = snapshots
        try:
            self._record_in_hand(unaligned.recorder)
            if overtaken is not None:
                unaligned.recorder.received(*overtaken)
            for id_, messages in sent:
                unaligned.recorder.sent(id_, messages)
        except StateValueError as e:
            self._decline_unaligned(str(e))
            return
        unaligned.sync_ms = _millis_since(started)
        if self._inbox is not None:
            self._inbox.recorder = self._received

    def _record_in_hand(self, recorder: InFlightRecorder) -> None:
        inbox = self._inbox
        if inbox is None:
            return
        in_hand = getattr(self._task, "unprocessed", None)
        if in_hand is not None:
            gate, channel, rest = in_hand
            recorder.received(gate.ids[channel], [rest])
        for gate, channel, message in inbox.restored:
            recorder.received(gate.ids[channel], [message])

    def _received(self, place: int, message: Any) -> None:
        """A message came while an unaligned checkpoint waits for barriers."""
        unaligned = self._unaligned
        if unaligned is not None and place in unaligned.pending:
            assert self._inbox is not None
            gate, channel, _ = self._inbox.places[place]
            self._record(gate.ids[channel], [message])

    def _record(self, id_: ChannelId, messages: list[Any]) -> None:
        unaligned = self._unaligned
        if unaligned is None:
            return
        try:
            unaligned.recorder.received(id_, messages)
        except StateValueError as e:
            self._decline_unaligned(str(e))

    def _complete_unaligned(self) -> None:
        unaligned = self._unaligned
        if unaligned is None:
            return  # declined before
        self._forget_unaligned()
        self._responder.snapshot_taken(
            self._subtask,
            unaligned.barrier,
            unaligned.snapshots,
            unaligned.recorder.to_bytes(),
            max(0, self._time.now() - unaligned.started),
            unaligned.sync_ms,
        )

    def _prepare(self, barrier: CheckpointBarrier) -> None:
        checkpoint_id = barrier.checkpoint_id
        for part in self._task.parts:
            part.prepare_snapshot(checkpoint_id, barrier.is_savepoint)
        if self._task.drained and self._final is None:
            self._final = checkpoint_id
        if barrier.stop:
            self._stop = checkpoint_id
            self._set_stopping(True)

    def _set_stopping(self, stopping: bool) -> None:
        self._task.stopping = stopping
        for part in self._task.parts:
            part.suspend(stopping)

    def _snapshots(self, barrier: CheckpointBarrier) -> dict[str, OperatorSnapshot] | None:
        """The state of all operators; ``None`` where it cannot be written."""
        snapshots: dict[str, OperatorSnapshot] = {}
        try:
            for part in self._task.parts:
                taken = take_snapshot(
                    part, barrier.checkpoint_id, self._max_parallelism, barrier.is_savepoint
                )
                if has_state(taken):
                    snapshots[part.context.uid] = taken
        except StateValueError as e:
            for snapshot in snapshots.values():
                release_snapshot(snapshot)
            self._responder.declined(
                self._subtask, barrier.checkpoint_id, f"{part.context.name}: {e}"
            )
            return None
        return snapshots

    def _abort(self, action: Abort, cancelled: bool) -> None:
        self._forget_timers(action.checkpoint_id)
        if action.taken:
            self._drop_unaligned()
        else:
            for output in self._task.outputs:
                output.broadcast(CancelBarrier(action.checkpoint_id))
        if not cancelled:
            self._responder.declined(self._subtask, action.checkpoint_id, action.reason)

    def _decline_unaligned(self, reason: str) -> None:
        assert self._unaligned is not None
        checkpoint_id = self._unaligned.barrier.checkpoint_id
        self._drop_unaligned()
        self._responder.declined(self._subtask, checkpoint_id, reason)

    def _drop_unaligned(self) -> None:
        if self._unaligned is not None:
            for snapshot in self._unaligned.snapshots.values():
                release_snapshot(snapshot)
            self._forget_unaligned()

    def _forget_unaligned(self) -> None:
        self._unaligned = None
        if self._inbox is not None:
            self._inbox.recorder = None

    # -- the limit of alignment ---------------------------------------------------------------

    def _watch_alignment(self, barrier: CheckpointBarrier) -> None:
        checkpoint_id, timeout = barrier.checkpoint_id, barrier.alignment_timeout
        if (
            timeout < 0
            or barrier.unaligned
            or barrier.is_savepoint
            or checkpoint_id in self._timers
            or self._alignment.is_past(checkpoint_id)
        ):
            return
        self._timers[checkpoint_id] = self._time.schedule(
            barrier.timestamp + timeout, lambda _: self._align_no_longer(checkpoint_id)
        )

    def _align_no_longer(self, checkpoint_id: int) -> None:
        self._timers.pop(checkpoint_id, None)
        if self._inbox is None or self._alignment.is_past(checkpoint_id):
            return
        self._run(self._alignment.timer(self._time.now()))
        for _, _, channel in self._inbox.places:
            channel.promote(checkpoint_id)
        self.receive_urgent()

    def _forget_timers(self, checkpoint_id: int) -> None:
        for known in [c for c in self._timers if c <= checkpoint_id]:
            self._timers.pop(known)()


def _tell_backend(operator: StreamOperator, what: str, checkpoint_id: int) -> None:
    """For backends that share files between checkpoints."""
    if operator.keyed:
        tell = getattr(operator.context.keyed_state(), what, None)
        if tell is not None:
            tell(checkpoint_id)


def _millis_since(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
