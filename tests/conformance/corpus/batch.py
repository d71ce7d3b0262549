"""BATCH execution. PyFlink's process mode loses windows in it, or never ends."""

from pyflink.datastream import KeyedProcessFunction, OutputTag, RuntimeExecutionMode
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows

from .case import case
from .helpers import INT, KEYED, STR, Show, first, timed
from .windows import ms

SALES = [("x", 4), ("y", 2), ("x", 1), ("y", 9), ("x", 5)]


def batch(env, data=SALES):
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    return env.from_collection(data, type_info=KEYED)


@case(spread=True)
def case_batch_map_filter(env):
    return batch(env).map(lambda v: v[1]).filter(lambda n: n > 2)


@case(ordered=False, spread=True)
def case_batch_reduce_is_final(env):
    return batch(env).key_by(first, STR).reduce(lambda a, b: (a[0], a[1] + b[1]))


@case(ordered=False, spread=True)
def case_batch_sum_min_max_are_final(env):
    keyed = batch(env).key_by(first, STR)
    return {"sum": keyed.sum(1), "min": keyed.min(1), "max_by": keyed.max_by(1)}


@case(ordered=False, spread=True, modes=("thread",))
def case_batch_window_has_no_late_elements(env):
    data = [("a", 25), ("a", 3), ("b", 14), ("a", 21), ("b", 1), ("a", 8)]
    keyed = timed(batch(env, data)).key_by(first, STR)
    return keyed.window(TumblingEventTimeWindows.of(ms(10))).process(Show(), STR)


@case(ordered=False, spread=True, modes=("thread",))
def case_batch_sessions(env):
    data = [("a", 25), ("a", 3), ("b", 14), ("a", 9), ("b", 1), ("a", 31)]
    keyed = timed(batch(env, data)).key_by(first, STR)
    return keyed.window(EventTimeSessionWindows.with_gap(ms(10))).process(Show(), STR)


class Steps(KeyedProcessFunction):
    """Elements in time order; timers after all elements of a key."""

    def open(self, runtime_context):
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", INT))

    def process_element(self, value, ctx):
        self.seen.update((self.seen.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(value[1] + 1)
        yield value[0], "element", value[1], self.seen.value()

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), "timer", timestamp, self.seen.value()


@case(ordered=False, spread=True)
def case_batch_elements_of_a_key_in_time_order(env):
    data = [("a", 30), ("a", 10), ("b", 7), ("a", 20)]
    return timed(batch(env, data)).key_by(first, STR).process(Steps())


@case()
def case_batch_one_key_steps(env):
    data = [("a", 30), ("a", 10), ("a", 20)]
    return timed(batch(env, data)).key_by(first, STR).process(Steps())


@case(ordered=False)
def case_batch_side_output(env):
    tag = OutputTag("side", STR)

    class Split(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield tag, value[0]
            yield value[1]

    main = batch(env).key_by(first, STR).process(Split(), INT)
    return {"main": main, "side": main.get_side_output(tag)}


@case(ordered=False, spread=True)
def case_batch_count_window(env):
    keyed = batch(env, [("a", n) for n in range(5)]).key_by(first, STR)
    return keyed.count_window(2).reduce(lambda a, b: (a[0], a[1] + b[1]))


@case(ordered=False, spread=True)
def case_batch_union(env):
    return batch(env).union(batch(env, [("z", 1)])).key_by(first, STR).sum(1)


@case(ordered=False)
def case_batch_processing_time_timers_fire_at_the_end_of_a_key(env):
    class Later(KeyedProcessFunction):
        def process_element(self, value, ctx):
            service = ctx.timer_service()
            service.register_processing_time_timer(service.current_processing_time() + 10**7)

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), "timer"

    return batch(env, [("a", 1), ("b", 1)]).key_by(first, STR).process(Later())


@case(ordered=False, spread=True)
def case_batch_automatic_mode_of_bounded_sources(env):
    env.set_runtime_mode(RuntimeExecutionMode.AUTOMATIC)
    keyed = env.from_collection(SALES, type_info=KEYED).key_by(first, STR)
    return keyed.reduce(lambda a, b: (a[0], a[1] + b[1]))
