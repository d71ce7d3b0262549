"""Late elements: dropped, allowed, put aside."""

from pyflink.datastream import OutputTag
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

from .case import case
from .helpers import KEYED, STR, Mean, Show, ShowAll, first, paced
from .windows import ms

LATE = OutputTag("late", KEYED)
EVENTS = [("a", 3), ("a", 14), ("a", 5), ("a", 28), ("a", 12), ("a", 6)]


def tens(env, data=EVENTS, delay=0):
    keyed = paced(env, data, delay=delay).key_by(first, STR)
    return keyed.window(TumblingEventTimeWindows.of(ms(10)))


@case(chained_only=True)
def case_late_dropped(env):
    return tens(env).process(Show(), STR)


@case(chained_only=True)
def case_late_within_the_bounded_delay(env):
    return tens(env, delay=10).process(Show(), STR)


@case(chained_only=True)
def case_late_side_output(env):
    main = tens(env).side_output_late_data(LATE).process(Show(), STR)
    return {"main": main, "late": main.get_side_output(LATE)}


@case(chained_only=True)
def case_late_allowed_fires_again(env):
    return tens(env).allowed_lateness(10).process(Show(), STR)


@case(chained_only=True)
def case_late_allowed_and_side_output(env):
    main = tens(env).allowed_lateness(10).side_output_late_data(LATE).process(Show(), STR)
    return {"main": main, "late": main.get_side_output(LATE)}


@case(chained_only=True)
def case_late_allowed_with_reduce(env):
    return tens(env).allowed_lateness(100).reduce(lambda a, b: (a[0], a[1] * 100 + b[1]))


@case(chained_only=True)
def case_late_allowed_with_aggregate(env):
    return tens(env).allowed_lateness(100).aggregate(Mean())


@case(chained_only=True)
def case_late_boundary(env):
    data = [("a", 3), ("a", 10), ("a", 9), ("a", 11), ("a", 9)]
    return tens(env, data).process(Show(), STR)


@case(chained_only=True)
def case_late_lateness_boundary(env):
    data = [("a", 3), ("a", 15), ("a", 4), ("a", 16), ("a", 5)]
    main = tens(env, data).allowed_lateness(5).side_output_late_data(LATE).process(Show(), STR)
    return {"main": main, "late": main.get_side_output(LATE)}


@case(chained_only=True)
def case_late_for_sliding_windows(env):
    keyed = paced(env, [("a", 8), ("a", 21), ("a", 13), ("a", 4)]).key_by(first, STR)
    windows = keyed.window(SlidingEventTimeWindows.of(ms(10), ms(5)))
    main = windows.side_output_late_data(LATE).process(Show(), STR)
    return {"main": main, "late": main.get_side_output(LATE)}


@case(chained_only=True)
def case_late_for_sessions(env):
    keyed = paced(env, [("a", 0), ("a", 50), ("a", 12), ("a", 45)]).key_by(first, STR)
    windows = keyed.window(EventTimeSessionWindows.with_gap(ms(10)))
    main = windows.side_output_late_data(LATE).process(Show(), STR)
    return {"main": main, "late": main.get_side_output(LATE)}


@case(chained_only=True)
def case_late_for_window_all(env):
    windows = paced(env, EVENTS).window_all(TumblingEventTimeWindows.of(ms(10)))
    main = windows.allowed_lateness(8).side_output_late_data(LATE).process(ShowAll(), STR)
    return {"main": main, "late": main.get_side_output(LATE)}
