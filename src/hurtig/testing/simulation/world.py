"""One run of a job in a simulated cluster."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from hurtig.common.job_id import JobID
from hurtig.graph.executor import ATTEMPT_KEY, JOB_ID_KEY, RECOVER_KEY
from hurtig.graph.job_graph import deserialize
from hurtig.jobmanager.job_master import JobMaster
from hurtig.testing.simulation.members import SimulatedIo, SimulatedTaskManager
from hurtig.testing.simulation.network import SimulatedNetwork
from hurtig.testing.simulation.scheduler import MainThread, Timeline, Trace

if TYPE_CHECKING:
    from hurtig.control.messages import ToTaskManager
    from hurtig.testing.simulation.faults import Faults

MAX_EVENTS = 200_000
"""A run that takes more does not come to its end."""

Action = tuple[str, Callable[[], None]]


class SimulationError(AssertionError):
    """A simulated job did not do what it promises."""


class World:
    """JobMaster, TaskManagers, network, clock and faults of one job, on one thread."""

    def __init__(
        self,
        graph: bytes,
        settings: dict[str, str],
        random: Random,
        faults: Faults,
        task_managers: int,
        trace: Trace,
        timeline: Timeline,
    ) -> None:
        self._graph = graph
        self._settings = settings
        self._random = random
        self._faults = faults
        self._size = task_managers
        self._trace = trace
        self._timeline = timeline
        self._network = SimulatedNetwork()
        self._task_managers: list[SimulatedTaskManager] = []
        self._zombies: list[tuple[int, SimulatedTaskManager]] = []
        self._names = 0
        self._attempt = 0
        self._left = faults.at_most
        self._quiet_until = trace.count + random.randrange(200)
        """Before the first checkpoint a failure loses nothing: let some runs get further."""
        self.faults_met: list[str] = []
        self.warnings: list[str] = []
        self.ended = False
        self._start_job_master()

    # -- the JobMaster ------------------------------------------------------------------------

    def _start_job_master(self) -> None:
        self._attempt += 1
        graph = deserialize(self._graph)
        graph.settings.update(self._settings)
        graph.settings[ATTEMPT_KEY] = str(self._attempt)
        if self._attempt > 1:
            graph.settings[RECOVER_KEY] = "true"
        self.main = main = MainThread(self._timeline)
        self._io = SimulatedIo(main.submit)
        self.master = JobMaster(
            graph,
            JobID(graph.settings[JOB_ID_KEY]),
            main,
            self._io,
            self,
            self._warn,
            self._on_ended,
            self._random,
        )
        main.submit(self.master.start)

    def _on_ended(self) -> None:
        self.ended = True

    def _warn(self, operator: str, message: str) -> None:
        self.warnings.append(f"{operator}: {message}")
        self._trace.add("warning: " + message.partition("\n")[0][:100])

    def _kill_job_master(self) -> None:
        self._met("the JobMaster dies")
        self.main.kill()
        for task_manager in self._task_managers:
            self._bury(task_manager)
        self._task_managers.clear()
        self._timeline.schedule(
            self._timeline.now + self._random.randrange(300), lambda _: self._start_job_master()
        )

    # -- TaskManagers, as the JobMaster sees them ---------------------------------------------

    def acquire(
        self,
        count: int,
        ready: Callable[[list[str]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Replace those that are lost."""
        here = [t for t in self._task_managers if not t.lost]
        while len(here) < min(count, self._size):
            self._names += 1
            here.append(
                SimulatedTaskManager(
                    f"tm-{self._names}", lambda: self._timeline.now, self._network, self._random
                )
            )
        self._task_managers = here
        ids = [t.name for t in here]
        self.main.submit(lambda: ready(ids))

    def addresses(self) -> dict[str, str]:
        """There are none."""
        return {}

    def send(self, task_manager: str, message: ToTaskManager) -> None:
        """It arrives later."""
        for known in self._task_managers:
            if known.name == task_manager:
                known.to_it.append(message)

    def release(self) -> None:
        """They end with the simulation."""

    # -- faults -------------------------------------------------------------------------------

    def _met(self, fault: str) -> None:
        self.faults_met.append(fault)
        self._trace.add("FAULT: " + fault)
        self._left -= 1

    def _bury(self, task_manager: SimulatedTaskManager) -> None:
        """It is declared dead; it may go on for a while all the same."""
        task_manager.lost = True
        if not task_manager.dead and self._random.random() < self._faults.zombie:
            self._trace.add(f"{task_manager.name} is a zombie now")
            until = self._timeline.now + self._random.randrange(1, 800)
            self._zombies.append((until, task_manager))
        else:
            task_manager.dead = True

    def _kill(self, task_manager: SimulatedTaskManager) -> None:
        self._met(f"{task_manager.name} dies")
        master, main = self.master, self.main
        self._bury(task_manager)

        def tell(_: int) -> None:
            main.submit(lambda: master.lost(task_manager.name, "simulated death"))

        self._timeline.schedule(self._timeline.now + self._random.randrange(200), tell)

    def _inject(self) -> None:
        random, faults = self._random, self._faults
        if self._left <= 0 or self.main.dead or self._trace.count < self._quiet_until:
            return
        alive = [t for t in self._task_managers if not t.lost]
        if alive and random.random() < faults.kill:
            self._kill(random.choice(alive))
        elif alive and random.random() < faults.user_error:
            if random.choice(alive).fail(random):
                self._met("a function raises")
        elif random.random() < faults.job_master and not self.master._ending:
            self._kill_job_master()

    # -- the scheduler ------------------------------------------------------------------------

    def run(self, until: Callable[[], bool]) -> None:
        """Go on until the job has ended or ``until()``. Raises :class:`SimulationError`."""
        while not self.ended and not until():
            self._step()
            if self._trace.count > MAX_EVENTS:
                raise SimulationError("the job does not come to its end")

    def _step(self) -> None:
        self._inject()
        self._zombies = [z for z in self._zombies if self._lives(*z)]
        actions = self._actions()
        if not actions or self._random.random() < 0.1:
            self._pass_time(bool(actions))
            return
        name, action = actions[self._random.randrange(len(actions))]
        self._trace.add(name)
        action()

    def _lives(self, until: int, zombie: SimulatedTaskManager) -> bool:
        zombie.dead = zombie.dead or until <= self._timeline.now
        return not zombie.dead

    def _actions(self) -> list[Action]:
        actions: list[Action] = []
        main = self.main
        if main.mail:
            actions.append(("mail", lambda: main.mail.popleft()()))
        due = self._timeline.next()
        if due is not None and due <= self._timeline.now:
            actions.append(("timer", self._timeline.fire))
        if not main.dead:
            self._io_actions("jobmaster", self._io, actions)
        for task_manager in [*self._task_managers, *(z for _, z in self._zombies)]:
            self._actions_of(task_manager, actions)
        for number, channel in enumerate(self._network.busy()):
            actions.append((f"data {number}", channel.deliver))
        return actions

    def _actions_of(self, it: SimulatedTaskManager, actions: list[Action]) -> None:
        if it.dead:
            return
        if it.to_it:
            message = type(it.to_it[0]).__name__
            actions.append((f"{message} to {it.name}", it.receive))
        if it.from_it:
            message = type(it.from_it[0]).__name__
            actions.append((f"{message} from {it.name}", lambda: self._tell(it)))
        timer = it.slot.next_timer()
        if it.active or (timer is not None and timer < self._timeline.now):
            actions.append((f"step of {it.name}", it.step))
        self._io_actions(it.name, it.io, actions)

    def _tell(self, it: SimulatedTaskManager) -> None:
        message = it.from_it.popleft()
        if not self.main.dead:
            self.master.receive(it.name, message)

    def _io_actions(self, name: str, io: SimulatedIo, actions: list[Action]) -> None:
        if io.pending and self._random.random() >= self._faults.slow_io:
            place = self._random.randrange(len(io.pending))
            actions.append((f"I/O of {name}", lambda: io.complete(place)))

    def _pass_time(self, busy: bool) -> None:
        """To the next timer, or a little where there is something to do."""
        now = self._timeline.now
        if busy:
            self._timeline.now = now + self._random.randrange(1, 8)
            return
        times = [self._timeline.next()]
        waiting_io = bool(self._io.pending) and not self.main.dead
        for it in [*self._task_managers, *(z for _, z in self._zombies)]:
            if not it.dead:
                timer = it.slot.next_timer()
                times.append(None if timer is None else timer + 1)
                waiting_io = waiting_io or bool(it.io.pending)
        known = [at for at in times if at is not None]
        if waiting_io:
            self._timeline.now = now + 1
        elif known:
            self._timeline.now = max(now + 1, min(known))
        else:
            raise SimulationError("nothing is left to do, and the job has not ended")
