"""Process functions, their context and side outputs."""

from pyflink.common import Types
from pyflink.datastream import (
    CoProcessFunction,
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
)

from .case import case
from .helpers import INT, KEYED, STR, by_key, first, from_timed

EVENTS = [("a", 10), ("b", 5), ("a", 30), ("b", 20)]


@case(spread=True)
def case_keyed_process_context(env):
    class Look(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield ctx.get_current_key(), ctx.timestamp(), value

    return by_key(env, EVENTS).process(Look())


@case()
def case_keyed_process_numbers_elements_across_keys(env):
    class Count(KeyedProcessFunction):
        def open(self, runtime_context):
            self.count = 0

        def process_element(self, value, ctx):
            self.count += 1
            yield self.count, value

    return by_key(env, EVENTS).process(Count())


@case()
def case_process_returns_list_tuple_none(env):
    class Answer(ProcessFunction):
        def process_element(self, value, ctx):
            return [[], (value, value), None][value]

    return env.from_collection([0, 1, 2]).process(Answer())


@case(spread=True)
def case_side_output_two_tags(env):
    odd, big = OutputTag("odd", INT), OutputTag("big", STR)

    class Split(ProcessFunction):
        def process_element(self, value, ctx):
            yield value
            if value % 2:
                yield odd, value
            if value > 2:
                yield big, str(value)

    main = env.from_collection([1, 2, 3], type_info=INT).process(Split(), INT)
    return {
        "main": main,
        "odd": main.get_side_output(odd),
        "big": main.get_side_output(big),
    }


@case(spread=True)
def case_side_output_only(env):
    tag = OutputTag("side", STR)

    class Divert(ProcessFunction):
        def process_element(self, value, ctx):
            yield tag, value

    main = env.from_collection(["x", "y"], type_info=STR).process(Divert(), STR)
    return {"main": main, "side": main.get_side_output(tag)}


@case(spread=True)
def case_side_output_from_keyed_process_and_timer(env):
    tag = OutputTag("fired", Types.TUPLE([STR, Types.LONG()]))

    class Fire(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(value[1])
            yield value[1]

        def on_timer(self, timestamp, ctx):
            yield tag, (ctx.get_current_key(), timestamp)

    main = by_key(env, EVENTS).process(Fire())
    return {"main": main, "side": main.get_side_output(tag)}


@case(ordered=False, spread=True)
def case_side_output_from_co_process(env):
    tag = OutputTag("second", STR)

    class Split(CoProcessFunction):
        def process_element1(self, value, ctx):
            yield value

        def process_element2(self, value, ctx):
            yield tag, value

    numbers = env.from_collection([1], type_info=INT)
    texts = env.from_collection(["a"], type_info=STR)
    return numbers.connect(texts).process(Split(), INT).get_side_output(tag)


@case(
    spread=True,
    deviation="PyFlink cannot translate the second side output",
    ours={"main": ["9"], "second": ["5"], "lower": ["1"]},
)
def case_side_output_of_a_side_output(env):
    low, lower = OutputTag("low", INT), OutputTag("lower", INT)

    class Below(ProcessFunction):
        def __init__(self, tag, limit):
            self.tag, self.limit = tag, limit

        def process_element(self, value, ctx):
            if value < self.limit:
                yield self.tag, value
            else:
                yield value

    main = env.from_collection([1, 5, 9], type_info=INT).process(Below(low, 6), INT)
    second = main.get_side_output(low).process(Below(lower, 3), INT)
    return {"main": main, "second": second, "lower": second.get_side_output(lower)}


@case(spread=True)
def case_side_output_tag_of_the_same_name(env):
    class Split(ProcessFunction):
        def process_element(self, value, ctx):
            yield OutputTag("same", INT), value

    main = env.from_collection([4], type_info=INT).process(Split(), INT)
    return main.get_side_output(OutputTag("same", INT))


@case(spread=True)
def case_process_after_process(env):
    class Add(ProcessFunction):
        def __init__(self, n):
            self.n = n

        def process_element(self, value, ctx):
            yield value + self.n, ctx.timestamp()

    class Sum(ProcessFunction):
        def process_element(self, value, ctx):
            yield value[0] + 100, value[1] == ctx.timestamp()

    return (
        from_timed(env, EVENTS)
        .map(lambda v: v[1], output_type=Types.LONG())
        .process(Add(1))
        .process(Sum())
    )


@case(spread=True)
def case_keyed_process_output_type(env):
    class Text(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield value[0], value[1]

    return (
        env.from_collection(EVENTS, type_info=KEYED)
        .key_by(first, STR)
        .process(Text(), Types.TUPLE([STR, Types.DOUBLE()]))
    )
