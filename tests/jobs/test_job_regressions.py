"""Whole jobs that once went wrong."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from hurtig.common.errors import JobCancelledError, ProgramError, UserFunctionError
from hurtig.common.typeinfo import Types
from hurtig.connectors.sink import Sink, SinkWriter
from hurtig.datastream import (
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from hurtig.datastream.functions import AggregateFunction, ProcessWindowFunction
from hurtig.datastream.window import CountTrigger, GlobalWindows
from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.runtime.operator_time import OperatorTime
from hurtig.runtime.timer_heap import TimerHeap


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env


# -- dead letters and errors ----------------------------------------------------------------------


def _no_one(value: int) -> int:
    if value == 1:
        raise ValueError("one")
    return value


def _no_two(value: int) -> int:
    if value == 2:
        raise ValueError("two")
    return value


@pytest.mark.parametrize("parallelism", [1, 3])
def test_dead_letters_are_those_of_the_operator_itself(
    env: StreamExecutionEnvironment, parallelism: int
) -> None:
    env.set_parallelism(parallelism)
    first = env.from_collection([1, 2, 3]).map(_no_one).on_error("dead-letter")
    second = first.map(_no_two).on_error("dead-letter")
    letters = list(second.get_dead_letters().execute_and_collect())
    assert [letter.record for letter in letters] == [2]


def test_a_failing_reduce_follows_the_policy_in_batch_mode(env: StreamExecutionEnvironment) -> None:
    def add(a: int, b: int) -> int:
        return a + _no_two(b)

    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    result = env.from_collection([1, 2, 3]).key_by(lambda _: 0).reduce(add).on_error("skip")
    assert list(result.execute_and_collect()) == [4]


# -- keys of two inputs ---------------------------------------------------------------------------


class Meet(KeyedCoProcessFunction):
    """Says for each key which inputs it has seen."""

    def open(self, runtime_context: Any) -> None:
        from hurtig.datastream.state import ValueStateDescriptor

        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.STRING()))

    def _see(self, side: str, context: Any) -> Any:
        seen = (self.seen.value() or "") + side
        self.seen.update(seen)
        yield context.get_current_key(), "".join(sorted(seen))

    def process_element1(self, value: Any, context: Any) -> Any:
        return self._see("a", context)

    def process_element2(self, value: Any, context: Any) -> Any:
        return self._see("b", context)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_key_type_declared_for_one_input_counts_for_both(
    env: StreamExecutionEnvironment, swapped: bool
) -> None:
    env.set_parallelism(4)
    numbers = list(range(20))
    typed = env.from_collection(numbers).key_by(lambda x: x, Types.DOUBLE())
    untyped = env.from_collection(numbers).key_by(lambda x: x)
    streams = (untyped, typed) if swapped else (typed, untyped)
    result = streams[0].connect(streams[1]).process(Meet())
    met = [key for key, seen in result.execute_and_collect() if seen == "ab"]
    assert sorted(met) == numbers


def test_different_key_types_are_refused(env: StreamExecutionEnvironment) -> None:
    a = env.from_collection([1]).key_by(lambda x: x, Types.INT())
    b = env.from_collection([1]).key_by(lambda x: x, Types.STRING())
    with pytest.raises(ProgramError, match="different types"):
        a.connect(b).process(Meet())


# -- buffer timeout -------------------------------------------------------------------------------


def test_the_buffer_timeout_is_that_of_the_operator_that_sends(
    env: StreamExecutionEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = env.from_collection([1]).map(lambda x: x).set_buffer_timeout(7)
    sent.map(lambda x: x).start_new_chain().print()
    graph = env._job_graph("test")
    assert [edge.buffer_timeout for v in graph.vertices for edge in v.out_edges] == [7]


# -- timers ---------------------------------------------------------------------------------------


class Cascade(KeyedProcessFunction):
    """A processing-time timer that registers an event-time timer, and the other way round."""

    def process_element(self, value: int, context: Any) -> Any:
        context.timer_service().register_processing_time_timer(1)
        return ()

    def on_timer(self, timestamp: int, context: Any) -> Any:
        timers = context.timer_service()
        if timestamp == 1:
            timers.register_event_time_timer(2)
        elif timestamp == 2:
            timers.register_processing_time_timer(3)
        yield context.get_current_key(), timestamp


def test_batch_mode_leaves_no_timer_for_the_next_key(env: StreamExecutionEnvironment) -> None:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    result = env.from_collection([5, 6]).key_by(lambda x: x).process(Cascade())
    assert list(result.execute_and_collect()) == [
        (5, 1), (5, 2), (5, 3), (6, 1), (6, 2), (6, 3),
    ]  # fmt: skip


def test_timers_of_an_operator_do_not_pile_up() -> None:
    """A keyed operator at the head of a task never gets batches by a keyed edge of its chain."""
    slot = ManualProcessingTime()
    time = OperatorTime(slot)
    fired: list[int] = []

    def again(at: int) -> None:
        fired.append(at)
        time.schedule(at + 1, again)

    time.schedule(1, again)
    slot.advance_to(1000)
    assert fired == list(range(1, 1001))
    assert len(time._own) == 1
    assert len(slot._timers) == 1


def test_cancelled_timers_do_not_pile_up() -> None:
    heap = TimerHeap()
    fired: list[int] = []
    heap.schedule(10, fired.append)
    for number in range(10_000):
        heap.schedule(20 + number, fired.append)()
    assert len(heap) < 200
    assert heap.next_time() == 10
    heap.fire_before(10)
    assert fired == []
    heap.fire_before(100_000)
    assert fired == [10]
    assert heap.next_time() is None


def test_timers_of_two_operators_fire_in_order_of_time() -> None:
    slot = ManualProcessingTime()
    a, b = OperatorTime(slot), OperatorTime(slot)
    fired: list[str] = []
    for name, time, at in [("a1", a, 1), ("b2", b, 2), ("a3", a, 3), ("b4", b, 4)]:
        time.schedule(at, lambda _, name=name: fired.append(name))
    slot.advance_to(10)
    assert fired == ["a1", "b2", "a3", "b4"]


# -- ends -----------------------------------------------------------------------------------------

EVENTS: list[str] = []


class Watched(MapFunction):
    def __init__(self, name: str, fail_in: str = "") -> None:
        self._name = name
        self._fail_in = fail_in

    def _event(self, what: str) -> None:
        EVENTS.append(f"{self._name} {what}")
        if self._fail_in == what:
            raise KeyboardInterrupt if what == "interrupt" else ValueError(what)

    def open(self, runtime_context: Any) -> None:
        self._event("open")

    def map(self, value: Any) -> Any:
        if self._fail_in in ("map", "interrupt"):
            self._event(self._fail_in)
        return value

    def close(self) -> None:
        self._event("close")


class WatchedWriter(SinkWriter):
    def __init__(self) -> None:
        EVENTS.append("sink open")

    def write_batch(self, batch: Any) -> None:
        pass

    def flush(self, end_of_input: bool) -> None:
        EVENTS.append("sink flush")

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        EVENTS.append("sink prepare")
        return ["part"]

    def close(self) -> None:
        EVENTS.append("sink close")


class WatchedCommitter:
    def commit(self, committables: list[Any]) -> None:
        EVENTS.append("commit")

    def close(self) -> None:
        EVENTS.append("committer close")


class WatchedSink(Sink):
    def create_writer(self, context: Any) -> Any:
        return WatchedWriter()

    def create_committer(self) -> Any:
        return WatchedCommitter()


def _program(env: StreamExecutionEnvironment, fail_in: str, chained: bool) -> None:
    stream = env.from_collection([1, 2, 3]).map(Watched("first"))
    second = stream.map(Watched("second", fail_in))
    if not chained:
        second.disable_chaining()
    second.map(Watched("third")).sink_to(WatchedSink())


@pytest.mark.parametrize("chained", [True, False])
@pytest.mark.parametrize("fail_in", ["", "open", "map", "close", "interrupt"])
def test_everything_is_closed_exactly_once(
    env: StreamExecutionEnvironment, fail_in: str, chained: bool
) -> None:
    EVENTS.clear()
    before = gc.get_threshold()
    _program(env, fail_in, chained)
    if fail_in:
        with pytest.raises(KeyboardInterrupt if fail_in == "interrupt" else UserFunctionError):
            env.execute()
    else:
        env.execute()
    for part in ("first", "second", "third", "sink", "committer"):
        closes = EVENTS.count(f"{part} close")
        opened = part == "committer" or f"{part} open" in EVENTS
        assert closes == 1 or (not opened and closes <= 1), (part, EVENTS)
    if fail_in in ("open", "map", "interrupt"):
        assert "commit" not in EVENTS
        assert "sink flush" not in EVENTS
    elif not fail_in:
        assert EVENTS.count("commit") == 1
    assert gc.get_threshold() == before


def test_an_iterator_can_be_closed_although_a_function_cannot(
    env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    EVENTS.clear()
    stream = env.from_sequence(1, 10**9).map(Watched("first", "close")).map(Watched("second"))
    with stream.execute_and_collect() as results:
        assert next(results) == 1
    assert EVENTS.count("first close") == EVENTS.count("second close") == 1
    assert "could not be closed" in capsys.readouterr().err


def test_an_iterator_that_is_dropped_ends_its_job(env: StreamExecutionEnvironment) -> None:
    EVENTS.clear()
    results = env.from_sequence(1, 10**9).map(Watched("first")).execute_and_collect()
    assert next(results) == 1
    del results
    gc.collect()
    assert EVENTS == ["first open", "first close"]


def test_two_iterators_are_read_alternately() -> None:
    def job(parallelism: int) -> Any:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(parallelism)
        stream = env.from_sequence(0, 4999).key_by(lambda x: x % 7).map(lambda x: x * parallelism)
        return stream.execute_and_collect()

    a, b = job(1), job(3)
    pairs = list(zip(a, b, strict=False))
    rest = list(a) + list(b)
    assert len(pairs) == 5000
    assert rest == []
    assert sorted(x for x, _ in pairs) == list(range(5000))
    assert sorted(y for _, y in pairs) == list(range(0, 15000, 3))


def test_a_job_in_a_thread_is_cancelled_and_says_so(env: StreamExecutionEnvironment) -> None:
    EVENTS.clear()
    env.from_sequence(1, 10**9).map(Watched("first")).sink_to(WatchedSink())
    client = env.execute_async()
    while "first open" not in EVENTS:
        pass
    client.cancel().result()
    with pytest.raises(JobCancelledError):
        client.get_job_execution_result().result()
    assert EVENTS.count("first close") == EVENTS.count("sink close") == 1
    assert "commit" not in EVENTS
    assert "sink flush" not in EVENTS


@pytest.mark.parametrize("timeout_ms", [-1, 0, 5])
def test_every_buffer_timeout_of_the_environment_runs(
    env: StreamExecutionEnvironment, timeout_ms: int
) -> None:
    env.set_buffer_timeout(1).set_buffer_timeout(timeout_ms)
    assert env.get_buffer_timeout() == timeout_ms
    stream = env.from_collection([1, 2, 3]).map(lambda x: x).disable_chaining()
    assert list(stream.execute_and_collect()) == [1, 2, 3]


# -- what was emitted stays as it was -------------------------------------------------------------


def _extend(a: list[int], b: list[int]) -> list[int]:
    a.extend(b)
    return a


class Gather(AggregateFunction):
    def create_accumulator(self) -> list[int]:
        return []

    def add(self, value: list[int], accumulator: list[int]) -> list[int]:
        return _extend(accumulator, value)

    def get_result(self, accumulator: list[int]) -> list[int]:
        return accumulator

    def merge(self, a: list[int], b: list[int]) -> list[int]:
        return _extend(a, b)


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield [element[0] for element in elements]
        for element in elements:
            element[0] = -1


GROWING = [[1], [1, 2], [1, 2, 3]]


def _lists(env: StreamExecutionEnvironment) -> Any:
    return env.from_collection([[1], [2], [3]]).key_by(lambda _: 0)


@pytest.mark.parametrize("chained", [True, False])
def test_a_reduce_may_change_its_first_argument(
    env: StreamExecutionEnvironment, chained: bool
) -> None:
    env._configuration.set_boolean("pipeline.operator-chaining.enabled", chained)
    assert list(_lists(env).reduce(_extend).execute_and_collect()) == GROWING


def test_what_readers_change_does_not_reach_the_state_of_a_reduce(
    env: StreamExecutionEnvironment,
) -> None:
    result = _lists(env).reduce(_extend).map(lambda v: _extend(v, [0]))
    assert list(result.execute_and_collect()) == [[*v, 0] for v in GROWING]


def test_windows_that_fire_again_leave_what_they_gave(env: StreamExecutionEnvironment) -> None:
    def windows() -> Any:
        return _lists(env).window(GlobalWindows.create()).trigger(CountTrigger(1))

    assert list(windows().reduce(_extend).execute_and_collect()) == GROWING
    assert list(windows().aggregate(Gather()).execute_and_collect()) == GROWING
    assert list(windows().process(Elements()).execute_and_collect()) == GROWING
