"""Two streams that share an operator."""

from __future__ import annotations

import pytest

from hurtig.common import Types
from hurtig.common.errors import ProgramError
from hurtig.datastream import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
)
from hurtig.datastream.state import ValueStateDescriptor
from hurtig.testing import collect


class Tell(CoMapFunction):
    def map1(self, value):
        return "number", value

    def map2(self, value):
        return "word", value


class Repeat(CoFlatMapFunction):
    def flat_map1(self, value):
        yield from range(value)

    def flat_map2(self, value):
        yield from value


class Process(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield "left", value, ctx.timestamp()

    def process_element2(self, value, ctx):
        yield "right", value, ctx.timestamp()


@pytest.fixture(params=[1, 2, 3])
def connected(request, env):
    env.set_parallelism(request.param)
    return env.from_collection([1, 2, 3]).connect(env.from_collection(["x", "yz"]))


def test_map(connected):
    assert sorted(collect(connected.map(Tell()))) == [
        ("number", 1), ("number", 2), ("number", 3), ("word", "x"), ("word", "yz")
    ]  # fmt: skip


def test_flat_map(connected):
    assert sorted(map(str, collect(connected.flat_map(Repeat())))) == sorted("001012xyz")


def test_process(env, timed):
    left, right = timed(env, [("a", 1), ("b", 2)]), timed(env, [("c", 3)])
    assert sorted(collect(left.connect(right).process(Process()))) == [
        ("left", ("a", 1), 1), ("left", ("b", 2), 2), ("right", ("c", 3), 3)
    ]  # fmt: skip


class Meet(KeyedCoProcessFunction):
    """Pairs the sides of a key by shared state; tells at a timer who is left alone."""

    def open(self, runtime_context):
        self.left = runtime_context.get_state(ValueStateDescriptor("left", Types.INT()))
        self.right = runtime_context.get_state(ValueStateDescriptor("right", Types.INT()))

    def process_element1(self, value, ctx):
        yield from self._meet(value, self.left, self.right, ctx)

    def process_element2(self, value, ctx):
        yield from self._meet(value, self.right, self.left, ctx)

    def _meet(self, value, own, other, ctx):
        if other.value() is not None:
            yield ctx.get_current_key(), value[1] + other.value()
            other.clear()
        else:
            own.update(value[1])
            ctx.timer_service().register_event_time_timer(10)

    def on_timer(self, timestamp, ctx):
        if self.left.value() is not None or self.right.value() is not None:
            yield ctx.get_current_key(), "alone"


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize("way", ["each", "connected"])
@pytest.mark.parametrize("mode", ["STREAMING", "BATCH"])
def test_keys_share_state(env_in, parallelism, way, mode):
    env = env_in(mode, parallelism)
    left = env.from_collection([("a", 1), ("b", 2), ("c", 3)])
    right = env.from_collection([("a", 10), ("b", 20), ("d", 40)])

    def key(v):
        return v[0]

    if way == "each":
        connected = left.key_by(key).connect(right.key_by(key))
    else:
        connected = left.connect(right).key_by(key, key)
    assert sorted(collect(connected.process(Meet())), key=str) == [
        ("a", 11), ("b", 22), ("c", "alone"), ("d", "alone")
    ]  # fmt: skip


def test_keys_on_one_side_only(env):
    left, right = env.from_collection([1]).key_by(lambda v: v), env.from_collection([1])
    with pytest.raises(ProgramError, match="only one of the two connected streams has keys"):
        left.connect(right).map(Tell())


def test_a_keyed_function_without_keys(env):
    with pytest.raises(ProgramError, match="needs keys on both streams"):
        env.from_collection([1]).connect(env.from_collection([1])).process(Meet())


def test_a_callable_cannot_tell_the_sides_apart(connected):
    with pytest.raises(TypeError, match="cannot tell the two inputs apart"):
        connected.map(lambda v: v)
