"""Windows on whole jobs; the operators themselves are tested against models elsewhere."""

from __future__ import annotations

import pytest

from hurtig.common import Time, Types, WatermarkStrategy
from hurtig.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from hurtig.datastream import (
    AggregateFunction,
    AllWindowFunction,
    OutputTag,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    WindowFunction,
)
from hurtig.datastream.window import (
    CountEvictor,
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from hurtig.messages import Watermark
from hurtig.testing import collect, collect_all

RECORDS = [("a", 1, 0), ("b", 2, 3), ("a", 3, 9), ("a", 4, 12), ("b", 5, 11), ("a", 6, 25)]
LATE = OutputTag("late", Types.PICKLED_BYTE_ARRAY())


def ms(n):
    return Time.milliseconds(n)


def tumbling(size=10):
    return TumblingEventTimeWindows.of(ms(size))


class Sum(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value[1]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class Process(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield key, window.start, window.end, list(elements)


class Apply(WindowFunction):
    def apply(self, key, window, inputs):
        yield key, window.start, window.end, list(inputs)


class ProcessAll(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield context.window().start, [v[1] for v in elements]


class ApplyAll(AllWindowFunction):
    def apply(self, window, inputs):
        yield window.start, [v[1] for v in inputs]


@pytest.fixture(params=[("STREAMING", 1), ("STREAMING", 3), ("BATCH", 1), ("BATCH", 2)], ids=str)
def events(request, env_in, timed):
    mode, parallelism = request.param
    return timed(env_in(mode, parallelism), RECORDS, bound=5)


@pytest.fixture
def keyed(events):
    return events.key_by(lambda v: v[0])


def add(a, b):
    return a[0], a[1] + b[1], max(a[2], b[2])


def test_reduce(keyed):
    assert sorted(collect(keyed.window(tumbling()).reduce(add))) == [
        ("a", 4, 9), ("a", 4, 12), ("a", 6, 25), ("b", 2, 3), ("b", 5, 11)
    ]  # fmt: skip


def test_aggregate(keyed):
    assert sorted(collect(keyed.window(tumbling()).aggregate(Sum()))) == [2, 4, 4, 5, 6]


def test_incremental_with_a_window_function(keyed):
    windowed = keyed.window(tumbling())
    expected = [
        ("a", 0, 10, [4]), ("a", 10, 20, [4]), ("a", 20, 30, [6]),
        ("b", 0, 10, [2]), ("b", 10, 20, [5]),
    ]  # fmt: skip
    assert sorted(collect(windowed.aggregate(Sum(), Process()))) == expected
    assert sorted(collect(windowed.aggregate(Sum(), Apply()))) == expected
    reduced = collect(windowed.reduce(add, Process()))
    assert sorted((k, s, e, [v[1] for v in vs]) for k, s, e, vs in reduced) == expected


@pytest.mark.parametrize("call", [lambda w: w.process(Process()), lambda w: w.apply(Apply())])
def test_all_elements(keyed, call):
    got = collect(call(keyed.window(tumbling(20))))
    assert sorted((k, s, [v[1] for v in vs]) for k, s, _, vs in got) == [
        ("a", 0, [1, 3, 4]), ("a", 20, [6]), ("b", 0, [2, 5])
    ]  # fmt: skip


def test_sliding(keyed):
    windows = SlidingEventTimeWindows.of(ms(10), ms(5))
    got = collect(keyed.window(windows).aggregate(Sum(), Process()))
    assert sorted((s, vs[0]) for k, s, _, vs in got if k == "b") == [
        (-5, 2),
        (0, 2),
        (5, 5),
        (10, 5),
    ]


def test_session(keyed):
    got = collect(keyed.window(EventTimeSessionWindows.with_gap(ms(7))).process(Process()))
    assert sorted((k, s, e, [v[1] for v in vs]) for k, s, e, vs in got) == [
        ("a", 0, 7, [1]), ("a", 9, 19, [3, 4]), ("a", 25, 32, [6]),
        ("b", 3, 10, [2]), ("b", 11, 18, [5]),
    ]  # fmt: skip


def test_count_windows(keyed):
    got = collect(keyed.count_window(2).reduce(add))
    assert sorted(got) == [("a", 4, 9), ("a", 10, 25), ("b", 7, 11)]


def test_global_windows_with_a_trigger(keyed):
    windowed = keyed.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(3)))
    assert collect(windowed.aggregate(Sum())) == [8]


def test_an_evictor(keyed):
    windowed = keyed.window(tumbling(100)).evictor(CountEvictor.of(2))
    got = {k: [v[1] for v in vs] for k, _, _, vs in collect(windowed.process(Process()))}
    assert got == {"a": [4, 6], "b": [2, 5]}


@pytest.mark.parametrize("call", [lambda w: w.process(ProcessAll()), lambda w: w.apply(ApplyAll())])
def test_windows_over_all(events, call):
    got = {start: sorted(values) for start, values in collect(call(events.window_all(tumbling())))}
    assert got == {0: [1, 2, 3], 10: [4, 5], 20: [6]}


def test_results_carry_the_end_of_their_window(keyed):
    from hurtig.datastream import ProcessFunction

    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value, ctx.timestamp()

    stamped = collect(keyed.window(tumbling()).aggregate(Sum()).process(Stamp()))
    assert sorted(stamped) == [(2, 9), (4, 9), (4, 19), (5, 19), (6, 29)]


def test_windows_of_windows(keyed):
    daily = keyed.window(tumbling()).aggregate(Sum(), Process())
    total = daily.window_all(tumbling(100)).reduce(lambda a, b: ("", 0, 0, [a[3][0] + b[3][0]]))
    assert [v[3] for v in collect(total)] == [[21]]


def test_late_records(env_in):
    """One watermark per record, so that what is late does not depend on batches."""
    env = env_in()
    stream = env.from_collection(
        [("a", 1, 5), ("a", 2, 30), ("a", 3, 6), ("a", 4, 31), ("a", 5, 22)]
    )
    stream = stream.assign_timestamps_and_watermarks(every_record())
    windowed = stream.key_by(lambda v: v[0]).window(tumbling()).side_output_late_data(LATE)
    results = windowed.aggregate(Sum())
    got = collect_all(results=results, late=results.get_side_output(LATE))
    assert got == {"results": [1, 6], "late": [("a", 3, 6), ("a", 5, 22)]}


def test_allowed_lateness_fires_again(env_in):
    env = env_in()
    records = [("a", 1, 5), ("a", 2, 12), ("a", 3, 6), ("a", 4, 40), ("a", 5, 7)]
    stream = env.from_collection(records).assign_timestamps_and_watermarks(every_record())
    windowed = stream.key_by(lambda v: v[0]).window(tumbling()).allowed_lateness(10)
    assert collect(windowed.aggregate(Sum())) == [1, 4, 2, 4]


class Punctuated(WatermarkGenerator):
    def on_event(self, event, timestamp, output):
        output.emit_watermark(Watermark(timestamp - 1))

    def on_periodic_emit(self, output):
        pass


class LastField(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[-1]


def every_record():
    """A watermark behind every record."""
    return WatermarkStrategy.for_generator(Punctuated).with_timestamp_assigner(LastField())


def test_processing_time_windows_of_a_stream_that_lasts(env_in):
    """They fire by the clock while the job runs."""
    import itertools
    import time

    def ticks():
        for n in itertools.count():
            time.sleep(0.002)
            yield "a", n

    env = env_in()
    stream = env.from_iterable(ticks, bounded=False).key_by(lambda v: v[0])
    windowed = stream.window(TumblingProcessingTimeWindows.of(ms(20))).process(Process())
    with windowed.execute_and_collect() as windows:
        first, second = next(windows), next(windows)
    assert first[2] <= second[1]
    assert (first[1] % 20, first[2] - first[1]) == (0, 20)
    values = [v[1] for v in first[3] + second[3]]
    assert values == list(range(len(values)))


def test_count_windows_over_all_records(env):
    numbers = env.from_sequence(1, 7)
    assert collect(numbers.count_window_all(3).reduce(lambda a, b: a + b)) == [6, 15]
    assert collect(numbers.count_window_all(3, 2).reduce(lambda a, b: a + b)) == [6, 12, 18]


def test_global_windows_without_a_trigger_are_warned_of(env, caplog):
    windows = env.from_sequence(1, 3).window_all(GlobalWindows.create())
    windows.trigger(CountTrigger.of(2)).reduce(max)
    assert not caplog.records
    env.from_sequence(1, 3).window_all(GlobalWindows.create()).reduce(max)
    assert "Window(GlobalWindows) never fires" in caplog.text
