"""Every kind of window."""

from pyflink.common import Time
from pyflink.datastream import ProcessWindowFunction
from pyflink.datastream.window import (
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    DynamicEventTimeSessionWindows,
    EventTimeSessionWindows,
    GlobalWindows,
    ProcessingTimeSessionWindows,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)

from .case import case
from .helpers import KEYED, STR, TIMED, Pace, Show, ShowAll, by_key, first, from_timed

EVENTS = [("a", 3), ("b", 12), ("a", 9), ("a", 10), ("b", 25), ("a", 19), ("a", 20), ("b", 11)]


def ms(n):
    return Time.milliseconds(n)


@case(ordered=False, spread=True)
def case_window_tumbling(env):
    return by_key(env, EVENTS).window(TumblingEventTimeWindows.of(ms(10))).process(Show(), STR)


@case(ordered=False, spread=True)
def case_window_tumbling_offset(env):
    windows = TumblingEventTimeWindows.of(ms(10), ms(3))
    return by_key(env, EVENTS).window(windows).process(Show(), STR)


@case(ordered=False, spread=True)
def case_window_tumbling_negative_offset(env):
    windows = TumblingEventTimeWindows.of(ms(10), ms(-4))
    return by_key(env, EVENTS).window(windows).process(Show(), STR)


@case(ordered=False, spread=True)
def case_window_tumbling_before_the_epoch(env):
    data = [("a", -1), ("a", -10), ("a", -11), ("a", 0)]
    return by_key(env, data).window(TumblingEventTimeWindows.of(ms(10))).process(Show(), STR)


@case(ordered=False, spread=True, bounded=True)
def case_window_sliding(env):
    windows = SlidingEventTimeWindows.of(ms(10), ms(5))
    return by_key(env, EVENTS[:5]).window(windows).process(Show(), STR)


@case(ordered=False, spread=True, bounded=True)
def case_window_sliding_uneven(env):
    windows = SlidingEventTimeWindows.of(ms(7), ms(3), ms(1))
    return by_key(env, EVENTS[:4]).window(windows).process(Show(), STR)


@case(ordered=False, spread=True)
def case_window_sliding_with_gaps(env):
    windows = SlidingEventTimeWindows.of(ms(4), ms(10))
    return by_key(env, EVENTS).window(windows).process(Show(), STR)


@case(ordered=False, spread=True, bounded=True)
def case_window_session(env):
    data = [("a", 0), ("a", 8), ("b", 3), ("a", 30), ("a", 39), ("b", 50)]
    windows = EventTimeSessionWindows.with_gap(ms(10))
    return by_key(env, data).window(windows).process(Show(), STR)


@case(ordered=False, spread=True, bounded=True)
def case_window_session_touching_sessions_merge(env):
    data = [("a", 0), ("a", 10), ("a", 21)]
    windows = EventTimeSessionWindows.with_gap(ms(10))
    return by_key(env, data).window(windows).process(Show(), STR)


class Sorted(ProcessWindowFunction):
    """Window and its elements in order of their times."""

    def process(self, key, context, elements):
        window = context.window()
        yield key, window.start, window.end, sorted(e[1] for e in elements)


@case(ordered=False, spread=True, bounded=True)
def case_window_session_bridged_by_a_late_comer(env):
    data = [("a", 0), ("a", 18), ("a", 9), ("a", 60), ("a", 45), ("a", 52)]
    windows = EventTimeSessionWindows.with_gap(ms(10))
    return by_key(env, data).window(windows).process(Sorted())


