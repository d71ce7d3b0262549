"""Event time across operators: several inputs, idleness, alignment."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from hurtig.common import Duration, Time, WatermarkStrategy
from hurtig.common.errors import UserFunctionError
from hurtig.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from hurtig.datastream import ProcessFunction
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.testing import collect

MAX = 2**63 - 1


class Last(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[-1]


def strategy(bound=0):
    bounded = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(bound))
    return bounded.with_timestamp_assigner(Last())


class Watermark(ProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.timer_service().current_watermark()


def ticks():
    """Event time runs 1000 times as fast as the clock."""
    for n in itertools.count():
        time.sleep(0.001)
        yield "tick", n * 1000


def silence():
    """One record, then nothing for as long as the job may last."""
    yield "only", 0
    time.sleep(3600)


def counts(stream):
    windows = TumblingEventTimeWindows.of(Time.seconds(10))
    return stream.window_all(windows).reduce(lambda a, b: ("sum", max(a[1], b[1])))


def env_with_short_interval(env):
    env.get_config().set_auto_watermark_interval(10)
    return env


def first_within(stream, seconds):
    """The first result, or ``None`` if there is none within ``seconds``."""
    records = stream.execute_and_collect()
    deadline = time.monotonic() + seconds
    try:
        while not records._buffer and time.monotonic() < deadline:
            records._client._control.drive()
        return records._buffer.popleft() if records._buffer else None
    finally:
        records.close()


def test_an_idle_source_does_not_hold_windows_back(env):
    env_with_short_interval(env)
    busy = env.from_iterable(ticks, bounded=False, watermark_strategy=strategy())
    quiet = env.from_iterable(
        silence,
        bounded=False,
        watermark_strategy=strategy().with_idleness(Duration.of_millis(30)),
    )
    assert first_within(counts(busy.union(quiet)), 10) is not None


def test_without_idleness_it_does(env):
    env_with_short_interval(env)
    busy = env.from_iterable(ticks, bounded=False, watermark_strategy=strategy())
    quiet = env.from_iterable(silence, bounded=False, watermark_strategy=strategy())
    assert first_within(counts(busy.union(quiet)), 0.5) is None


def test_idleness_in_the_middle_of_the_stream(env):
    env_with_short_interval(env)
    busy = env.from_iterable(ticks, bounded=False)
    quiet = env.from_iterable(silence, bounded=False)
    idle = strategy().with_idleness(Duration.of_millis(30))
    both = busy.assign_timestamps_and_watermarks(strategy()).union(
        quiet.assign_timestamps_and_watermarks(idle)
    )
    assert first_within(counts(both), 10) is not None


def test_idle_subtasks_of_one_source(env):
    """Keys of one subtask only: the others must not hold the window back at the end."""
    env.set_parallelism(3)
    stream = env.from_collection([("a", n * 1000) for n in range(30)])
    stream = stream.assign_timestamps_and_watermarks(strategy())
    assert len(collect(counts(stream))) == 3


def test_a_finished_source_does_not_hold_the_others_back(env):
    env_with_short_interval(env)
    busy = env.from_iterable(ticks, bounded=False, watermark_strategy=strategy())
    short = env.from_iterable([("end", 0)], watermark_strategy=strategy())
    assert first_within(counts(busy.union(short)), 10) is not None


@pytest.mark.parametrize("parallelism", [1, 2])
def test_the_last_watermark_comes_at_the_end(env, timed, parallelism):
    env.set_parallelism(parallelism)
    stream = timed(env, [("a", 5), ("b", 3)]).window_all(
        TumblingEventTimeWindows.of(Time.days(1000))
    )
    assert collect(stream.reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]))) == [("ab", 8)]


def test_no_watermark_before_the_first_emission(env, timed):
    got = collect(timed(env, [("a", 5), ("b", 3)]).process(Watermark()))
    assert [watermark for _, watermark in got] == [-(2**63)] * 2


released = threading.Event()


def held():
    """Far ahead only once it is released."""
    yield "slow", 0
    released.wait()
    yield "slow", 10**15


def unhindered():
    for n in itertools.count():
        yield "fast", n


def test_alignment_makes_a_source_wait_for_another(env):
    env_with_short_interval(env)
    released.clear()
    aligned = strategy().with_watermark_alignment(
        "group", Duration.of_millis(100), Duration.of_millis(5)
    )
    slow, fast = (
        env.from_iterable(thing, bounded=False, watermark_strategy=aligned)
        for thing in (held, unhindered)
    )
    with slow.union(fast).execute_and_collect() as records:
        seen = {"slow": -1, "fast": -1}

        def drive_until(done, seconds):
            deadline = time.monotonic() + seconds
            while not done() and time.monotonic() < deadline:
                records._client._control.drive()
                while records._buffer:
                    name, at = records._buffer.popleft()
                    seen[name] = at

        drive_until(lambda: min(seen.values()) >= 0, 10)
        drive_until(lambda: False, 0.3)  # until it waits
        waits_at = seen["fast"]
        drive_until(lambda: False, 0.3)
        assert seen == {"slow": 0, "fast": waits_at}
        released.set()
        drive_until(lambda: seen["fast"] > waits_at, 10)
        assert seen["fast"] > waits_at


def test_a_timestamp_must_be_a_number(env):
    class Text(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return "today"

    wrong = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Text())
    stream = env.from_collection([1]).assign_timestamps_and_watermarks(wrong)
    with pytest.raises(Exception, match="must give epoch milliseconds as an int, got 'today'"):
        collect(stream)


def test_windows_by_event_time_need_timestamps(env):
    with pytest.raises(Exception, match="timestamp") as caught:
        collect(counts(env.from_collection([("a", 1)])))
    assert "assign_timestamps_and_watermarks" in str(caught.value)


class Failing(WatermarkGenerator):
    def on_event(self, event, timestamp, output):
        if event == "bad":
            raise KeyError(event)

    def on_periodic_emit(self, output):
        pass


def test_an_error_of_a_generator_names_operator_and_record(env):
    strategy = WatermarkStrategy.for_generator(Failing)
    stream = env.from_collection(["good", "bad"]).assign_timestamps_and_watermarks(strategy)
    with pytest.raises(UserFunctionError, match=r"(?s)in on_event.*operator  marks.*'bad'"):
        collect(stream.name("marks"))


def test_an_error_of_a_supplier_names_the_operator(env):
    strategy = WatermarkStrategy.for_generator(lambda context: Failing())
    stream = env.from_collection([1]).assign_timestamps_and_watermarks(strategy).name("marks")
    with pytest.raises(UserFunctionError, match=r"(?s)missing 1 required.*operator  marks") as e:
        collect(stream)
    assert not hasattr(e.value, "__notes__")
    assert "while the job was closed" not in str(e.value)
