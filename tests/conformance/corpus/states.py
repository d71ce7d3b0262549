"""Keyed state of every kind, and its time to live."""

from pyflink.common import Time, Types
from pyflink.datastream import (
    AggregateFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ReduceFunction,
)
from pyflink.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)

from .case import case
from .helpers import DOUBLE, INT, LONG, STR, PauseBy, first


class With(KeyedProcessFunction):
    """Process function over one state: ``use(state, value)`` gives the answer."""

    def __init__(self, make, use):
        self.make, self.use = make, use

    def open(self, runtime_context):
        self.state = self.make(runtime_context)

    def process_element(self, value, ctx):
        yield value[0], self.use(self.state, value)


def with_state(env, data, make, use):
    return env.from_collection(data).key_by(first, STR).process(With(make, use))


def value_state(kind=INT):
    return lambda context: context.get_state(ValueStateDescriptor("state", kind))


def list_state(kind=INT):
    return lambda context: context.get_list_state(ListStateDescriptor("state", kind))


def map_state(key=STR, value=INT):
    return lambda context: context.get_map_state(MapStateDescriptor("state", key, value))


@case(spread=True)
def case_value_state_counts(env):
    def use(state, value):
        state.update((state.value() or 0) + value[1])
        return state.value()

    return with_state(env, [("a", 1), ("b", 5), ("a", 2), ("b", 5)], value_state(), use)


@case(spread=True)
def case_value_state_cleared_is_none(env):
    def use(state, value):
        before = state.value()
        state.update(value[1]) if value[1] else state.clear()
        return before, state.value()

    return with_state(env, [("a", 1), ("a", 0), ("a", 0), ("a", 3)], value_state(), use)


@case(spread=True, takes="thread")
def case_value_state_updated_with_none(env):
    def use(state, value):
        state.update(value[1])
        return state.value()

    return with_state(env, [("a", 1), ("a", None), ("a", 2)], value_state(), use)


@case(spread=True)
def case_value_state_of_tuples(env):
    def use(state, value):
        n, total = state.value() or (0, 0.0)
        state.update((n + 1, total + value[1]))
        return state.value()

    kind = Types.TUPLE([INT, DOUBLE])
    return with_state(env, [("a", 1.5), ("a", 2.5)], value_state(kind), use)


@case(spread=True)
def case_value_state_of_pickled_objects(env):
    def use(state, value):
        seen = state.value() or {}
        seen[value[1]] = seen.get(value[1], 0) + 1
        state.update(seen)
        return sorted(state.value().items())

    data = [("a", "x"), ("a", "y"), ("a", "x")]
    return with_state(env, data, value_state(Types.PICKLED_BYTE_ARRAY()), use)


@case(spread=True)
def case_list_state_adds_and_updates(env):
    def use(state, value):
        operation, argument = value[1], value[2]
        getattr(state, operation)(*argument)
        return list(state.get())

    data = [
        ("a", "add", (1,)),
        ("a", "add_all", ([2, 3],)),
        ("b", "add", (9,)),
        ("a", "update", ([7],)),
        ("a", "add", (8,)),
        ("a", "clear", ()),
        ("a", "add_all", ([],)),
        ("a", "update", ([],)),
    ]
    return with_state(env, data, list_state(), use)


@case(spread=True)
def case_list_state_empty(env):
    def use(state, value):
        return list(state.get()), state.get() is None

    return with_state(env, [("a", 1)], list_state(), use)


@case(spread=True)
def case_list_state_of_strings_bounded(env):
    def use(state, value):
        items = [*state.get(), value[1]][-2:]
        state.update(items)
        return list(state.get())

    return with_state(env, [("a", c) for c in "wxyz"], list_state(STR), use)


