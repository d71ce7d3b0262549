"""A whole job under a seeded scheduler: tasks step in random order, checkpoints are taken, tasks
are killed and restored. It stands for JobMaster and TaskManagers."""

from __future__ import annotations

import pickle
import random
from collections import deque
from collections.abc import Callable
from typing import Any

from hurtig.checkpoint.handles import SubtaskId
from hurtig.graph.job_graph import JobGraph, JobVertex, deserialize, serialize
from hurtig.messages import CheckpointBarrier, RowBatch
from hurtig.runtime.chain import OperatorChain
from hurtig.runtime.channel import LocalChannel
from hurtig.runtime.channel_id import channel_id
from hurtig.runtime.deployment import _canonical, receivers
from hurtig.runtime.in_flight import InFlight
from hurtig.runtime.in_flight_restore import replay
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.operator_snapshot import restore_snapshots
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.partitioning import create_router
from hurtig.runtime.slot import Slot
from hurtig.runtime.source_task import SourceTask
from hurtig.runtime.stream_task import StreamTask
from hurtig.runtime.subtask import JobContext, SubtaskInfo
from hurtig.runtime.subtask_checkpoints import SubtaskCheckpoints
from hurtig.runtime.task import Task
from hurtig.state.snapshot import OperatorSnapshot


class TwoSidedChannel(LocalChannel):
    """As over a socket: the sender holds messages, which move over when they are pumped."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._rng = rng
        self._held: deque[Any] = deque()

    def send(self, message: Any) -> None:
        self._held.append(message)
        self._pump()

    def receive(self) -> Any | None:
        self._pump()
        return super().receive()

    def _pump(self) -> None:
        while self._held and self._rng.random() < 0.5:
            super().send(self._held.popleft())

    def overtake(self, barrier: CheckpointBarrier) -> list[Any]:
        super().overtake(barrier)
        return list(self._held)


class Stored:
    """A complete checkpoint."""

    def __init__(self, barrier: CheckpointBarrier, enumerators: dict[str, bytes]) -> None:
        self.barrier = barrier
        self.enumerators = enumerators
        self.operators: dict[str, dict[int, bytes]] = {}
        self.parallelism: dict[str, int] = {}
        self.in_flight: dict[str, dict[int, bytes]] = {}
        self.waiting: set[SubtaskId] = set()


class Splits:
    """The reader's line to the enumerator; answers late where ``rng`` says so."""

    def __init__(self, enumerator: Any, rng: random.Random) -> None:
        self.enumerator = enumerator
        self._rng = rng
        self._splits: dict[int, list[Any]] = {}

    def of(self, subtask: int) -> _SubtaskSplits:
        return _SubtaskSplits(self, subtask)


class _SubtaskSplits:
    def __init__(self, splits: Splits, subtask: int) -> None:
        self._all = splits
        self._subtask = subtask
        self._here: list[Any] = []
        self._last = False

    def next_split(self, subtask_index: int) -> Any | None:
        if self._all._rng.random() < 0.5:
            split = self._all.enumerator.next_split(self._subtask)
            if split is not None:
                self._here.append(split)
            else:
                self._last = self._all.enumerator.finished
        if self._here and self._all._rng.random() < 0.5:
            return self._here.pop(0)
        return None

    @property
    def finished(self) -> bool:
        return self._last and not self._here

    def pending(self) -> list[Any]:
        return list(self._here)


