"""Streams without keys."""

from __future__ import annotations

import pytest

from hurtig.common import Row, Types
from hurtig.common.errors import ProgramError
from hurtig.datastream import FilterFunction, FlatMapFunction, MapFunction, ProcessFunction
from hurtig.testing import collect, collect_all


class Add(MapFunction):
    def __init__(self, n):
        self.n = n

    def map(self, value):
        return value + self.n


class Twice(FlatMapFunction):
    def flat_map(self, value):
        yield value
        yield -value


class Odd(FilterFunction):
    def filter(self, value):
        return value % 2 == 1


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield value[0], ctx.timestamp()


@pytest.fixture(params=[1, 2, 4])
def numbers(request, env):
    env.set_parallelism(request.param)
    return env.from_sequence(1, 20)


@pytest.mark.parametrize("function", [Add(5), lambda x: x + 5, (5).__add__])
def test_map(numbers, function):
    assert sorted(collect(numbers.map(function))) == list(range(6, 26))


@pytest.mark.parametrize("function", [Twice(), lambda x: [x, -x], lambda x: (x, -x)])
def test_flat_map(numbers, function):
    assert sorted(collect(numbers.flat_map(function))) == [*range(-20, 0), *range(1, 21)]


def test_flat_map_to_nothing(numbers):
    assert collect(numbers.flat_map(lambda x: None)) == []


@pytest.mark.parametrize("function", [Odd(), lambda x: x % 2])
def test_filter(numbers, function):
    assert sorted(collect(numbers.filter(function))) == list(range(1, 21, 2))


def test_a_long_chain(numbers):
    stream = numbers
    for _ in range(30):
        stream = stream.map(lambda x: x + 1).filter(lambda x: x > 0)
    assert sorted(collect(stream)) == list(range(31, 51))


def test_many_flat_maps_in_a_chain(numbers):
    stream = numbers.filter(lambda x: x == 1)
    for _ in range(12):
        stream = stream.flat_map(lambda x: [x, x])
    assert collect(stream) == [1] * 4096


def test_process_sees_timestamps(env, timed):
    assert collect(timed(env, [("a", 5), ("b", 7)]).process(Stamp())) == [("a", 5), ("b", 7)]


def test_project(env):
    rows = env.from_collection(
        [(1, "a", 2.5)], Types.TUPLE([Types.INT(), Types.STRING(), Types.DOUBLE()])
    )
    projected = rows.project(2, 0)
    assert collect(projected) == [(2.5, 1)]
    assert collect(rows.project(1)) == [("a",)]
    assert projected.get_type() == Types.TUPLE([Types.DOUBLE(), Types.INT()])


def test_project_needs_a_tuple_type(env):
    with pytest.raises(Exception, match="TUPLE type"):
        env.from_collection([(1, 2)]).project(0)
    with pytest.raises(IndexError, match="field 3 of a tuple of 1"):
        env.from_collection([(1,)], Types.TUPLE([Types.INT()])).project(3)


@pytest.mark.parametrize("parallelism", [1, 3])
def test_union(env, parallelism):
    env.set_parallelism(parallelism)
    streams = [env.from_sequence(n, n + 1) for n in (10, 20, 30)]
    assert sorted(collect(streams[0].union(*streams[1:]).map(lambda x: x + 1))) == [
        11,
        12,
        21,
        22,
        31,
        32,
    ]


def test_union_with_itself(env):
    stream = env.from_collection([1, 2])
    assert sorted(collect(stream.union(stream))) == [1, 1, 2, 2]


def test_union_of_different_types(env):
    left = env.from_collection([1], Types.INT())
    right = env.from_collection(["a"], Types.STRING())
    with pytest.raises(ProgramError, match="Cannot union streams of different types"):
        left.union(right)


def test_a_branching_stream(env):
    stream = env.from_collection([1, 2]).map(Add(1))
    got = collect_all(plain=stream, doubled=stream.map(lambda x: 2 * x), strings=stream.map(str))
    assert got == {"plain": [2, 3], "doubled": [4, 6], "strings": ["2", "3"]}


def test_declared_types_convert_and_check(env):
    rows = env.from_collection([(1, "a")]).map(
        lambda t: Row(id=t[0], name=t[1]),
        Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()]),
    )
    (row,) = collect(rows)
    assert (row.id, row["name"]) == (1, "a")
    assert collect(env.from_collection([1]).map(lambda x: x, Types.DOUBLE())) == [1.0]


def test_a_source_in_several_subtasks_reads_everything_once(env):
    env.set_parallelism(4)
    assert sorted(collect(env.from_sequence(1, 1000))) == list(range(1, 1001))


def test_order_is_kept_where_parallelism_does_not_change(env):
    env.set_parallelism(1)
    stream = (
        env.from_sequence(1, 20000)
        .map(Add(0))
        .filter(lambda x: True)
        .disable_chaining()
        .map(Add(0))
    )
    assert collect(stream) == list(range(1, 20001))


def test_an_empty_collection(env):
    assert collect(env.from_collection([], Types.INT()).map(Add(1))) == []


def test_settings_return_the_stream_and_are_read_back(env):
    stream = env.from_collection([1]).map(Add(1))
    assert stream.name("mine").uid("u").set_parallelism(2).set_max_parallelism(10) is stream
    assert stream.get_name() == "mine"
    with pytest.raises(ValueError, match="at least 1"):
        stream.set_parallelism(0)
    with pytest.raises(ValueError, match="non parallel"):
        env.from_collection([1]).set_parallelism(2)


def test_print(env, capsys):
    stream = env.from_collection(["a", 1])
    stream.print()
    stream.print("tag")
    stream.print_to_err()
    env.execute()
    out, err = capsys.readouterr()
    assert sorted(out.splitlines()) == ["1", "a", "tag> 1", "tag> a"]
    assert err == "a\n1\n"


def test_sinks_wrapped_as_older_sink_functions(env, capsys):
    from hurtig.datastream.connectors import DiscardingSink
    from hurtig.datastream.functions import SinkFunction

    stream = env.from_collection([1, 2])
    stream.add_sink(SinkFunction(print))
    stream.add_sink(SinkFunction(DiscardingSink()))
    env.execute()
    assert capsys.readouterr().out == "1\n2\n"
