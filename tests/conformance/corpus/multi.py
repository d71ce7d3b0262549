"""Several inputs: union, connect, broadcast."""

from pyflink.common import Types
from pyflink.datastream import (
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
)
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

from .case import case
from .helpers import INT, KEYED, LONG, STR, first, paced

RULES = MapStateDescriptor("rules", STR, INT)


@case(ordered=False, spread=True, bounded=True)
def case_union_of_three(env):
    parts = [env.from_collection(c, type_info=INT) for c in ([1, 2], [3], [1, 4])]
    return parts[0].union(parts[1], parts[2])


@case(ordered=False, spread=True)
def case_union_with_itself(env):
    numbers = env.from_collection([1, 2], type_info=INT)
    return numbers.union(numbers)


@case(ordered=False, spread=True)
def case_union_then_keyed_sum(env):
    a = env.from_collection([("k", 1)], type_info=KEYED)
    b = env.from_collection([("k", 1), ("l", 5)], type_info=KEYED)
    return a.union(b).key_by(first, STR).sum(1)


@case(ordered=False, spread=True)
def case_connect_map(env):
    class Both(CoMapFunction):
        def map1(self, value):
            return f"number {value}"

        def map2(self, value):
            return f"text {value}"

    numbers = env.from_collection([1, 2], type_info=INT)
    texts = env.from_collection(["a"], type_info=STR)
    return numbers.connect(texts).map(Both(), STR)


@case(ordered=False, spread=True)
def case_connect_flat_map(env):
    class Both(CoFlatMapFunction):
        def flat_map1(self, value):
            return range(value)

        def flat_map2(self, value):
            yield value
            yield value * 2

    numbers = env.from_collection([0, 2], type_info=INT)
    texts = env.from_collection(["a"], type_info=STR)
    return numbers.connect(texts).flat_map(Both())


@case(ordered=False, spread=True)
def case_connect_process(env):
    class Both(CoProcessFunction):
        def process_element1(self, value, ctx):
            yield "left", value

        def process_element2(self, value, ctx):
            return [("right", value)]

    numbers = env.from_collection([1], type_info=INT)
    texts = env.from_collection(["a", "b"], type_info=STR)
    return numbers.connect(texts).process(Both(), Types.PICKLED_BYTE_ARRAY())


class JoinLists(KeyedCoProcessFunction):
    """Both sides' values, when the end of the input fires the timer."""

    def open(self, runtime_context):
        self.sides = [
            runtime_context.get_list_state(ListStateDescriptor(name, LONG))
            for name in ("left", "right")
        ]

    def take(self, side, value, ctx):
        self.sides[side].add(value[1])
        ctx.timer_service().register_event_time_timer(1000)

    def process_element1(self, value, ctx):
        self.take(0, value, ctx)

    def process_element2(self, value, ctx):
        self.take(1, value, ctx)

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), *(sorted(side.get()) for side in self.sides)


LEFT = [("a", 1), ("b", 2), ("a", 3)]
RIGHT = [("a", 10), ("c", 30)]


@case(ordered=False, spread=True)
def case_connect_keyed_state_of_both_sides(env):
    left = env.from_collection(LEFT, type_info=KEYED)
    right = env.from_collection(RIGHT, type_info=KEYED)
    return left.connect(right).key_by(first, first, STR).process(JoinLists())


@case(ordered=False, spread=True)
def case_connect_of_keyed_streams(env):
    left = env.from_collection(LEFT, type_info=KEYED).key_by(first, STR)
    right = env.from_collection(RIGHT, type_info=KEYED).key_by(first, STR)
    return left.connect(right).process(JoinLists())


