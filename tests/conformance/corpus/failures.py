"""Wrong programs and failing functions."""

from pyflink.common import Time, Types
from pyflink.datastream import KeyedProcessFunction, MapFunction, ProcessFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

from .case import case
from .helpers import INT, KEYED, STR, Show, by_key, first


@case(fails_with="ZeroDivisionError")
def case_error_in_map(env):
    return env.from_collection([1, 0]).map(lambda n: 1 // n)


@case(fails_with="KeyError")
def case_error_in_filter(env):
    return env.from_collection([{}]).filter(lambda d: d["missing"])


@case(fails_with="ValueError")
def case_error_in_flat_map_generator(env):
    def bad(value):
        yield value
        raise ValueError("half way")

    return env.from_collection([1]).flat_map(bad)


@case(fails_with="IndexError")
def case_error_in_key_selector(env):
    return env.from_collection([(1,), ()]).key_by(first).reduce(lambda a, b: a)


@case(fails_with="TypeError")
def case_error_in_reduce(env):
    return env.from_collection([1, 2]).key_by(lambda n: 0).reduce(lambda a, b: a + "x")


@case(fails_with="RuntimeError")
def case_error_in_open(env):
    class Bad(MapFunction):
        def open(self, runtime_context):
            raise RuntimeError("no model")

        def map(self, value):
            return value

    return env.from_collection([1]).map(Bad())


@case(fails_with="AttributeError")
def case_error_in_timer(env):
    class Bad(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(1)

        def on_timer(self, timestamp, ctx):
            yield self.nothing

    return by_key(env, [("a", 1)]).process(Bad())


@case(fails_with="LookupError")
def case_error_in_window_function(env):
    class Bad(Show):
        def process(self, key, context, elements):
            raise LookupError(key)

    windows = by_key(env, [("a", 1)]).window(TumblingEventTimeWindows.of(Time.seconds(1)))
    return windows.process(Bad(), STR)


@case()
def case_error_function_not_callable(env):
    return env.from_collection([1]).map("text")


@case()
def case_error_wrong_function_class(env):
    class Other(ProcessFunction):
        def process_element(self, value, ctx):
            yield value

    return env.from_collection([1]).key_by(lambda n: n).process(Other())


@case()
def case_error_state_without_key(env):
    class Bad(MapFunction):
        def open(self, runtime_context):
            self.state = runtime_context.get_state(ValueStateDescriptor("s", INT))

        def map(self, value):
            return self.state.value()

    return env.from_collection([1]).map(Bad())


@case()
def case_error_timer_without_key(env):
    class Bad(ProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(1)
            yield value

    return env.from_collection([1]).process(Bad())


@case()
def case_error_session_gap_of_zero(env):
    windows = EventTimeSessionWindows.with_gap(Time.milliseconds(0))
    return by_key(env, [("a", 1)]).window(windows).process(Show(), STR)


@case()
def case_error_window_size_of_zero(env):
    windows = TumblingEventTimeWindows.of(Time.milliseconds(0))
    return by_key(env, [("a", 1)]).window(windows).process(Show(), STR)


@case()
def case_error_window_slide_of_zero(env):
    windows = SlidingEventTimeWindows.of(Time.milliseconds(5), Time.milliseconds(0))
    return by_key(env, [("a", 1)]).window(windows).process(Show(), STR)


@case()
def case_error_window_offset_over_the_size(env):
    windows = TumblingEventTimeWindows.of(Time.milliseconds(5), Time.milliseconds(9))
    return by_key(env, [("a", 1)]).window(windows).process(Show(), STR)


@case()
def case_error_window_without_timestamps(env):
    keyed = env.from_collection([("a", 1)], type_info=KEYED).key_by(first, STR)
    return keyed.window(TumblingEventTimeWindows.of(Time.seconds(1))).process(Show(), STR)


@case()
def case_error_sum_of_strings(env):
    kind = Types.TUPLE([STR, STR])
    return env.from_collection([("a", "x"), ("a", "y")], type_info=kind).key_by(first).sum(1)


@case()
def case_error_position_out_of_range(env):
    return env.from_collection([("a", 1), ("a", 2)], type_info=KEYED).key_by(first, STR).max(9)


@case()
def case_error_collection_of_the_wrong_type(env):
    return env.from_collection(["text"], type_info=INT)


@case()
def case_error_negative_parallelism(env):
    return env.from_collection([1]).map(lambda n: n).set_parallelism(-5)


@case()
def case_error_partition_of_a_keyed_stream(env):
    return env.from_collection([1]).key_by(lambda n: n).shuffle()


@case()
def case_error_count_window_of_zero(env):
    keyed = env.from_collection([("a", 1)], type_info=KEYED).key_by(first, STR)
    return keyed.count_window(0).reduce(lambda a, b: a)


@case()
def case_error_execute_without_operators(env):
    env.execute("nothing")
    return []
