"""Broadcast state."""

from __future__ import annotations

import pytest

from hurtig.common import Types
from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.datastream import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from hurtig.datastream.state import MapStateDescriptor, ValueStateDescriptor
from hurtig.testing import collect

LIMITS = MapStateDescriptor("limits", Types.STRING(), Types.INT())
NAMES = MapStateDescriptor("names", Types.STRING(), Types.STRING())


class Check(BroadcastProcessFunction):
    """Waits for the rules: in BATCH mode the broadcast side is read first."""

    def process_element(self, value, ctx):
        limit = ctx.get_broadcast_state(LIMITS).get(value[0])
        yield value, limit, ctx.get_broadcast_state(NAMES).get(value[0])

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(LIMITS).put(value[0], value[1])
        ctx.get_broadcast_state(NAMES).put(value[0], value[0].upper())


class KeyedCheck(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        limit = ctx.get_broadcast_state(LIMITS).get(ctx.get_current_key())
        yield ctx.get_current_key(), self.count.value(), limit

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(LIMITS).put(value[0], value[1])


@pytest.mark.parametrize("parallelism", [1, 3])
def test_every_subtask_knows_all_rules(env_in, parallelism):
    env = env_in("BATCH", parallelism)
    rules = env.from_collection([("a", 1), ("b", 2)]).broadcast(LIMITS, NAMES)
    records = env.from_collection([("a", n) for n in range(6)]).rebalance()
    got = collect(records.connect(rules).process(Check()))
    assert sorted(got) == [(("a", n), 1, "A") for n in range(6)]


@pytest.mark.parametrize("parallelism", [1, 2])
def test_keyed(env_in, parallelism):
    env = env_in("BATCH", parallelism)
    rules = env.from_collection([("a", 1), ("b", 2)]).broadcast(LIMITS)
    keyed = env.from_collection(["a", "b", "a", "c"]).key_by(lambda v: v)
    got = collect(keyed.connect(rules).process(KeyedCheck()))
    assert sorted(got, key=str) == [("a", 1, 1), ("a", 2, 1), ("b", 1, 2), ("c", 1, None)]


def test_streaming_sees_rules_as_they_come(env):
    """Both sides of a finite job in one subtask: whatever the order, no record is lost."""
    rules = env.from_collection([("a", 1)]).broadcast(LIMITS, NAMES)
    got = collect(env.from_collection([("a", 0), ("b", 0)]).connect(rules).process(Check()))
    assert [value for value, _, _ in got] == [("a", 0), ("b", 0)]
    assert {limit for _, limit, _ in got} <= {None, 1}


def test_the_other_side_cannot_change_the_state(env):
    class Writes(Check):
        def process_element(self, value, ctx):
            ctx.get_broadcast_state(LIMITS).clear()
            yield value

    rules = env.from_collection([("a", 1)]).broadcast(LIMITS, NAMES)
    stream = env.from_collection([("a", 0)]).connect(rules).process(Writes())
    with pytest.raises(UserFunctionError, match="can be changed in process_broadcast_element only"):
        collect(stream)


def test_an_undeclared_descriptor(env):
    rules = env.from_collection([("a", 1)]).broadcast(LIMITS)
    stream = env.from_collection([("a", 0)]).connect(rules).process(Check())
    with pytest.raises(UserFunctionError, match="does not exist: 'names' is not among"):
        collect(stream)


@pytest.mark.parametrize(("keyed", "function"), [(False, KeyedCheck()), (True, Check())])
def test_the_function_must_fit_the_stream(env, keyed, function):
    stream = env.from_collection(["a"])
    if keyed:
        stream = stream.key_by(lambda v: v)
    with pytest.raises(ProgramError, match=r"takes a (Keyed)?BroadcastProcessFunction, got"):
        stream.connect(env.from_collection([1]).broadcast(LIMITS)).process(function)
