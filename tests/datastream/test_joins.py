"""Window joins, co-groups and interval joins."""

from __future__ import annotations

import pytest

from hurtig.common import Time, WatermarkStrategy
from hurtig.common.errors import ProgramError
from hurtig.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from hurtig.datastream import OutputTag
from hurtig.datastream.functions import CoGroupFunction, JoinFunction, ProcessJoinFunction
from hurtig.datastream.window import (
    CountEvictor,
    CountTrigger,
    EventTimeSessionWindows,
    TumblingEventTimeWindows,
)
from hurtig.messages import Watermark
from hurtig.testing import collect, collect_all

LEFT = [("a", "l1", 1), ("a", "l2", 12), ("b", "l3", 3), ("c", "l4", 4)]
RIGHT = [("a", "r1", 5), ("a", "r2", 8), ("a", "r3", 13), ("b", "r4", 25), ("d", "r5", 2)]


LATE_LEFT, LATE_RIGHT = OutputTag("late left"), OutputTag("late right")


class Names(JoinFunction):
    def join(self, first, second):
        return first[1], second[1]


class Both(CoGroupFunction):
    def co_group(self, first, second):
        yield sorted(v[1] for v in first), sorted(v[1] for v in second)


class Pairs(ProcessJoinFunction):
    def process_element(self, left, right, ctx):
        yield left[1], right[1], ctx.get_left_timestamp(), ctx.get_right_timestamp()


@pytest.fixture(params=[("STREAMING", 1), ("STREAMING", 2), ("BATCH", 1), ("BATCH", 2)], ids=str)
def sides(request, env_in, timed):
    env = env_in(*request.param)
    return timed(env, LEFT, 50), timed(env, RIGHT, 50)


def key(v):
    return v[0]


def windowed(joined, assigner=None):
    on = joined.where(key).equal_to(key)
    return on.window(assigner or TumblingEventTimeWindows.of(Time.milliseconds(10)))


@pytest.mark.parametrize("function", [Names(), lambda a, b: (a[1], b[1])])
def test_window_join(sides, function):
    left, right = sides
    assert sorted(collect(windowed(left.join(right)).apply(function))) == [
        ("l1", "r1"), ("l1", "r2"), ("l2", "r3")
    ]  # fmt: skip


def test_join_in_sessions(sides):
    left, right = sides
    sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(6))
    got = collect(windowed(left.join(right), sessions).apply(Names()))
    assert sorted(got) == [(a, b) for a in ("l1", "l2") for b in ("r1", "r2", "r3")]


def test_co_group(sides):
    """Also keys that only one side has."""
    left, right = sides
    assert sorted(collect(windowed(left.co_group(right)).apply(Both()))) == [
        ([], ["r4"]), ([], ["r5"]), (["l1"], ["r1", "r2"]), (["l2"], ["r3"]), (["l3"], []),
        (["l4"], []),
    ]  # fmt: skip


def test_co_group_with_a_trigger_and_an_evictor(env_in, timed):
    """Both count the records of the two sides together."""
    env = env_in()
    left, right = timed(env, LEFT[:1] * 3, 50), timed(env, RIGHT[:1] * 3, 50)
    grouped = windowed(left.co_group(right)).trigger(CountTrigger.of(6)).evictor(CountEvictor.of(4))
    ((first, second),) = collect(grouped.apply(Both()))
    assert len(first) + len(second) == 4


@pytest.fixture
def late_sides(env_in):
    """A watermark behind every record: ``l3`` and ``r3`` come after that of ``x``."""
    events = [("a", "l1", 1), ("a", "r1", 5), ("x", "l2", 100), ("a", "l3", 2), ("a", "r3", 3)]
    strategy = WatermarkStrategy.for_generator(EveryRecord).with_timestamp_assigner(Last())
    stream = env_in().from_collection(events).assign_timestamps_and_watermarks(strategy)
    return stream.filter(lambda v: v[1] < "m"), stream.filter(lambda v: v[1] > "m")


class Last(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[-1]


class EveryRecord(WatermarkGenerator):
    def on_event(self, event, timestamp, output):
        output.emit_watermark(Watermark(timestamp - 1))

    def on_periodic_emit(self, output):
        pass


def test_lateness_of_a_join(late_sides):
    left, right = late_sides
    joined = windowed(left.join(right))
    assert collect(joined.apply(Names())) == [("l1", "r1")]


def test_a_join_that_waits_for_late_records(late_sides):
    left, right = late_sides
    joined = windowed(left.join(right)).allowed_lateness(200)
    assert set(collect(joined.apply(Names()))) == {
        (a, b) for a in ("l1", "l3") for b in ("r1", "r3")
    }


def test_late_records_of_an_interval_join(late_sides):
    left, right = (side.key_by(key) for side in late_sides)
    joined = left.interval_join(right).between(-10, 10)
    joined = joined.side_output_left_late_data(LATE_LEFT).side_output_right_late_data(LATE_RIGHT)
    results = joined.process(Pairs())
    got = collect_all(
        results=results,
        left=results.get_side_output(LATE_LEFT),
        right=results.get_side_output(LATE_RIGHT),
    )
    assert got == {
        "results": [("l1", "r1", 1, 5)],
        "left": [("a", "l3", 2)],
        "right": [("a", "r3", 3)],
    }


def test_interval_join(sides):
    left, right = (side.key_by(key) for side in sides)
    joined = left.interval_join(right).between(Time.milliseconds(-4), 4)
    assert sorted(collect(joined.process(Pairs()))) == [
        ("l1", "r1", 1, 5), ("l2", "r2", 12, 8), ("l2", "r3", 12, 13)
    ]  # fmt: skip


def test_exclusive_bounds(sides):
    left, right = (side.key_by(key) for side in sides)
    joined = left.interval_join(right).between(-4, 4)
    joined = joined.lower_bound_exclusive().upper_bound_exclusive()
    assert collect(joined.process(Pairs())) == [("l2", "r3", 12, 13)]


def test_steps_in_the_wrong_order(env):
    left, right = env.from_collection([1]), env.from_collection([2])
    with pytest.raises(ProgramError, match=r"call where\(\) before equal_to"):
        left.join(right).equal_to(key)
    with pytest.raises(ProgramError, match=r"before window\(\)"):
        left.join(right).where(key).window(TumblingEventTimeWindows.of(Time.seconds(1)))
    with pytest.raises(ProgramError, match=r"before apply\(\)"):
        left.join(right).where(key).equal_to(key).apply(Names())


def test_interval_join_needs_keys_and_an_interval(env):
    keyed = env.from_collection([1]).key_by(lambda v: v)
    with pytest.raises(ProgramError, match="needs keys on both streams"):
        keyed.interval_join(env.from_collection([1]))
    with pytest.raises(ProgramError, match="lower bound 5 ms is above the upper bound 1 ms"):
        keyed.interval_join(keyed).between(5, 1)
