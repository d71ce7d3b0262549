"""The coordinator under anything that may happen, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.checkpoint.fakes import ALL, World, state_of

from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle, SubtaskId
from hurtig.checkpoint.settings import CheckpointSettings

INDEX = st.integers(0, 5)


class Store:
    """Keeps the last one, as the real store does; knows when its metadata must be there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ids: list[int] = []
        self.kept: CompletedCheckpoint | None = None

    def add(self, checkpoint: CompletedCheckpoint) -> None:
        assert checkpoint.checkpoint_id in self.world.storage.metadata
        self.ids.append(checkpoint.checkpoint_id)
        if self.kept is not None and not self.kept.is_savepoint:
            self.world.storage.folders.discard(self.kept.location)
        before = files_of(self.kept)
        self.kept = checkpoint
        self.world.shared -= before - files_of(checkpoint)

    def latest(self) -> CompletedCheckpoint | None:
        return self.kept

    def discard(self, files: Iterable[StateHandle]) -> None:
        self.world.shared -= {file.path for file in files} - files_of(self.kept)


def files_of(checkpoint: CompletedCheckpoint | None) -> set[str]:
    """Shared files that it needs."""
    return {
        file.path
        for operator in (checkpoint.operators.values() if checkpoint else ())
        for subtask in operator.subtasks.values()
        for file in subtask.files.values()
    }


class CheckedWorld(World):
    """Checks each call of the coordinator against what happened before."""

    def __init__(self, configured: CheckpointSettings) -> None:
        self.shared: set[str] = set()
        super().__init__(configured, start=False)
        store = Store(self)
        self.kept = store
        self.coordinator._store = store
        self.coordinator._leftovers._store = store
        self.answered: dict[int, set[SubtaskId]] = {}
        self.expected: dict[int, set[SubtaskId]] = {}
        self.requested: dict[int, list[Any]] = {}
        self.snapshot: int | None = None

    def snapshot_enumerators(self, checkpoint_id: int) -> dict[str, bytes]:
        states = super().snapshot_enumerators(checkpoint_id)
        self.snapshot = checkpoint_id
        return states

    def send_trigger(self, barrier: Any, subtasks: Any) -> None:
        id_ = barrier.checkpoint_id
        assert self.all_running
        assert self.snapshot == id_, "barriers leave in the same step as the enumerators' snapshot"
        assert id_ > max(self.barriers, default=0), "barriers leave in order"
        assert barrier.location in self.storage.folders
        self.expected[id_] = set(ALL) - self.finished
        self.answered[id_] = set()
        super().send_trigger(barrier, subtasks)
        assert self.triggered[id_] or not self.expected[id_]

    def notify_complete(self, checkpoint_id: int) -> None:
        assert checkpoint_id in self.storage.metadata
        assert checkpoint_id in self.kept.ids, "kept before anybody commits"
        assert checkpoint_id > max(self.of("complete"), default=0), "completed in order"
        assert checkpoint_id not in self.of("aborted")
        missing = self.expected[checkpoint_id] - self.answered[checkpoint_id]
        assert not missing, f"complete without {missing}"
        super().notify_complete(checkpoint_id)

    def notify_aborted(self, checkpoint_id: int) -> None:
        assert checkpoint_id in self.barriers
        assert checkpoint_id not in self.of("complete")
        assert checkpoint_id not in self.of("aborted")
        super().notify_aborted(checkpoint_id)


