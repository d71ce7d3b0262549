"""map, flat_map, filter and plain process functions."""

import collections
import itertools

from pyflink.common import Row, Types
from pyflink.datastream import FilterFunction, FlatMapFunction, MapFunction, ProcessFunction

from .case import case
from .helpers import DOUBLE, INT, LONG, STR


@case(spread=True, bounded=True)
def case_map_chain_of_lambdas(env):
    numbers = env.from_collection(list(range(12)))
    return numbers.map(lambda n: n * n).filter(lambda n: n % 2 == 0).map(lambda n: n - 1)


@case(spread=True)
def case_map_method_of_an_object(env):
    class Scale:
        def __init__(self, by):
            self.by = by

        def times(self, value):
            return value * self.by

    return env.from_collection([1, 2, 3]).map(Scale(10).times)


@case(spread=True)
def case_map_builtin_and_unbound_method(env):
    return env.from_collection(["Ab", "cDe"]).map(str.swapcase).map(len)


@case()
def case_map_closure_counts(env):
    seen = []

    def index(value):
        seen.append(value)
        return len(seen), value

    return env.from_collection("xyz").map(index)


@case(spread=True)
def case_map_to_dicts_and_sets(env):
    return (
        env.from_collection([1, 2])
        .map(lambda n: {"n": n, "set": {n}, "frozen": frozenset((n, 1))})
        .map(lambda d: (d["n"], sorted(d["set"]), sorted(d["frozen"])))
    )


@case(spread=True)
def case_map_namedtuple_is_kept(env):
    point = collections.namedtuple("point", "x y")
    return env.from_collection([1]).map(lambda n: point(n, 2)).map(lambda p: p.x + p.y)


@case(spread=True)
def case_map_int_becomes_double(env):
    return env.from_collection([7, -1], type_info=INT).map(lambda n: n, output_type=DOUBLE)


@case()
def case_map_float_becomes_int(env):
    return env.from_collection([2.9, -2.9], type_info=DOUBLE).map(lambda n: n, output_type=INT)


@case()
def case_map_bool_becomes_int(env):
    return env.from_collection([True, False], type_info=Types.BOOLEAN()).map(
        lambda b: b, output_type=INT
    )


@case()
def case_map_int_becomes_bool(env):
    return env.from_collection([0, 1, 2], type_info=INT).map(
        lambda n: n, output_type=Types.BOOLEAN()
    )


@case()
def case_map_big_int_of_python(env):
    return env.from_collection([2**70, -(2**65)]).map(lambda n: n + 1)


@case()
def case_map_long_bounds(env):
    return env.from_collection([2**63 - 1, -(2**63)], type_info=LONG).map(
        lambda n: n, output_type=LONG
    )


@case()
def case_map_open_and_close(env):
    class Tagged(MapFunction):
        def open(self, runtime_context):
            self.tag = "opened"

        def map(self, value):
            return self.tag, value

        def close(self):
            self.tag = None

    return env.from_collection([5, 6]).map(Tagged())


@case(chained_only=True)
def case_map_runtime_context_facts(env):
    class Facts(MapFunction):
        def open(self, runtime_context):
            self.facts = (
                runtime_context.get_number_of_parallel_subtasks(),
                runtime_context.get_max_number_of_parallel_subtasks(),
                runtime_context.get_index_of_this_subtask(),
                runtime_context.get_attempt_number(),
            )

        def map(self, value):
            return value, self.facts

    return env.from_collection(["v"]).map(Facts())


@case()
def case_map_job_parameters(env):
    class Read(MapFunction):
        def open(self, runtime_context):
            self.limit = runtime_context.get_job_parameter("limit", "none")
            self.other = runtime_context.get_job_parameter("other", "none")

        def map(self, value):
            return self.limit, self.other

    env.get_config().set_global_job_parameters({"limit": "10"})
    return env.from_collection([0]).map(Read())


@case(spread=True, bounded=True)
def case_flat_map_generator(env):
    def words(line):
        for word in line.split():
            yield word, len(word)

    return env.from_collection(["to be or", "", "not to be"]).flat_map(words)


@case(spread=True)
def case_flat_map_returns_collections(env):
    made = {0: [], 1: (1, 1), 2: {2: "x"}, 3: range(3), 4: "str", 5: iter([5])}
    return env.from_collection(list(made)).flat_map(lambda n: made[n] if n != 5 else iter([5]))


@case(spread=True, deviation="flat_map may return None: nothing", ours=["1", "3"])
def case_flat_map_returning_none_gives_nothing(env):
    return env.from_collection([1, 2, 3]).flat_map(lambda n: [n] if n != 2 else None)


@case(spread=True)
def case_flat_map_class_yields(env):
    class Repeat(FlatMapFunction):
        def __init__(self, times):
            self.times = times

        def flat_map(self, value):
            yield from itertools.repeat(value, self.times)

    return env.from_collection(["a", "b"], type_info=STR).flat_map(Repeat(3), STR)


@case(spread=True)
def case_flat_map_infers_nothing_from_the_input(env):
    return env.from_collection([1], type_info=INT).flat_map(lambda n: ["text", n, 1.5])


@case(spread=True)
def case_filter_truthiness(env):
    return env.from_collection([0, 1, "", "x", [], [0], None, 0.0, -1]).filter(lambda v: v)


@case()
def case_filter_class_with_open(env):
    class Every(FilterFunction):
        def __init__(self, n):
            self.n = n

        def open(self, runtime_context):
            self.count = 0

        def filter(self, value):
            self.count += 1
            return self.count % self.n == 0

    return env.from_collection(list(range(10)), type_info=INT).filter(Every(3))


@case(spread=True)
def case_filter_keeps_the_type(env):
    rows = env.from_collection(
        [Row(1, "a"), Row(2, "b")], type_info=Types.ROW_NAMED(["n", "s"], [INT, STR])
    )
    return rows.filter(lambda r: r.n > 1).map(lambda r: (r.s, r["n"]))


@case(spread=True)
def case_process_plain(env):
    class Halve(ProcessFunction):
        def process_element(self, value, ctx):
            if value % 2 == 0:
                yield value // 2
            yield -value

    return env.from_collection([1, 2, 4], type_info=INT).process(Halve(), INT)


@case()
def case_process_context_without_time(env):
    class Look(ProcessFunction):
        def process_element(self, value, ctx):
            service = ctx.timer_service()
            yield value, ctx.timestamp(), service.current_watermark()

    return env.from_collection(["e"]).process(Look())


@case(spread=True)
def case_project_tuple_fields(env):
    return env.from_collection(
        [(1, "a", 2.5), (2, "b", 3.5)], type_info=Types.TUPLE([INT, STR, DOUBLE])
    ).project(1, 2, 1)


@case(spread=True)
def case_map_same_stream_twice(env):
    numbers = env.from_collection([1, 2, 3], type_info=INT)
    return {
        "plus": numbers.map(lambda n: n + 1, output_type=INT),
        "minus": numbers.map(lambda n: n - 1, output_type=INT),
    }