class GapOfThird(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element[2]


@case(ordered=False, spread=True, bounded=True)
def case_window_session_dynamic_gap(env):
    data = [("a", 0, 5), ("a", 4, 20), ("a", 22, 1), ("a", 30, 3), ("b", 1, 1)]
    windows = DynamicEventTimeSessionWindows.with_dynamic_gap(GapOfThird())
    return by_key(env, data, TIMED).window(windows).process(Sorted())


@case(ordered=False, spread=True)
def case_window_count_tumbling(env):
    data = [("a", n) for n in range(5)] + [("b", n) for n in range(2)]
    keyed = env.from_collection(data, type_info=KEYED).key_by(first, STR)
    return keyed.count_window(2).process(Elements())


@case(ordered=False, spread=True)
def case_window_count_sliding(env):
    data = [("a", n) for n in range(7)]
    keyed = env.from_collection(data, type_info=KEYED).key_by(first, STR)
    return keyed.count_window(3, 2).process(Elements())


class Elements(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, list(elements)


@case(ordered=False, spread=True)
def case_window_count_assigners(env):
    data = [("a", n) for n in range(5)]
    keyed = env.from_collection(data, type_info=KEYED).key_by(first, STR)
    return {
        "tumbling": keyed.window(CountTumblingWindowAssigner.of(2)).process(Elements()),
        "sliding": keyed.window(CountSlidingWindowAssigner.of(3, 1)).process(Elements()),
    }


@case(ordered=False, spread=True)
def case_window_global_count_trigger(env):
    keyed = env.from_collection(EVENTS, type_info=KEYED).key_by(first, STR)
    return keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(2)).process(Elements())


@case(ordered=False, spread=True)
def case_window_global_purging(env):
    keyed = env.from_collection(EVENTS, type_info=KEYED).key_by(first, STR)
    trigger = PurgingTrigger.of(CountTrigger.of(2))
    return keyed.window(GlobalWindows.create()).trigger(trigger).process(Elements())


@case()
def case_window_global_never_fires(env):
    keyed = env.from_collection(EVENTS, type_info=KEYED).key_by(first, STR)
    return keyed.window(GlobalWindows.create()).process(Elements())


@case()
def case_window_all_tumbling(env):
    return (
        from_timed(env, EVENTS)
        .window_all(TumblingEventTimeWindows.of(ms(10)))
        .process(ShowAll(), STR)
    )


@case(bounded=True)
def case_window_all_session(env):
    data = [("a", 0), ("b", 5), ("c", 40)]
    return (
        from_timed(env, data)
        .window_all(EventTimeSessionWindows.with_gap(ms(10)))
        .process(ShowAll(), STR)
    )


@case(
    deviation="PyFlink lacks Flink's countWindowAll",
    ours=["3", "7"],
)
def case_window_all_count(env):
    return env.from_collection([1, 2, 3, 4, 5]).count_window_all(2).reduce(lambda a, b: a + b)


@case()
def case_window_processing_time_at_the_end_is_dropped(env):
    keyed = env.from_collection([("a", 1)], type_info=KEYED).key_by(first, STR)
    hour = Time.hours(1)
    return {
        "tumbling": keyed.window(TumblingProcessingTimeWindows.of(hour)).process(Elements()),
        "sliding": keyed.window(SlidingProcessingTimeWindows.of(hour, hour)).process(Elements()),
        "session": keyed.window(ProcessingTimeSessionWindows.with_gap(hour)).process(Elements()),
    }


@case(chained_only=True)
def case_window_processing_time_session_fires(env):
    data = [("a", 1), ("b", 2)]
    slow = env.from_collection(data, type_info=KEYED).rebalance().map(Pace(0.4), KEYED)
    windows = ProcessingTimeSessionWindows.with_gap(ms(50))
    return slow.key_by(first, STR).window(windows).process(Elements())


@case()
def case_window_bounds_of_a_window(env):
    class Bounds(ProcessWindowFunction):
        def process(self, key, context, elements):
            window = context.window()
            yield window.start, window.end, window.max_timestamp(), str(window)

    return by_key(env, [("a", 5)]).window(TumblingEventTimeWindows.of(ms(10))).process(Bounds())


@case(ordered=False, spread=True, bounded=True)
def case_window_of_a_window_result(env):
    class Count(ProcessWindowFunction):
        def process(self, key, context, elements):
            yield key, len(list(elements))

    inner = by_key(env, EVENTS).window(TumblingEventTimeWindows.of(ms(10))).process(Count(), KEYED)
    outer = inner.key_by(lambda v: "all", STR).window(TumblingEventTimeWindows.of(ms(20)))
    return outer.reduce(lambda a, b: ("all", a[1] + b[1]))