class Attempt:
    """One attempt of a job. ``options``: barrier options of regular checkpoints."""

    def __init__(
        self,
        graph: JobGraph,
        rng: random.Random,
        number: int = 0,
        restore: Stored | None = None,
        exactly_once: bool = True,
        two_sided: bool = False,
        checkpointing: bool = True,
        first_id: int = 1,
        job_id: str = "job",
    ) -> None:
        self.graph = deserialize(serialize(graph))
        self.rng = rng
        self.seconds = 1000.0 + number
        self.slot = Slot(lambda: self.seconds)
        self.next_id = first_id
        self.tasks: dict[SubtaskId, Task] = {}
        self.completed: list[Stored] = [] if restore is None else [restore]
        self.under_way: dict[int, Stored] = {}
        self.news: list[Callable[[], None]] = []
        self.drained_tasks: set[SubtaskId] = set()
        self.declines: list[tuple[int, str]] = []
        self.warnings: list[str] = []
        self.unaligned_records = 0
        self.zombie = False
        """Declared dead, but still at work: nobody listens to it any more."""
        self._exactly_once = exactly_once
        self._checkpointing = checkpointing
        self._two_sided = two_sided
        self._splits: dict[str, Splits] = {}
        self._channels: dict[Any, LocalChannel] = {}
        self._subtask = 0
        self.context = JobContext(
            dict(self.graph.settings),
            False,
            lambda node: self._splits[node.uid].of(self._subtask),  # type: ignore[arg-type]
            lambda node: None,
            lambda name, message: self.warnings.append(f"{name}: {message}"),
            {},
            lambda key, default: default,
            checkpointing=checkpointing,
            job_id=job_id,
        )
        self._create_enumerators(restore)
        self._connect()
        for vertex in reversed(self.graph.vertices):
            for index in range(vertex.parallelism):
                self._subtask = index
                info = SubtaskInfo(index, vertex.parallelism, vertex.max_parallelism, number)
                self._create_task(vertex, info, restore)
        for task in self.tasks.values():
            task.open()

    # -- building -----------------------------------------------------------------------------

    def _create_enumerators(self, restore: Stored | None) -> None:
        for vertex in self.graph.vertices:
            node = vertex.nodes[0]
            if node.source is not None:
                enumerator = node.source.create_enumerator(vertex.parallelism)
                if restore is not None:
                    enumerator.restore_state(pickle.loads(restore.enumerators[node.uid]))
                enumerator.discover(0)
                self._splits[node.uid] = Splits(enumerator, self.rng)

    def _connect(self) -> None:
        for vertex in self.graph.vertices:
            for edge in vertex.out_edges:
                readers = self.graph.vertices[edge.target_vertex].parallelism
                for sender in range(vertex.parallelism):
                    for reader in receivers(edge, sender, vertex.parallelism, readers):
                        self._channels[channel_id(self.graph, edge, sender, reader)] = (
                            TwoSidedChannel(self.rng) if self._two_sided else LocalChannel()
                        )

    def _create_task(self, vertex: JobVertex, info: SubtaskInfo, restore: Stored | None) -> None:
        outputs = {}
        for edge in vertex.out_edges:
            target = self.graph.vertices[edge.target_vertex]
            readers = receivers(edge, info.index, vertex.parallelism, target.parallelism)
            ids = [channel_id(self.graph, edge, info.index, r) for r in readers]
            router = create_router(
                edge.partitioner, len(ids), target.max_parallelism, info.index, target.nodes[0]
            )
            outputs[edge.index] = ChannelOutput(
                [self._channels[i] for i in ids], router, 100, self.slot.now, ids
            )
        chain = OperatorChain(vertex, info, self.context, self.slot, outputs)
        subtask = SubtaskId(vertex.index, info.index)
        task: Task
        if vertex.nodes[0].source is not None:
            task = SourceTask(vertex.name, chain.operators, list(outputs.values()))
        else:
            inbox = self._inbox(vertex, info.index)
            task = StreamTask(
                vertex.name,
                chain.operators,
                list(outputs.values()),
                inbox,
                chain.contexts[0].metrics,
                _canonical(vertex),
            )
        task.limit.limit = self.rng.choice([1, 3, 1000])
        task.checkpointing = SubtaskCheckpoints(
            task,
            subtask,
            self,
            self.slot,
            vertex.max_parallelism,
            self._exactly_once,
            self._checkpointing,
        )
        self.tasks[subtask] = task
        if restore is not None:
            self._restore(vertex, info, task, restore)

    def _inbox(self, vertex: JobVertex, reader: int) -> Inbox:
        by_input: dict[int, list[Any]] = {}
        for edge in vertex.in_edges:
            for sender in range(self.graph.vertices[edge.source_vertex].parallelism):
                id_ = channel_id(self.graph, edge, sender, reader)
                if id_ in self._channels:
                    by_input.setdefault(edge.input_index, []).append(id_)
        return Inbox(
            [
                InputGate(i, [self._channels[c] for c in ids], ids)
                for i, ids in sorted(by_input.items())
            ]
        )

    def _restore(self, vertex: JobVertex, info: SubtaskInfo, task: Task, restore: Stored) -> None:
        for part in task.parts:
            uid = part.context.uid
            snapshots = {
                index: OperatorSnapshot.from_bytes(data)
                for index, data in restore.operators.get(uid, {}).items()
            }
            if snapshots:
                restore_snapshots(part, snapshots, info, restore.parallelism[vertex.uid])
        flights = {
            subtask: InFlight.from_bytes(data)
            for subtask, data in restore.in_flight.get(vertex.uid, {}).items()
        }
        replay(task, SubtaskId(vertex.index, info.index), self.graph, flights)

    # -- CheckpointResponder ------------------------------------------------------------------

    def snapshot_taken(
        self,
        subtask: SubtaskId,
        barrier: CheckpointBarrier,
        snapshots: dict[str, OperatorSnapshot],
        in_flight: bytes | None,
        alignment_ms: int,
        sync_ms: int,
    ) -> None:
        stored = self.under_way.get(barrier.checkpoint_id)
        if stored is None or self.zombie:
            return
        for uid, snapshot in snapshots.items():
            stored.operators.setdefault(uid, {})[subtask.subtask] = snapshot.to_bytes()
        if in_flight is not None:
            uid = self.graph.vertices[subtask.vertex].uid
            stored.in_flight.setdefault(uid, {})[subtask.subtask] = in_flight
            flight = InFlight.from_bytes(in_flight)
            self.unaligned_records += sum(
                len(m)
                for channels in (flight.received, flight.sent)
                for messages in channels.values()
                for m in messages
                if isinstance(m, RowBatch)
            )
        stored.waiting.discard(subtask)
        if not stored.waiting:
            self._complete(stored)

    def declined(self, subtask: SubtaskId, checkpoint_id: int, reason: str) -> None:
        self.declines.append((checkpoint_id, reason))
        self.abort(checkpoint_id)

    def drained(self, subtask: SubtaskId) -> None:
        self.drained_tasks.add(subtask)

    # -- the JobMaster ------------------------------------------------------------------------

    def trigger(self, **options: Any) -> int:
        """Begin a checkpoint; its id."""
        id_, self.next_id = self.next_id, self.next_id + 1
        barrier = CheckpointBarrier(id_, self.slot.now(), **options)
        enumerators = {
            uid: pickle.dumps(splits.enumerator.snapshot_state())
            for uid, splits in self._splits.items()
        }
        stored = self.under_way[id_] = Stored(barrier, enumerators)
        stored.parallelism = {v.uid: v.parallelism for v in self.graph.vertices}
        running = {s for s, task in self.tasks.items() if not task.finished}
        stored.waiting = set(running)
        for subtask in sorted(running):
            senders = {e.source_vertex for e in self.graph.vertices[subtask.vertex].in_edges}
            if not any(s.vertex in senders for s in running):
                self.tasks[subtask].trigger_checkpoint(barrier)
        if not running:
            del self.under_way[id_]
        return id_

    def abort(self, checkpoint_id: int) -> None:
        if self.under_way.pop(checkpoint_id, None) is not None:
            for task in self.tasks.values():
                self._tell(lambda task=task: task.notify_checkpoint_aborted(checkpoint_id))  # type: ignore[misc]

    def _complete(self, stored: Stored) -> None:
        id_ = stored.barrier.checkpoint_id
        del self.under_way[id_]
        for older in [i for i in self.under_way if i < id_]:
            self.abort(older)
        self.completed.append(stored)
        for task in self.tasks.values():
            self._tell(lambda task=task: task.notify_checkpoint_complete(id_))  # type: ignore[misc]

    def _tell(self, news: Callable[[], None]) -> None:
        self.news.append(news)

    # -- running ------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        return all(task.finished for task in self.tasks.values())

    @property
    def all_drained(self) -> bool:
        return all(t.finished or t.drained for t in self.tasks.values())

    def step(self) -> None:
        """One random step of somebody. News comes in order at each task."""
        choice = self.rng.random()
        if choice < 0.1 and self.news:
            self.news.pop(0)()
        elif choice < 0.2:
            self.seconds += 0.01
            self.slot.step()
        else:
            task = self.rng.choice(list(self.tasks.values()))
            for _ in range(self.rng.choice([1, 1, 2, 5])):
                if not task.step():
                    break
        self._count_finished()

    def _count_finished(self) -> None:
        """A subtask that has finished has nothing to acknowledge any more."""
        for stored in list(self.under_way.values()):
            if self.zombie:
                return
            stored.waiting -= {s for s, task in self.tasks.items() if task.finished}
            if not stored.waiting and stored.barrier.checkpoint_id in self.under_way:
                self._complete(stored)

    def run(self, steps: int, every: int = 40, concurrent: int = 1, **options: Any) -> bool:
        """Run with checkpoints about ``every`` so many steps; whether the job has ended."""
        for _ in range(steps):
            if self.finished:
                return True
            self.step()
            due = self.all_drained or self.rng.randrange(every) == 0
            if due and len(self.under_way) < concurrent:
                self.trigger(**options)
        return self.finished

    def settle(self) -> None:
        """Run without further checkpoints until nothing moves."""
        quiet = 0
        while quiet < 3:
            moved = False
            while self.news:
                self.news.pop(0)()
                moved = True
            self.seconds += 0.05
            moved = self.slot.step() or moved
            for task in self.tasks.values():
                moved = task.step() or moved
            self._count_finished()
            quiet = 0 if moved else quiet + 1

    def stop(self, drain: bool = False) -> Stored | None:
        """Stop with a savepoint, and run on until the end; ``None`` where the job ended before."""
        for id_ in list(self.under_way):
            self.abort(id_)
        if self.finished:
            return None
        id_ = self.trigger(is_savepoint=True, stop=True, drain=drain)
        for _ in range(100_000):
            if self.finished:
                break
            self.step()
        assert self.finished
        return next((s for s in self.completed if s.barrier.checkpoint_id == id_), None)

    def haunt(self) -> None:
        """Go on for a while after having been declared dead."""
        self.zombie = True
        self.news.clear()
        self.under_way.clear()
        for _ in range(self.rng.randrange(60)):
            self.step()

    def kill(self) -> None:
        """Close all, as after a failure elsewhere."""
        for task in self.tasks.values():
            task.close()