class Protocol(RuleBasedStateMachine):
    world: CheckedWorld

    @initialize(
        limit=st.sampled_from([2, 1, 3]),
        pause=st.sampled_from([0, 300, 5000]),
        timeout=st.sampled_from([400, 2500, 60_000]),
        tolerable=st.integers(0, 2),
        after_finish=st.booleans(),
    )
    def begin(
        self, limit: int, pause: int, timeout: int, tolerable: int, after_finish: bool
    ) -> None:
        self.world = CheckedWorld(
            CheckpointSettings(
                interval=1000,
                min_pause=pause,
                timeout=timeout,
                max_concurrent=limit,
                tolerable_failures=tolerable,
                after_tasks_finish=after_finish,
            )
        )
        self.answers: list[Any] = []
        self.wanted = 0
        self.files = 0
        self.restarts = 0
        self.stopped = False
        self.world.coordinator.start()

    # -- what may happen ----------------------------------------------------------------------

    @rule(millis=st.sampled_from([1, 99, 400, 1000, 3000]))
    def time_passes(self, millis: int) -> None:
        self.world.main.advance(millis)

    @precondition(lambda self: self.world.io.waiting)
    @rule(index=INDEX, fails=st.integers(0, 5).map(lambda n: n == 0))
    def io_ends(self, index: int, fails: bool) -> None:
        waiting = self.world.io.waiting
        index %= len(waiting)
        # Deleting never fails as far as the coordinator can tell: storages swallow it.
        deleting = "discard" in repr(waiting[index][0].__code__.co_names)
        self.world.io.finish(index, OSError("no") if fails and not deleting else None)

    def _some_checkpoint(self, index: int) -> int | None:
        known = [i for i in self.world.coordinator.pending if i in self.world.barriers]
        if index == 0 or not known:
            known = sorted(self.world.barriers)[-6:]
        return known[index % len(known)] if known else None

    @rule(index=INDEX, who=st.sampled_from(ALL))
    def acknowledge(self, index: int, who: SubtaskId) -> None:
        """By whom and for which checkpoint ever: late, twice, or as it should be."""
        checkpoint_id = self._some_checkpoint(index)
        if checkpoint_id is None:
            return
        self.files += 1
        path = f"mem://shared/{self.files}"
        self.world.shared.add(path)
        self.world.answered[checkpoint_id].add(who)
        pending = self.world.coordinator._pending.get(checkpoint_id)
        twice = pending is not None and pending.acknowledged.get(who) is not None
        savepoint = self.world.barriers[checkpoint_id].is_savepoint
        if twice or savepoint or (pending is None and checkpoint_id in self.world.kept.ids):
            self.world.shared.discard(path)  # the same acknowledgement again has no other file
            path = ""
        state = state_of("src" if who.vertex == 0 else "sink", **({"f": path} if path else {}))
        self.world.coordinator.acknowledge(who, checkpoint_id, state)
        self.world.main.run()

    @rule(index=INDEX, left_out=st.sampled_from([None, None, None, *ALL]))
    def all_acknowledge(self, index: int, left_out: SubtaskId | None) -> None:
        """As it mostly goes; but for one, sometimes."""
        pending = [i for i in self.world.coordinator.pending if i in self.world.barriers]
        if not pending:
            return
        checkpoint_id = pending[-1 - index % len(pending)]
        for who in ALL:
            if who not in self.world.finished and who != left_out:
                self.world.answered[checkpoint_id].add(who)
                state = state_of("src" if who.vertex == 0 else "sink")
                self.world.coordinator.acknowledge(who, checkpoint_id, state)

    @rule(millis=st.sampled_from([500, 1000, 5000]))
    def time_passes_and_io_ends(self, millis: int) -> None:
        self.world.advance(millis)

    @rule()
    def all_io_ends(self) -> None:
        self.world.io.finish_all()

    @rule(
        index=INDEX, who=st.sampled_from(ALL), why=st.sampled_from(["no", "a subtask is closing"])
    )
    def decline(self, index: int, who: SubtaskId, why: str) -> None:
        checkpoint_id = self._some_checkpoint(index)
        if checkpoint_id is not None:
            self.world.coordinator.decline(who, checkpoint_id, why)

    @precondition(lambda self: self.world.all_running)
    @rule(who=st.sampled_from(ALL))
    def finish(self, who: SubtaskId) -> None:
        if who not in self.world.finished:
            for answered in self.world.answered.values():
                answered.add(who)
            self.world.finish(who)

    @precondition(lambda self: self.world.all_running)
    @rule()
    def drained(self) -> None:
        self.world.coordinator.all_drained()

    @precondition(lambda self: self.world.all_running)
    @rule()
    def failover(self) -> None:
        self.world.all_running = False
        self.world.coordinator.stop()
        assert self.world.coordinator.pending == []

    @precondition(lambda self: not self.world.all_running)
    @rule()
    def restarted(self) -> None:
        self.restarts += 1
        self.stopped = False
        self.world.finished.clear()
        self.world.all_running = True
        self.world.coordinator.start()

    @precondition(lambda self: self.world.failures)
    @rule()
    def job_fails(self) -> None:
        self.world.failures.clear()
        self.world.all_running = False
        self.world.coordinator.stop()

    def _answer(self, done: CompletedCheckpoint | None, error: Any) -> None:
        assert (done is None) != (error is None)
        self.answers.append(done or error)

    @rule()
    def by_hand(self) -> None:
        self.wanted += 1
        self.world.coordinator.trigger_checkpoint(self._answer)

    @rule(stop=st.booleans())
    def savepoint(self, stop: bool) -> None:
        self.wanted += 1
        asked_at = self.restarts

        def answer(done: CompletedCheckpoint | None, error: Any) -> None:
            self._answer(done, error)
            if done is not None and stop and asked_at == self.restarts:
                self.stopped = True

        self.world.coordinator.trigger_savepoint(None, answer, stop)

    @rule(interval=st.sampled_from([500, 1000, 4000]), timeout=st.sampled_from([400, 60_000]))
    def reconfigure(self, interval: int, timeout: int) -> None:
        coordinator = self.world.coordinator
        coordinator.reconfigure(coordinator.settings._replace(interval=interval, timeout=timeout))

    # -- what always holds --------------------------------------------------------------------

    @invariant()
    def no_more_than_allowed(self) -> None:
        pending = self.world.coordinator._pending.values()
        regular = [p for p in pending if not p.is_savepoint]
        assert len(regular) <= self.world.coordinator.settings.max_concurrent

    @invariant()
    def the_next_one_is_coming(self) -> None:
        coordinator = self.world.coordinator
        if coordinator.running and not coordinator.pending and not self.stopped:
            due = self.world.main.next_timer()
            assert due is not None
            assert due <= self.world.main.now() + coordinator.settings.interval + max(
                coordinator.settings.min_pause, 1
            )

    @invariant()
    def nothing_while_the_job_does_not_run(self) -> None:
        if not self.world.all_running:
            assert self.world.coordinator.pending == []
            assert self.world.main.next_timer() is None

    @invariant()
    def older_ones_are_given_up(self) -> None:
        newest = max(self.world.of("complete"), default=0)
        for pending in self.world.coordinator._pending.values():
            assert pending.is_savepoint or pending.checkpoint_id > newest

    @invariant()
    def numbers_add_up(self) -> None:
        counts = self.world.coordinator.statistics.counts
        assert counts["in_progress"] == len(self.world.coordinator.pending)
        assert counts["total"] == counts["in_progress"] + counts["completed"] + counts["failed"]

    def teardown(self) -> None:
        """At the end of the job everything is answered, and nothing is left behind."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.coordinator.stop()
        world.io.finish_all()
        assert len(self.answers) == self.wanted
        done = [a for a in self.answers if isinstance(a, CompletedCheckpoint)]
        wanted = {c.location for c in done if c.is_savepoint}
        if world.kept.kept is not None:
            wanted.add(world.kept.kept.location)
        # The real store deletes what names a savepoint with which the job stops.
        pointers = {f"mem://chk-{c.checkpoint_id}" for c in done if c.is_savepoint}
        assert world.storage.folders - pointers == wanted
        assert set(world.barriers) <= set(world.of("complete")) | set(world.of("aborted")) | {
            c.checkpoint_id for c in done
        }
        assert world.shared == files_of(world.kept.kept)
        assert world.main.next_timer() is None


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=400,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
