"""Runs a job under seeded faults and compares what it makes final with a run without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from hurtig.checkpoint.storage.filesystems import registered
from hurtig.common.configuration import Configuration
from hurtig.common.job_status import JobStatus
from hurtig.graph.executor import JOB_ID_KEY
from hurtig.graph.job_graph import serialize
from hurtig.testing.simulation.faults import Faults
from hurtig.testing.simulation.memory_files import MemoryFiles
from hurtig.testing.simulation.scheduler import Timeline, Trace
from hurtig.testing.simulation.sink import Outbox, OutboxSink
from hurtig.testing.simulation.world import SimulationError, World

if TYPE_CHECKING:
    from hurtig.connectors.sink import Sink
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment

Build = Callable[["StreamExecutionEnvironment", "Sink"], object]

_SETTINGS = {
    "execution.checkpointing.interval": "10 ms",
    "execution.checkpointing.timeout": "2 s",
    "execution.checkpointing.tolerable-failed-checkpoints": "1000",
    "execution.checkpointing.dir": "simulated://checkpoints",
    "execution.checkpointing.data-inline-threshold": "0",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000",
    "restart-strategy.fixed-delay.delay": "20 ms",
    "pipeline.auto-watermark-interval": "10 ms",
}


class SimulationResult(NamedTuple):
    """What a simulated job did."""

    seed: int
    records: list[Any]
    """All that its sink has made final."""
    faults: list[str]
    """What happened to it."""
    warnings: list[str]
    """What the user would have been told."""
    events: int
    """Steps of the scheduler."""
    checksum: int
    """Of all events: the same seed gives the same one."""


def simulate(
    build: Build,
    seed: int = 0,
    faults: Faults | None = None,
    settings: dict[str, str] | None = None,
    parallelisms: Sequence[int] = (2,),
    task_managers: int = 2,
) -> SimulationResult:
    """Run one job to its end.

    ``build(env, sink)`` makes the job, which writes into ``sink``. ``settings`` are added to the
    environment's. With several ``parallelisms`` the job is stopped with a savepoint at random
    moments and goes on with the next. Raises :class:`SimulationError`, with the last events, where
    the job does not end well.
    """
    faults = Faults() if faults is None else faults
    random = Random(seed)
    timeline = Timeline()
    trace = Trace(lambda: timeline.now)
    outbox = Outbox()
    files = MemoryFiles(lambda operation, path: random.random() < faults.write)
    previous = registered.get("simulated")
    registered["simulated"] = files
    met: list[str] = []
    warnings: list[str] = []
    try:
        path: str | None = None
        for phase, parallelism in enumerate(parallelisms):
            last = phase == len(parallelisms) - 1
            extra = {**_SETTINGS, **(settings or {}), JOB_ID_KEY: f"{phase:032x}"}
            if path is not None:
                extra["execution.state-recovery.path"] = path
            graph = _graph(build, outbox, settings or {}, parallelism)
            world = World(graph, extra, random, faults, task_managers, trace, timeline)
            path = _run_phase(world, random, last, trace)
            met += world.faults_met
            warnings += world.warnings
            if path is None:
                break
    except SimulationError as error:
        raise SimulationError(_describe(seed, str(error), trace, met)) from None
    finally:
        outbox.close()
        if previous is None:
            del registered["simulated"]
        else:
            registered["simulated"] = previous
    return SimulationResult(seed, outbox.records, met, warnings, trace.count, trace.checksum)


def check(
    build: Build,
    seed: int = 0,
    faults: Faults | None = None,
    settings: dict[str, str] | None = None,
    parallelisms: Sequence[int] = (2,),
    task_managers: int = 2,
    expected: Sequence[Any] | None = None,
) -> SimulationResult:
    """As :func:`simulate`; the records that became final must be ``expected``, or, where that is
    not given, those of a run in which nothing fails, each as often. Raises
    :class:`SimulationError` that names the seed."""
    if expected is None:
        expected = simulate(build, 0, Faults.none(), settings).records
    result = simulate(build, seed, faults, settings, parallelisms, task_managers)
    wanted, got = Counter(map(repr, expected)), Counter(map(repr, result.records))
    if wanted != got:
        raise SimulationError(
            f"seed {seed}: records are missing: {dict(wanted - got)}, too many: "
            f"{dict(got - wanted)}; faults: {result.faults}"
        )
    return result


def _graph(build: Build, outbox: Outbox, settings: dict[str, str], parallelism: int) -> bytes:
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment

    env = StreamExecutionEnvironment.get_execution_environment(
        Configuration.from_dict(dict(settings))
    )
    env.set_parallelism(parallelism)
    build(env, OutboxSink(outbox.name))
    return serialize(env._job_graph("simulated"))


def _run_phase(world: World, random: Random, last: bool, trace: Trace) -> str | None:
    """Run until the end, or to a savepoint that stops it; its path."""
    if last:
        world.run(lambda: False)
        _check_ended(world)
        return None
    _run_events(world, trace, random.randrange(50, 600))
    path: str | None = None
    while not world.ended:
        path = _try_to_stop(world, trace)
        _run_events(world, trace, random.randrange(20, 200))
    _check_ended(world)
    return path


def _run_events(world: World, trace: Trace, events: int) -> None:
    end = trace.count + events
    world.run(lambda: trace.count >= end)


def _try_to_stop(world: World, trace: Trace) -> str | None:
    """Stop with a savepoint; its path, or ``None`` where that failed."""
    world.run(lambda: not world.main.dead and world.master.status is JobStatus.RUNNING)
    if world.ended:
        return None
    answers: list[tuple[Any, BaseException | None]] = []
    master, main = world.master, world.main
    trace.add("stop with a savepoint")
    master.checkpoints.stop_with_savepoint(
        False, "simulated://savepoints", lambda path, error: answers.append((path, error))
    )
    world.run(lambda: bool(answers) or main.dead)
    if not answers or answers[0][1] is not None:
        return None
    world.run(lambda: main.dead or master.status is JobStatus.RESTARTING)
    return str(answers[0][0])


def _check_ended(world: World) -> None:
    if world.master.status is not JobStatus.FINISHED:
        raise SimulationError(
            f"the job ended as {world.master.status.name}: {world.master.error!r}"
        )


def _describe(seed: int, what: str, trace: Trace, faults: list[str]) -> str:
    events = "\n".join(trace.events)
    return f"seed {seed}: {what}\nfaults: {faults}\nthe last events:\n{events}"
