"""What a job writes is the same however often it fails."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.checkpoint_driver import Attempt, run_with_failures

from hurtig.common import Time, Types, WatermarkStrategy
from hurtig.connectors.datagen.rate_limiter import RateLimiterStrategy
from hurtig.connectors.datagen.source import DataGeneratorSource
from hurtig.connectors.sink import Committer, Sink, SinkContext, SinkWriter
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.functions import BroadcastProcessFunction, KeyedProcessFunction
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.messages import RowBatch
from hurtig.state.descriptors import MapStateDescriptor, ValueStateDescriptor

RECORDS = 120
KEYS = 5

_outbox: dict[str, list[Any]] = {}
"""Commits by id: one that is repeated changes nothing."""
_ids = itertools.count()


class MemorySink(Sink):
    """Commits records to this process."""

    def create_writer(self, context: SinkContext) -> SinkWriter:
        return _Writer()

    def create_committer(self) -> Committer:
        return _Committer()


class _Writer(SinkWriter):
    def __init__(self) -> None:
        self._values: list[Any] = []

    def write_batch(self, batch: RowBatch) -> None:
        self._values += batch.values

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        # Half of it now, the rest is state of the writer.
        cut = len(self._values) if end_of_input else len(self._values) // 2
        ready, self._values = self._values[:cut], self._values[cut:]
        return [(f"{next(_ids)}", ready)] if ready else []

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return [list(self._values)] if self._values else []

    def restore_state(self, states: list[Any]) -> None:
        self._values = [v for state in states for v in state]


class _Committer(Committer):
    def commit(self, committables: list[Any]) -> None:
        for id_, values in committables:
            _outbox[id_] = values


class Count(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield ("count", ctx.get_current_key(), count)
        yield ("value", value, 1)


def counting(parallelism: int, sources: int = 2) -> Callable[[], Any]:
    """Numbers, counted by key."""

    def graph() -> Any:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(parallelism)
        env.set_max_parallelism(16)
        numbers = env.from_sequence(0, RECORDS - 1).set_parallelism(sources).uid("numbers")
        stream = numbers.map(lambda n: n).uid("map").set_parallelism(sources)
        counted = stream.key_by(lambda n: n % KEYS).process(Count()).uid("count")
        counted.rebalance().sink_to(MemorySink()).uid("sink").set_parallelism(2)
        return env._job_graph("counting")

    return graph


EXPECTED_COUNTS = Counter(
    [("value", n, 1) for n in range(RECORDS)]
    + [("count", k, c + 1) for k in range(KEYS) for c in range(RECORDS // KEYS)]
)


def windows(parallelism: int) -> Callable[[], Any]:
    """Event-time windows over two sources, whose numbers are their timestamps."""

    def graph() -> Any:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(parallelism)
        env.set_max_parallelism(16)
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
        first = env.from_sequence(0, RECORDS - 1).set_parallelism(1).uid("first")
        second = env.from_sequence(0, RECORDS - 1).set_parallelism(1).uid("second")
        timed = [
            s.assign_timestamps_and_watermarks(strategy).uid(name).set_parallelism(1)
            for s, name in ((first, "time1"), (second, "time2"))
        ]
        (
            timed[0]
            .union(timed[1])
            .map(lambda n: (n % KEYS, n, 1))
            .uid("map")
            .key_by(lambda t: t[0])
            .window(TumblingEventTimeWindows.of(Time.milliseconds(20)))
            .reduce(lambda a, b: (a[0], a[1] + b[1], a[2] + b[2]))
            .uid("window")
            .sink_to(MemorySink())
            .uid("sink")
        )
        return env._job_graph("windows")

    return graph


class Itself:
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


def expected_windows() -> Counter[Any]:
    expected = []
    for start in range(0, RECORDS, 20):
        for key in range(KEYS):
            numbers = [n for n in range(start, start + 20) if n % KEYS == key] * 2
            expected.append((key, sum(numbers), len(numbers)))
    return Counter(expected)


def committed() -> Counter[Any]:
    return Counter(v for values in _outbox.values() for v in values)


@pytest.fixture(autouse=True)
def _empty_outbox() -> None:
    _outbox.clear()


MODES = {
    "aligned": {},
    "unaligned": {"unaligned": True},
    "with a limit": {"alignment_timeout": 30},
    "at once unaligned": {"alignment_timeout": 0},
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("two_sided", [False, True], ids=["local", "two-sided"])
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=12)
def test_exactly_once(mode: str, two_sided: bool, seed: int) -> None:
    _outbox.clear()
    attempts = run_with_failures(counting(2), seed, barrier=MODES[mode], two_sided=two_sided)
    assert committed() == EXPECTED_COUNTS
    assert not [d for a in attempts for d in a.declines]


@pytest.mark.parametrize("mode", MODES)
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=10)
def test_windows_fire_once(mode: str, seed: int) -> None:
    _outbox.clear()
    run_with_failures(windows(2), seed, barrier=MODES[mode])
    assert committed() == expected_windows()


@pytest.mark.parametrize("mode", MODES)
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=10)
def test_another_parallelism_after_each_failure(mode: str, seed: int) -> None:
    _outbox.clear()
    sizes = [(1, 2), (2, 2), (3, 1), (2, 3)]

    def change(number: int) -> Callable[[], Any]:
        return counting(*sizes[(seed + number) % len(sizes)])

    run_with_failures(counting(2), seed, 3, change, barrier=MODES[mode], two_sided=bool(seed % 2))
    assert committed() == EXPECTED_COUNTS


class Rules(BroadcastProcessFunction):
    """Says for each rule how many this subtask has, for each number that it came."""

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield ("number", value)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        rules = ctx.get_broadcast_state(RULES)
        rules.put(value, 1)
        yield ("rules", len(list(rules.keys())))


RULES = MapStateDescriptor("rules", Types.LONG(), Types.LONG())


def broadcasting() -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    numbers = env.from_sequence(0, 49).uid("numbers")
    rules = env.from_sequence(100, 129).set_parallelism(1).uid("rules")
    joined = numbers.connect(rules.broadcast(RULES)).process(Rules()).uid("join")
    joined.sink_to(MemorySink()).uid("sink")
    return env._job_graph("broadcasting")


@pytest.mark.parametrize("two_sided", [False, True])
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=10)
def test_broadcast_state_stays_with_records_in_flight(two_sided: bool, seed: int) -> None:
    _outbox.clear()
    run_with_failures(broadcasting, seed, barrier={"unaligned": True}, two_sided=two_sided)
    expected = [("number", n) for n in range(50)] + [("rules", n + 1) for n in range(30)] * 2
    assert committed() == Counter(expected)


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=12)
def test_several_checkpoints_at_a_time(seed: int) -> None:
    _outbox.clear()
    run_with_failures(counting(2), seed, concurrent=3)
    assert committed() == EXPECTED_COUNTS


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=12)
def test_at_least_once_loses_nothing(seed: int) -> None:
    _outbox.clear()
    run_with_failures(counting(2), seed, exactly_once=False, concurrent=2)
    values = {v for kind, v, _ in committed() if kind == "value"}
    assert values == set(range(RECORDS))


def test_the_unaligned_mode_is_put_to_the_test() -> None:
    """Records are in flight in some checkpoints of both kinds."""
    for two_sided in (False, True):
        attempts = [
            attempt
            for seed in range(6)
            for attempt in run_with_failures(
                counting(2), seed, barrier={"unaligned": True}, two_sided=two_sided
            )
        ]
        assert sum(a.unaligned_records for a in attempts) > 50


@pytest.mark.parametrize("program", [counting, windows])
@pytest.mark.parametrize("checkpointing", [True, False])
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=15)
def test_stopped_with_a_savepoint_and_started_again(
    program: Any, checkpointing: bool, seed: int
) -> None:
    """Nothing fires at the stop, nothing is lost or repeated; also without checkpoints."""
    _outbox.clear()
    rng = random.Random(seed)
    first = Attempt(program(2)(), rng, checkpointing=checkpointing)
    if not first.run(rng.randrange(10, 300), 40 if checkpointing else 10**9):
        savepoint = first.stop()
        if savepoint is not None:
            again = Attempt(
                program(rng.choice([1, 2, 3]))(), rng, 0, savepoint, first_id=first.next_id
            )
            assert again.run(1_000_000)
    assert committed() == (EXPECTED_COUNTS if program is counting else expected_windows())


_fired: list[Any] = []


def note(value: Any) -> None:
    _fired.append(value)


class Ticks(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        ctx.timer_service().register_processing_time_timer(
            ctx.timer_service().current_processing_time() + 30
        )
        return ()

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key()


def ticking() -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    env.set_max_parallelism(16)
    endless = DataGeneratorSource(lambda n: n, None, RateLimiterStrategy.per_checkpoint(10))
    numbers = env.from_source(endless, WatermarkStrategy.no_watermarks(), "n").uid("numbers")
    fired = numbers.key_by(lambda n: n).process(Ticks()).uid("ticks")
    fired.add_sink(note).uid("sink")
    return env._job_graph("ticking")


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=6)
def test_no_timer_fires_between_the_savepoint_and_the_end(seed: int) -> None:
    _fired.clear()
    rng = random.Random(seed)
    first = Attempt(ticking(), rng)
    first.run(rng.randrange(30, 120), 20)
    savepoint = first.stop()
    again = Attempt(ticking(), rng, 0, savepoint, first_id=first.next_id)
    again.run(300)
    again.kill()
    assert _fired
    assert len(set(_fired)) == len(_fired)


@given(seed=st.integers(0, 1 << 30), checkpointing=st.booleans())
@settings(max_examples=15)
def test_draining_fires_all_windows(seed: int, checkpointing: bool) -> None:
    _outbox.clear()
    rng = random.Random(seed)
    first = Attempt(windows(2)(), rng, checkpointing=checkpointing)
    first.run(rng.randrange(10, 300), 40 if checkpointing else 10**9)
    savepoint = first.stop(drain=True) if not first.finished else None
    early = sum(count * n for (_, _, count), n in committed().items())
    assert early <= 2 * RECORDS
    if savepoint is not None:
        assert all(set(s) for s in savepoint.operators.values())
        again = Attempt(windows(2)(), rng, 0, savepoint, first_id=first.next_id)
        assert again.run(1_000_000)
    assert sum(count * n for (_, _, count), n in committed().items()) == 2 * RECORDS


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=10)
def test_a_failed_stop_lets_the_job_go_on(seed: int) -> None:
    _outbox.clear()
    rng = random.Random(seed)
    job = Attempt(counting(2)(), rng)
    if not job.run(rng.randrange(10, 200)):
        for id_ in list(job.under_way):
            job.abort(id_)
        id_ = job.trigger(is_savepoint=True, stop=True)
        for _ in range(rng.randrange(20)):
            job.step()
        job.abort(id_)
        assert job.run(1_000_000)
    assert committed() == EXPECTED_COUNTS
