"""A JobMaster whose TaskManagers are played by the test, in virtual time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random
from typing import Any

from hurtig.checkpoint.handles import OperatorSubtaskState, StateHandle, SubtaskId, SubtaskState
from hurtig.common.job_id import JobID
from hurtig.control import messages as m
from hurtig.graph.job_graph import JobGraph
from hurtig.jobmanager.job_master import JobMaster
from hurtig.testing.virtual_time import VirtualTime

CHECKPOINTS = {"execution.checkpointing.interval": "1 s"}
RESTARTS = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "3",
    "restart-strategy.fixed-delay.delay": "100 ms",
}


class Io:
    """Work is done at once, its result comes with the mail."""

    def __init__(self, main: VirtualTime) -> None:
        self._main = main
        self.errors: list[BaseException] = []
        """Raised by the next pieces of work instead of doing them."""

    def run(self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]):
        result, error = None, self.errors.pop(0) if self.errors else None
        if error is None:
            try:
                result = work()
            except Exception as e:
                error = e
        self._main.submit(lambda: done(result, error))


class FakeTaskManagers:
    """Records what the JobMaster says."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.asked: list[int] = []
        self.released = 0
        self.hold = False
        """Whether acquiring takes until :meth:`give`."""
        self.refusals: list[BaseException] = []
        self._names = itertools.count(1)
        self.known: list[str] = []
        self._waiting: list[Callable[[], None]] = []

    def acquire(self, count: int, ready: Any, failed: Any) -> None:
        self.asked.append(count)
        if self.refusals:
            failed(self.refusals.pop(0))
            return

        def give() -> None:
            while len(self.known) < count:
                self.known.append(f"tm-{next(self._names)}")
            ready(list(self.known))

        if self.hold:
            self._waiting.append(give)
        else:
            give()

    def give(self) -> None:
        self.hold = False
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each()

    def addresses(self) -> dict[str, str]:
        return {name: f"at-{name}" for name in self.known}

    def send(self, task_manager: str, message: Any) -> None:
        if task_manager in self.known:
            self.sent.append((task_manager, message))

    def release(self) -> None:
        self.released += 1


class Cluster:
    """Plays TaskManagers: they obey only where the test says so."""

    def __init__(self, graph: JobGraph) -> None:
        self.time = VirtualTime(1_000_000)
        self.io = Io(self.time)
        self.tms = FakeTaskManagers()
        self.warnings: list[str] = []
        self.ends = 0
        self.graph = graph
        self.master = JobMaster(
            graph,
            JobID("0" * 31 + "1"),
            self.time,
            self.io,
            self.tms,
            lambda operator, text: self.warnings.append(text),
            self._ended,
            Random(1),
        )

    def _ended(self) -> None:
        self.ends += 1

    def start(self) -> Cluster:
        self.master.start()
        self.time.run()
        return self

    def running(self) -> Cluster:
        """Started, and all subtasks are open."""
        self.start()
        self.open()
        return self

    def take(self, kind: type | tuple[type, ...]) -> list[tuple[str, Any]]:
        """The messages of a kind so far; they are forgotten."""
        found = [(tm, x) for tm, x in self.tms.sent if isinstance(x, kind)]
        self.tms.sent = [(tm, x) for tm, x in self.tms.sent if not isinstance(x, kind)]
        return found

    def say(self, task_manager: str, message: Any) -> None:
        self.master.receive(task_manager, message)
        self.time.run()

    def open(self) -> list[m.Deploy]:
        """All deployments that were sent come up."""
        deploys = self.take(m.Deploy)
        for tm, deploy in deploys:
            self.say(tm, m.Running(deploy.epoch, deploy.subtasks))
        return [deploy for _, deploy in deploys]

    def obey_cancel(self) -> int:
        """All subtasks that were told to stop have stopped; how many messages there were."""
        cancels = self.take(m.Cancel)
        for tm, cancel in cancels:
            region = self.region_of(cancel.epoch)
            self.say(tm, m.Cancelled(cancel.epoch, region.subtasks_on(tm)))
        return len(cancels)

    def region_of(self, epoch: int) -> Any:
        return next(r for r in self.master.regions if r.epoch == epoch)

    def fail(self, region: int = 0, error: BaseException | None = None, subtask: int = 0) -> None:
        """A subtask of the region fails."""
        it = self.master.regions[region]
        id_ = it.subtasks[subtask]
        error = error or RuntimeError("boom")
        self.say(it.placement[id_], m.Failed(it.epoch, id_, error))

    def lose(self, task_manager: str) -> None:
        self.tms.known.remove(task_manager)
        self.master.lost(task_manager, "killed by signal 9")
        self.time.run()

    def finish(self, region: int = 0) -> None:
        """All subtasks of a region end well."""
        it = self.master.regions[region]
        for id_ in it.subtasks:
            self.say(it.placement[id_], m.Finished(it.epoch, id_))

    def acknowledge(self, states: dict[str, bytes] | None = None) -> int:
        """All subtasks acknowledge the checkpoint that was triggered last; its id."""
        triggers = self.take(m.TriggerCheckpoint)
        assert triggers, "no checkpoint was triggered"
        barrier = triggers[-1][1].barrier
        for region in self.master.regions:
            for id_ in region.subtasks:
                if id_ not in region.finished:
                    state = self._state(id_, states or {})
                    self.say(
                        region.placement[id_],
                        m.Acknowledge(region.epoch, id_, barrier.checkpoint_id, state),
                    )
        return barrier.checkpoint_id

    def _state(self, id_: SubtaskId, states: dict[str, bytes]) -> SubtaskState:
        return SubtaskState(
            {
                node.uid: OperatorSubtaskState(
                    StateHandle(len(states[node.uid]), "", states[node.uid]), {}
                )
                for node in self.graph.vertices[id_.vertex].nodes
                if node.uid in states
            }
        )

    @property
    def status(self) -> str:
        return self.master.status.name
