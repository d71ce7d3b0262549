"""Every kind of function over a window."""

from pyflink.common import Types
from pyflink.datastream import (
    AggregateFunction,
    ProcessWindowFunction,
    ReduceFunction,
    WindowFunction,
)
from pyflink.datastream.functions import AllWindowFunction, ProcessAllWindowFunction
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

from .case import case
from .helpers import DOUBLE, INT, KEYED, LONG, STR, Mean, by_key, from_timed
from .windows import EVENTS, ms


def tens(env, data=EVENTS):
    return by_key(env, data).window(TumblingEventTimeWindows.of(ms(10)))


class Sum(ReduceFunction):
    def reduce(self, value1, value2):
        return value1[0], value1[1] + value2[1]


class End(ProcessWindowFunction):
    """The one element an incremental function left, and the window's end."""

    def process(self, key, context, elements):
        for element in elements:
            yield key, context.window().end, element


class Lengths(WindowFunction):
    def apply(self, key, window, inputs):
        yield key, window.start, len(list(inputs))


@case(ordered=False, spread=True)
def case_window_reduce_lambda(env):
    return tens(env).reduce(lambda a, b: (a[0], a[1] * 100 + b[1]))


@case(ordered=False, spread=True, bounded=True)
def case_window_reduce_class(env):
    return tens(env).reduce(Sum())


@case(ordered=False, spread=True, bounded=True)
def case_window_reduce_and_process(env):
    return tens(env).reduce(Sum(), window_function=End())


@case(ordered=False, spread=True, bounded=True)
def case_window_reduce_and_apply(env):
    class Last(WindowFunction):
        def apply(self, key, window, inputs):
            return [(key, window.max_timestamp(), list(inputs))]

    return tens(env).reduce(Sum(), Last())


@case(ordered=False, spread=True, bounded=True)
def case_window_aggregate(env):
    return tens(env).aggregate(Mean(), output_type=DOUBLE)


@case(ordered=False, spread=True, bounded=True)
def case_window_aggregate_and_process(env):
    return tens(env).aggregate(
        Mean(),
        window_function=End(),
        accumulator_type=Types.TUPLE([LONG, LONG]),
        output_type=Types.TUPLE([STR, LONG, DOUBLE]),
    )


@case(ordered=False, spread=True, bounded=True)
def case_window_apply(env):
    return tens(env).apply(Lengths(), Types.TUPLE([STR, LONG, INT]))


@case(ordered=False, spread=True, bounded=True)
def case_window_process_yields_several_and_none(env):
    class Some(ProcessWindowFunction):
        def process(self, key, context, elements):
            times = [e[1] for e in elements]
            if key == "a":
                yield from times

    return tens(env).process(Some())


@case(ordered=False, spread=True, bounded=True)
def case_window_process_returns_a_list(env):
    class Some(ProcessWindowFunction):
        def process(self, key, context, elements):
            return [key * len(list(elements))]

    return tens(env).process(Some())


@case(ordered=False, spread=True)
def case_window_aggregate_of_sliding(env):
    return by_key(env, EVENTS).window(SlidingEventTimeWindows.of(ms(20), ms(10))).aggregate(Mean())


@case(ordered=False, spread=True, takes="thread")
def case_window_reduce_of_merged_sessions(env):
    data = [("a", 0), ("a", 18), ("a", 9), ("a", 60)]
    windows = EventTimeSessionWindows.with_gap(ms(10))
    return by_key(env, data).window(windows).reduce(Sum())


class Set(AggregateFunction):
    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        return sorted([*accumulator, value[1]])

    def get_result(self, accumulator):
        return accumulator

    def merge(self, a, b):
        return sorted(a + b)


@case(
    ordered=False,
    spread=True,
    deviation="a session merge keeps all accumulators; PyFlink loses one",
    ours=["[0, 9, 18]", "[60]"],
)
def case_window_aggregate_of_merged_sessions(env):
    data = [("a", 0), ("a", 18), ("a", 9), ("a", 60)]
    windows = EventTimeSessionWindows.with_gap(ms(10))
    return by_key(env, data).window(windows).aggregate(Set())


@case(ordered=False, spread=True)
def case_window_aggregate_of_sessions_in_order(env):
    data = [("a", 0), ("a", 5), ("b", 7), ("a", 60)]
    windows = EventTimeSessionWindows.with_gap(ms(10))
    return by_key(env, data).window(windows).aggregate(Set())


@case()
def case_window_global_state_across_windows(env):
    class Nth(ProcessWindowFunction):
        def process(self, key, context, elements):
            state = context.global_state().get_state(ValueStateDescriptor("n", INT))
            state.update((state.value() or 0) + 1)
            yield key, state.value(), context.window().start

        def clear(self, context):
            pass

    return tens(env, [("a", 1), ("a", 11), ("a", 21)]).process(Nth())


@case()
def case_window_state_of_one_window(env):
    class Nth(ProcessWindowFunction):
        def process(self, key, context, elements):
            state = context.window_state().get_list_state(ListStateDescriptor("s", INT))
            state.add(len(list(elements)))
            yield key, list(state.get())

        def clear(self, context):
            context.window_state().get_list_state(ListStateDescriptor("s", INT)).clear()

    return tens(env, [("a", 1), ("a", 2), ("a", 11)]).process(Nth())


@case()
def case_window_context_watermark(env):
    class Watch(ProcessWindowFunction):
        def process(self, key, context, elements):
            yield context.current_watermark(), context.current_processing_time() > 10**12

    return tens(env, [("a", 1)]).process(Watch())


@case()
def case_window_function_open(env):
    class Opened(ProcessWindowFunction):
        def open(self, runtime_context):
            self.subtasks = runtime_context.get_number_of_parallel_subtasks()

        def process(self, key, context, elements):
            yield self.subtasks

    return tens(env, [("a", 1)]).process(Opened())


def all_tens(env):
    return from_timed(env, EVENTS).window_all(TumblingEventTimeWindows.of(ms(10)))


@case()
def case_window_all_apply(env):
    class Spans(AllWindowFunction):
        def apply(self, window, inputs):
            yield window.start, [v[1] for v in inputs]

    return all_tens(env).apply(Spans())


@case()
def case_window_all_reduce(env):
    return all_tens(env).reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]))


@case()
def case_window_all_reduce_and_process(env):
    class Ends(ProcessAllWindowFunction):
        def process(self, context, elements):
            yield context.window().end, list(elements)

    return all_tens(env).reduce(Sum(), window_function=Ends())


@case(bounded=True)
def case_window_all_aggregate(env):
    return all_tens(env).aggregate(Mean())


@case(bounded=True)
def case_window_all_aggregate_and_process(env):
    class Ends(ProcessAllWindowFunction):
        def process(self, context, elements):
            yield context.window().end, list(elements)

    return all_tens(env).aggregate(Mean(), window_function=Ends())


@case(ordered=False, spread=True)
def case_window_result_timestamp(env):
    from pyflink.datastream import ProcessFunction

    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value, ctx.timestamp()

    return tens(env, [("a", 1), ("a", 12)]).reduce(Sum()).process(Stamp())


@case(ordered=False, spread=True)
def case_window_reduce_typed(env):
    return tens(env).reduce(lambda a, b: (a[0], a[1] + b[1]), output_type=KEYED)