@case(spread=True, takes="thread")
def case_map_state_operations(env):
    def use(state, value):
        operation, argument = value[1], value[2]
        getattr(state, operation)(*argument)
        return (
            sorted(state.keys()),
            sorted(state.values()),
            sorted(state.items()),
            state.contains("x"),
            state.get("x"),
            state.is_empty(),
        )

    data = [
        ("a", "get", ("x",)),
        ("a", "put", ("x", 1)),
        ("a", "put_all", ({"y": 2, "z": 3},)),
        ("b", "put", ("q", 4)),
        ("a", "remove", ("x",)),
        ("a", "remove", ("x",)),
        ("a", "put", ("y", 9)),
        ("a", "clear", ()),
    ]
    return with_state(env, data, map_state(), use)


@case(spread=True)
def case_map_state_iteration_and_removal(env):
    def use(state, value):
        state.put(value[1], value[1] ** 2)
        for key in list(state.keys()):
            if key % 2:
                state.remove(key)
        return sorted(iter(state.items()))

    data = [("a", n) for n in (1, 2, 3, 4)]
    return with_state(env, data, map_state(LONG, LONG), use)


@case(spread=True)
def case_map_state_iterates_keys(env):
    def use(state, value):
        state.put(value[1], 1)
        return sorted(state)

    return with_state(env, [("a", "x"), ("a", "y")], map_state(), use)


@case(spread=True)
def case_map_state_of_tuple_keys(env):
    def use(state, value):
        state.put((value[1], 1), [value[1]])
        return sorted(state.items())

    kind = Types.TUPLE([STR, INT])
    return with_state(env, [("a", "x"), ("a", "y")], map_state(kind, Types.BASIC_ARRAY(STR)), use)


class Longest(ReduceFunction):
    def reduce(self, value1, value2):
        return max(value1, value2, key=len)


@case(spread=True)
def case_reducing_state_class(env):
    def make(context):
        return context.get_reducing_state(ReducingStateDescriptor("state", Longest(), STR))

    def use(state, value):
        before = state.get()
        state.clear() if value[1] == "" else state.add(value[1])
        return before, state.get()

    data = [("a", "aa"), ("a", "b"), ("a", ""), ("a", "ccc")]
    return with_state(env, data, make, use)


@case(spread=True)
def case_reducing_state_lambda(env):
    def make(context):
        return context.get_reducing_state(
            ReducingStateDescriptor("state", lambda a, b: a * b, LONG)
        )

    def use(state, value):
        state.add(value[1])
        return state.get()

    return with_state(env, [("a", 2), ("a", 3), ("b", 7), ("a", 4)], make, use)


class Distinct(AggregateFunction):
    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        return accumulator if value in accumulator else [*accumulator, value]

    def get_result(self, accumulator):
        return len(accumulator)

    def merge(self, a, b):
        return [*a, *(v for v in b if v not in a)]


@case(spread=True)
def case_aggregating_state(env):
    def make(context):
        return context.get_aggregating_state(
            AggregatingStateDescriptor("state", Distinct(), Types.PICKLED_BYTE_ARRAY())
        )

    def use(state, value):
        before = state.get()
        state.clear() if value[1] is None else state.add(value[1])
        return before, state.get()

    data = [("a", 1), ("a", 1), ("a", 2), ("b", 1), ("a", None), ("a", 3)]
    return with_state(env, data, make, use)


@case(spread=True)
def case_state_of_several_kinds_together(env):
    class All(KeyedProcessFunction):
        def open(self, runtime_context):
            self.last = runtime_context.get_state(ValueStateDescriptor("last", INT))
            self.all = runtime_context.get_list_state(ListStateDescriptor("all", INT))
            self.counts = runtime_context.get_map_state(MapStateDescriptor("counts", INT, INT))

        def process_element(self, value, ctx):
            n = value[1]
            before = self.last.value()
            self.last.update(n)
            self.all.add(n)
            self.counts.put(n, (self.counts.get(n) or 0) + 1)
            yield value[0], before, list(self.all), sorted(self.counts.items())

    data = [("a", 1), ("a", 2), ("b", 1), ("a", 1)]
    return env.from_collection(data).key_by(first, STR).process(All())


