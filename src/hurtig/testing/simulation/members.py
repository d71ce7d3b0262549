"""The parts of a simulated job: TaskManagers, JobMasters, and what they do I/O with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

from hurtig.control import messages as m
from hurtig.deploy.processes.lines import RemoteLines
from hurtig.runtime.slot import Slot
from hurtig.runtime.task_manager import TaskManager
from hurtig.testing.simulation.network import SimulatedChannels, SimulatedNetwork

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobGraph


class SimulatedIo:
    """Work that is done when the scheduler says so, in any order."""

    def __init__(self, submit: Callable[[Callable[[], None]], None]) -> None:
        self._submit = submit
        self.pending: list[tuple[Callable[[], Any], Callable[[Any, BaseException | None], None]]]
        self.pending = []

    def run(
        self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        self.pending.append((work, done))

    def complete(self, place: int) -> None:
        """Do one piece of work now."""
        work, done = self.pending.pop(place)
        result: Any = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as e:
            error = e
        self._submit(lambda: done(result, error))


class _RandomLimit:
    """Batches of any size: the real limit looks at a clock."""

    def __init__(self, random: Random) -> None:
        self._random = random

    @property
    def limit(self) -> int:
        return self._random.choice((1, 1, 2, 3, 5, 8))

    def observe(self, records: int, seconds: float) -> None:
        """Time does not matter."""


class _RandomSizes(TaskManager):
    """A TaskManager whose tasks take batches of random sizes."""

    random: Random

    def _on_deploy(self, message: m.Deploy) -> None:
        super()._on_deploy(message)
        deployment = self.deployments.get(message.epoch)
        if deployment is not None:
            for task in deployment.tasks.values():
                task.limit = _RandomLimit(self.random)  # type: ignore[assignment]


class SimulatedTaskManager:
    """One TaskManager with the messages from and to it that are on their way."""

    def __init__(
        self, name: str, now: Callable[[], int], network: SimulatedNetwork, random: Random
    ) -> None:
        self.name = name
        self.dead = False
        """Nothing runs there any more."""
        self.lost = False
        """It counts as lost: the JobMaster will not use it, though it may still run."""
        self.active = True
        """Whether a step may do something."""
        self.to_it: deque[m.ToTaskManager] = deque()
        self.from_it: deque[m.ToJobMaster] = deque()
        self.slot = Slot(lambda: now() / 1000)
        self.io = SimulatedIo(self._submit)
        self.manager = _RandomSizes(
            self.slot,
            self.from_it.append,
            self.io,
            lambda deploy, graph: self._channels(deploy, graph, network),
            RemoteLines(self.from_it.append),
        )
        self.manager.random = random

    def _submit(self, work: Callable[[], None]) -> None:
        self.slot.submit(work)
        self.active = True

    def _channels(
        self, deploy: m.Deploy, graph: JobGraph, network: SimulatedNetwork
    ) -> SimulatedChannels:
        return SimulatedChannels(network, deploy.epoch, self.name, self.wake)

    def wake(self) -> None:
        """Something has arrived."""
        self.active = True

    def receive(self) -> None:
        """Take the next message of the JobMaster."""
        self.manager.receive(self.to_it.popleft())
        self.active = True

    def step(self) -> None:
        """One round of the slot."""
        self.active = self.manager.step()

    def fail(self, random: Random) -> bool:
        """Let a function of a random subtask raise; whether there is one."""
        running = [
            (deployment, id_)
            for deployment in self.manager.deployments.values()
            for id_, task in deployment.tasks.items()
            if not deployment.closed and deployment.failure is None and not task.finished
        ]
        if not running:
            return False
        deployment, id_ = random.choice(running)
        self.manager._failed(deployment, id_, RuntimeError("simulated failure of a function"))
        self.active = True
        return True
