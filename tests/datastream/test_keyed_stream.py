"""Keyed streams."""

from __future__ import annotations

import pytest

from hurtig.common import Row, Types
from hurtig.common.errors import ProgramError
from hurtig.datastream import KeyedProcessFunction, KeySelector, MapFunction, ReduceFunction
from hurtig.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from hurtig.testing import collect

PAIRS = [("a", 3), ("b", 1), ("a", 5), ("c", 2), ("b", 4), ("a", 1)]


class First(KeySelector):
    def get_key(self, value):
        return value[0]


class Add(ReduceFunction):
    def reduce(self, value1, value2):
        return value1[0], value1[1] + value2[1]


@pytest.fixture(params=[1, 2, 3])
def keyed(request, env):
    env.set_parallelism(request.param)
    return env.from_collection(PAIRS).key_by(lambda v: v[0])


def by_key(records, key=lambda r: r[0]):
    found = {}
    for record in records:
        found.setdefault(key(record), []).append(record)
    return found


@pytest.mark.parametrize("function", [Add(), lambda a, b: (a[0], a[1] + b[1])])
def test_reduce(keyed, function):
    assert by_key(collect(keyed.reduce(function))) == {
        "a": [("a", 3), ("a", 8), ("a", 9)],
        "b": [("b", 1), ("b", 5)],
        "c": [("c", 2)],
    }


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        (lambda s: s.sum(1), [3, 8, 9]),
        (lambda s: s.min(1), [3, 3, 1]),
        (lambda s: s.max(1), [3, 5, 5]),
    ],
)
def test_rolling(keyed, aggregate, expected):
    assert [n for _, n in by_key(collect(aggregate(keyed)))["a"]] == expected


def test_min_by_keeps_the_whole_record(env):
    records = [("a", 3, "x"), ("a", 1, "y"), ("a", 1, "z"), ("a", 9, "w")]
    keyed = env.from_collection(records).key_by(First())
    assert collect(keyed.min_by(1))[-1] == ("a", 1, "y")
    assert collect(keyed.max_by(1))[-1] == ("a", 9, "w")
    assert collect(keyed.min(1))[-1] == ("a", 1, "x")


def test_sum_by_name(env):
    kind = Types.ROW_NAMED(["key", "n"], [Types.STRING(), Types.INT()])
    rows = env.from_collection([Row("a", 1), Row("a", 2)], kind).key_by(lambda r: r.key)
    assert [r.n for r in collect(rows.sum("n"))] == [1, 3]


class State(KeyedProcessFunction):
    """All kinds of state at once."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))
        self.list = runtime_context.get_list_state(ListStateDescriptor("list", Types.INT()))
        self.map = runtime_context.get_map_state(
            MapStateDescriptor("map", Types.INT(), Types.STRING())
        )

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        self.list.add(value[1])
        self.map.put(value[1], value[0])
        key = ctx.get_current_key()
        yield key, self.count.value(), list(self.list.get()), sorted(self.map.keys())


def test_keyed_state(keyed):
    got = by_key(collect(keyed.process(State())))
    assert got["a"] == [
        ("a", 1, [3], [3]),
        ("a", 2, [3, 5], [3, 5]),
        ("a", 3, [3, 5, 1], [1, 3, 5]),
    ]
    assert got["b"][-1] == ("b", 2, [1, 4], [1, 4])


class Numbered(MapFunction):
    """Keyed state in a map function."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def map(self, value):
        self.count.update((self.count.value() or 0) + 1)
        return value[0], self.count.value()


def test_keyed_state_in_a_map(keyed):
    assert sorted(collect(keyed.map(Numbered()))) == [
        ("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("c", 1)
    ]  # fmt: skip


class AtTheEnd(KeyedProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))

    def process_element(self, value, ctx):
        self.total.update((self.total.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(1000)

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), self.total.value(), timestamp, ctx.timestamp()


def test_event_timers_fire_at_the_end_of_the_input(keyed):
    """The final watermark passes also without a watermark strategy."""
    assert sorted(collect(keyed.process(AtTheEnd()))) == [
        ("a", 9, 1000, 1000), ("b", 5, 1000, 1000), ("c", 2, 1000, 1000)
    ]  # fmt: skip


def test_several_keyed_operators_in_a_row(keyed):
    stream = keyed.map(Numbered()).key_by(lambda v: v[1]).reduce(lambda a, b: (a[0] + b[0], a[1]))
    final = {key: records[-1] for key, records in by_key(collect(stream), lambda r: r[1]).items()}
    assert {k: sorted(v[0]) for k, v in final.items()} == {
        1: ["a", "b", "c"],
        2: ["a", "b"],
        3: ["a"],
    }


@pytest.mark.parametrize("key_type", [Types.STRING(), None])
def test_declared_key_types(env, key_type):
    keyed = env.from_collection(PAIRS).key_by(First(), key_type)
    assert len(by_key(collect(keyed.sum(1)))) == 3


def test_keys_of_any_hashable_type(env):
    keys = [1, 1.5, "1", True, None, (1, "a"), b"x", frozenset([1])]
    env.set_parallelism(2)
    stream = env.from_collection([(k, 1) for k in keys * 2]).key_by(lambda v: v[0]).sum(1)
    got = collect(stream)
    assert sorted(n for _, n in got) == [1] * len(keys) + [2] * len(keys)


def test_keying_again_replaces_the_keys(env):
    stream = (
        env.from_collection([(1, 2), (1, 3), (2, 3)]).key_by(lambda v: v[0]).key_by(lambda v: v[1])
    )
    assert sorted(collect(stream.map(Numbered()))) == [(1, 1), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    "call",
    ["shuffle", "rebalance", "rescale", "forward", "broadcast", "global_"],
)
def test_a_distribution_cannot_be_changed(keyed, call):
    with pytest.raises(ProgramError, match="Cannot override partitioning for KeyedStream"):
        getattr(keyed, call)()


def test_settings_belong_to_operators(keyed):
    for call in (lambda: keyed.name("x"), lambda: keyed.uid("x"), lambda: keyed.set_parallelism(2)):
        with pytest.raises(ProgramError, match="not supported on a KeyedStream"):
            call()


def test_sinks_and_unions_see_the_plain_records(keyed, capsys):
    assert sorted(collect(keyed)) == sorted(PAIRS)
    assert sorted(collect(keyed.union(keyed))) == sorted(PAIRS * 2)


@pytest.mark.parametrize("key_type", [Types.LIST(Types.INT()), Types.MAP(Types.INT(), Types.INT())])
def test_types_that_cannot_be_keys(env, key_type):
    with pytest.raises(ProgramError, match="cannot be the type of a key"):
        env.from_collection([1]).key_by(lambda v: [v], key_type)


@pytest.mark.parametrize("selector", [0, "name"])
def test_fields_are_not_selectors(env, selector):
    with pytest.raises(TypeError, match=f"write lambda x: x\\[{selector!r}\\]"):
        env.from_collection([(1,)]).key_by(selector)