@case(spread=True)
def case_state_in_keyed_map_flat_map_filter(env):
    class Count(MapFunction, FlatMapFunction, FilterFunction):
        def open(self, runtime_context):
            self.n = runtime_context.get_state(ValueStateDescriptor("n", INT))

        def count(self):
            self.n.update((self.n.value() or 0) + 1)
            return self.n.value()

        def map(self, value):
            return value[0], self.count()

        def flat_map(self, value):
            return [value[0]] * self.count()

        def filter(self, value):
            return self.count() > 1

    keyed = env.from_collection([("a", 0), ("b", 1), ("a", 2)]).key_by(first, STR)
    return {
        "map": keyed.map(Count()),
        "flat_map": keyed.flat_map(Count()),
        "filter": keyed.filter(Count()),
    }


@case(spread=True)
def case_state_one_name_in_two_operators(env):
    def use(state, value):
        state.update((state.value() or 0) + 1)
        return state.value()

    once = with_state(env, [("a", 1), ("a", 1)], value_state(), use)
    return once.key_by(first, STR).process(With(value_state(), use))


@case(spread=True, chained_only=True, takes="thread")
def case_state_not_written_back_is_lost(env):
    def use(state, value):
        items = state.value() or []
        items.append(value[1])
        if value[1] % 2:
            state.update(items)
        return list(state.value() or [])

    data = [("a", n) for n in (1, 2, 3)]
    return with_state(env, data, value_state(Types.PICKLED_BYTE_ARRAY()), use)


def ttl_state(ttl):
    def make(context):
        descriptor = ValueStateDescriptor("state", INT)
        descriptor.enable_time_to_live(ttl)
        return context.get_state(descriptor)

    return make


def with_ttl(env, steps, make, use):
    slow = env.from_collection(steps).rebalance().map(PauseBy())
    return slow.key_by(first, STR).process(With(make, use))


def put_or_get(state, value):
    before = state.value()
    if value[1]:
        state.update(value[1])
    return before


@case(chained_only=True, takes="thread")
def case_ttl_from_the_last_write(env):
    ttl = StateTtlConfig.new_builder(Time.milliseconds(500)).build()
    steps = [("a", 1, 0.05), ("a", 0, 0.2), ("a", 2, 0.05), ("a", 0, 0.35), ("a", 0, 0.4)]
    return with_ttl(env, steps, ttl_state(ttl), put_or_get)


@case(chained_only=True, takes="thread")
def case_ttl_renewed_by_reading(env):
    ttl = (
        StateTtlConfig.new_builder(Time.milliseconds(500))
        .set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)
        .set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
        .build()
    )
    steps = [("a", 1, 0.05), ("a", 0, 0.3), ("a", 0, 0.3), ("a", 0, 0.3), ("a", 0, 0.8)]
    return with_ttl(env, steps, ttl_state(ttl), put_or_get)


@case(chained_only=True, takes="thread")
def case_ttl_of_map_entries(env):
    def make(context):
        descriptor = MapStateDescriptor("state", STR, INT)
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.milliseconds(500)).build())
        return context.get_map_state(descriptor)

    def use(state, value):
        if value[1]:
            state.put(value[1], 1)
        return sorted(state.keys())

    steps = [("a", "x", 0.05), ("a", "y", 0.35), ("a", "", 0.3), ("a", "", 0.5)]
    return with_ttl(env, steps, make, use)


@case(chained_only=True, takes="thread")
def case_ttl_of_list_elements(env):
    def make(context):
        descriptor = ListStateDescriptor("state", STR)
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.milliseconds(500)).build())
        return context.get_list_state(descriptor)

    def use(state, value):
        if value[1]:
            state.add(value[1])
        return list(state.get())

    steps = [("a", "x", 0.05), ("a", "y", 0.35), ("a", "", 0.3), ("a", "", 0.5)]
    return with_ttl(env, steps, make, use)