def run_with_failures(
    graph_of: Callable[[], JobGraph],
    seed: int,
    failures: int = 3,
    parallelism_changes: Callable[[int], Callable[[], JobGraph]] | None = None,
    **settings: Any,
) -> list[Attempt]:
    """Run a job to its end through ``failures`` kills; all attempts."""
    rng = random.Random(seed)
    barrier = settings.pop("barrier", {})
    concurrent = settings.pop("concurrent", 1)
    zombies = settings.pop("zombies", False)
    attempts: list[Attempt] = []
    restore: Stored | None = None
    next_id = 1
    for number in range(failures + 1):
        make = graph_of if parallelism_changes is None else parallelism_changes(number)
        attempt = Attempt(make(), rng, number, restore, first_id=next_id, **settings)
        attempts.append(attempt)
        if zombies and number and rng.random() < 0.7:
            attempts[-2].haunt()
        last = number == failures
        steps = 1_000_000 if last else rng.randrange(20, 500)
        if attempt.run(steps, rng.choice([10, 40, 200]), concurrent, **barrier):
            break
        if not zombies:
            attempt.kill()
        restore = attempt.completed[-1] if attempt.completed else None
        next_id = attempt.next_id
    assert attempts[-1].finished
    if zombies:
        for attempt in attempts:
            attempt.kill()
    return attempts