@case(ordered=False, spread=True)
def case_connect_keyed_map(env):
    class Count(CoMapFunction):
        def open(self, runtime_context):
            self.n = runtime_context.get_state(ValueStateDescriptor("n", INT))

        def count(self):
            self.n.update((self.n.value() or 0) + 1)
            return self.n.value()

        def map1(self, value):
            return value[0], self.count()

        def map2(self, value):
            return value[0], self.count()

    left = env.from_collection(LEFT, type_info=KEYED)
    right = env.from_collection(RIGHT, type_info=KEYED)
    return left.connect(right).key_by(first, first, STR).map(Count())


@case(ordered=False, chained_only=True)
def case_connect_watermark_is_the_lesser(env):
    class Watch(CoProcessFunction):
        def process_element1(self, value, ctx):
            yield value[0], ctx.timer_service().current_watermark() < 100

        def process_element2(self, value, ctx):
            yield value[0], ctx.timer_service().current_watermark() < 100

    fast = paced(env, [("a", 500), ("b", 900)])
    slow = paced(env, [("c", 1), ("d", 50)])
    return fast.connect(slow).process(Watch())


class Enrich(BroadcastProcessFunction):
    """Counts rules; answers about data with the rules' number of fields at least."""

    def process_element(self, value, ctx):
        yield "data", value

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(RULES)
        state.put(value[0], value[1])
        yield "rules", sorted(state.items())


@case(ordered=False)
def case_broadcast_collects_rules(env):
    rules = env.from_collection([("r", 1), ("s", 2), ("r", 3)], type_info=Types.TUPLE([STR, INT]))
    return env.from_collection(["d"]).connect(rules.broadcast(RULES)).process(Enrich())


@case(ordered=False, parallelism=2)
def case_broadcast_reaches_every_subtask(env):
    class Where(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            pass

        def process_broadcast_element(self, value, ctx):
            yield value

    rules = env.from_collection([1, 2], type_info=INT)
    return env.from_collection(["d"]).connect(rules.broadcast(RULES)).process(Where())


@case(ordered=False)
def case_broadcast_two_descriptors(env):
    other = MapStateDescriptor("other", STR, STR)

    class Two(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            yield "data"

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(RULES).put(value, 1)
            ctx.get_broadcast_state(other).put(value, "x")
            yield ctx.get_broadcast_state(RULES).get("r"), ctx.get_broadcast_state(other).get("r")

    rules = env.from_collection(["r"]).broadcast(RULES, other)
    return env.from_collection(["d"]).connect(rules).process(Two())


@case(ordered=False)
def case_broadcast_keyed_state_at_the_end(env):
    class Sum(KeyedBroadcastProcessFunction):
        def open(self, runtime_context):
            self.sum = runtime_context.get_state(ValueStateDescriptor("sum", LONG))

        def process_element(self, value, ctx):
            self.sum.update((self.sum.value() or 0) + value[1])
            ctx.timer_service().register_event_time_timer(10)

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(RULES).put(value[0], value[1])

        def on_timer(self, timestamp, ctx):
            factor = ctx.get_broadcast_state(RULES).get("factor")
            yield ctx.get_current_key(), self.sum.value() * factor

    rules = env.from_collection([("factor", 100)], type_info=Types.TUPLE([STR, INT]))
    data = env.from_collection(LEFT, type_info=KEYED).key_by(first, STR)
    return data.connect(rules.broadcast(RULES)).process(Sum())


@case(ordered=False)
def case_broadcast_state_is_read_only_for_data(env):
    class Write(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            ctx.get_broadcast_state(RULES).put("x", 1)
            yield value

        def process_broadcast_element(self, value, ctx):
            pass

    rules = env.from_collection(["r"]).broadcast(RULES)
    return env.from_collection(["d"]).connect(rules).process(Write())


@case(ordered=False, deviation="a broadcast state has to be declared by broadcast()", ours="error")
def case_broadcast_state_undeclared(env):
    class Read(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            pass

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(MapStateDescriptor("never", STR, STR)).put("a", "b")
            yield value

    rules = env.from_collection(["r"]).broadcast(RULES)
    return env.from_collection(["d"]).connect(rules).process(Read())
