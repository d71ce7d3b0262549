"""Triggers, built in and custom."""

from pyflink.datastream.state import ReducingStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import (
    ContinuousEventTimeTrigger,
    CountTrigger,
    EventTimeSessionWindows,
    EventTimeTrigger,
    NeverTrigger,
    PurgingTrigger,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
)

from .case import case
from .helpers import INT, STR, TIMED, Show, by_key, first, paced
from .windows import ms

EVENTS = [("a", 1), ("a", 3), ("a", 4), ("a", 8), ("a", 12), ("b", 5)]


def tens(env, data=EVENTS):
    return by_key(env, data).window(TumblingEventTimeWindows.of(ms(10)))


@case(ordered=False, spread=True)
def case_trigger_event_time_is_the_default(env):
    return tens(env).trigger(EventTimeTrigger.create()).process(Show(), STR)


@case(ordered=False, spread=True)
def case_trigger_count_on_time_windows(env):
    return tens(env).trigger(CountTrigger.of(2)).process(Show(), STR)


@case(ordered=False, spread=True)
def case_trigger_purging_count(env):
    return tens(env).trigger(PurgingTrigger.of(CountTrigger.of(2))).process(Show(), STR)


@case(ordered=False, spread=True)
def case_trigger_purging_event_time(env):
    return tens(env).trigger(PurgingTrigger.of(EventTimeTrigger.create())).process(Show(), STR)


@case()
def case_trigger_never(env):
    return tens(env).trigger(NeverTrigger()).process(Show(), STR)


@case(chained_only=True, takes="thread")
def case_trigger_continuous_event_time(env):
    keyed = paced(env, [("a", 2), ("a", 13), ("a", 27), ("a", 55)]).key_by(first, STR)
    windows = keyed.window(TumblingEventTimeWindows.of(ms(50)))
    return windows.trigger(ContinuousEventTimeTrigger.of(ms(10))).process(Show(), STR)


class Early(Trigger):
    """Fires for every element over a limit, and purges at the window's end."""

    def __init__(self, limit=5):
        self.limit = limit

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        if element[1] > self.limit:
            return TriggerResult.FIRE
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.FIRE_AND_PURGE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())

    def clear(self, window, ctx):
        ctx.delete_event_time_timer(window.max_timestamp())


@case(ordered=False, spread=True)
def case_trigger_custom_early(env):
    return tens(env).trigger(Early()).process(Show(), STR)


class Budget(Early):
    """Fires and purges whenever the third fields' sum reaches ten."""

    SUM = ReducingStateDescriptor("sum", lambda a, b: a + b, INT)

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        total = ctx.get_partitioned_state(self.SUM)
        total.add(element[2])
        if total.get() >= 10:
            total.clear()
            return TriggerResult.FIRE_AND_PURGE
        return TriggerResult.CONTINUE

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.SUM).clear()


@case(ordered=False, spread=True)
def case_trigger_custom_state(env):
    data = [("a", 1, 4), ("a", 2, 7), ("a", 3, 1), ("b", 4, 12), ("a", 11, 9), ("a", 12, 1)]
    windows = by_key(env, data, TIMED).window(TumblingEventTimeWindows.of(ms(10)))
    return windows.trigger(Budget()).process(Show(), STR)


class Forget(Early):
    """Purges without firing."""

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        return TriggerResult.PURGE if element[1] == 4 else TriggerResult.CONTINUE


@case(ordered=False, spread=True)
def case_trigger_purge_without_firing(env):
    return tens(env).trigger(Forget()).process(Show(), STR)


class Once(Early):
    """Value state says whether the window fired early."""

    FIRED = ValueStateDescriptor("fired", INT)

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        fired = ctx.get_partitioned_state(self.FIRED)
        if fired.value() is None:
            fired.update(1)
            return TriggerResult.FIRE
        return TriggerResult.CONTINUE

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.FIRED).clear()


@case(ordered=False, spread=True)
def case_trigger_custom_value_state(env):
    return tens(env).trigger(Once()).reduce(lambda a, b: (a[0], a[1] * 100 + b[1]))


class Mergeable(Early):
    def can_merge(self):
        return True


@case(ordered=False, spread=True)
def case_trigger_custom_on_sessions(env):
    data = [("a", 0), ("a", 3), ("a", 9), ("a", 40)]
    windows = by_key(env, data).window(EventTimeSessionWindows.with_gap(ms(10)))
    return windows.trigger(Mergeable(limit=1000)).process(Show(), STR)


@case(ordered=False, spread=True)
def case_trigger_count_on_sessions(env):
    data = [("a", 0), ("a", 3), ("a", 40), ("a", 41), ("a", 42)]
    windows = by_key(env, data).window(EventTimeSessionWindows.with_gap(ms(10)))
    return windows.trigger(CountTrigger.of(2)).process(Show(), STR)


@case(ordered=False, spread=True)
def case_trigger_timer_inside_the_window(env):
    class Middle(Early):
        def on_element(self, element, timestamp, window, ctx):
            ctx.register_event_time_timer(window.start + 5)
            ctx.register_event_time_timer(window.max_timestamp())
            return TriggerResult.CONTINUE

        def on_event_time(self, time, window, ctx):
            return TriggerResult.FIRE

    return tens(env).trigger(Middle()).process(Show(), STR)
