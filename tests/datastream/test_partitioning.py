"""Which subtask gets which record."""

from __future__ import annotations

from collections import Counter

import pytest

from hurtig.datastream import MapFunction, Partitioner
from hurtig.testing import collect


class Where(MapFunction):
    """The record with the subtask that sees it."""

    def open(self, runtime_context):
        self.index = runtime_context.get_index_of_this_subtask()

    def map(self, value):
        return value, self.index


def places(stream, parallelism):
    return collect(stream.map(Where()).set_parallelism(parallelism))


@pytest.fixture
def hundred(env):
    return env.from_collection(list(range(100)))


@pytest.mark.parametrize("parallelism", [1, 2, 3, 4])
@pytest.mark.parametrize("how", ["rebalance", "rescale", "shuffle"])
def test_everything_arrives_once(hundred, how, parallelism):
    got = places(getattr(hundred, how)(), parallelism)
    assert sorted(value for value, _ in got) == list(range(100))
    assert {index for _, index in got} == set(range(parallelism))


@pytest.mark.parametrize("parallelism", [2, 3, 4])
def test_rebalance_is_even(hundred, parallelism):
    counts = Counter(index for _, index in places(hundred.rebalance(), parallelism))
    assert max(counts.values()) - min(counts.values()) <= 1


def test_rescale_stays_nearby(env):
    env.set_parallelism(2)
    stream = env.from_collection(list(range(40))).rebalance().map(Where())
    got = collect(stream.rescale().map(Where()).set_parallelism(4))
    assert {(first, second) for (_, first), second in got} == {(0, 0), (0, 1), (1, 2), (1, 3)}
    back = env.from_collection(list(range(40))).rebalance().map(Where()).set_parallelism(4)
    got = collect(back.rescale().map(Where()).set_parallelism(2))
    assert {(first, second) for (_, first), second in got} == {(0, 0), (1, 0), (2, 1), (3, 1)}


def test_forward(env):
    env.set_parallelism(3)
    stream = env.from_collection(list(range(30))).rebalance().map(Where())
    got = collect(stream.forward().map(Where()).start_new_chain())
    assert all(first == second for (_, first), second in got)


def test_broadcast(hundred):
    got = places(hundred.broadcast(), 3)
    assert Counter(value for value, _ in got) == dict.fromkeys(range(100), 3)
    assert Counter(index for _, index in got) == dict.fromkeys(range(3), 100)


def test_global(hundred):
    assert {index for _, index in places(hundred.global_(), 4)} == {0}


class ByValue(Partitioner):
    def partition(self, key, num_partitions):
        return key % num_partitions


@pytest.mark.parametrize("partitioner", [ByValue(), lambda key, n: key % n])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_custom(hundred, partitioner, parallelism):
    got = places(hundred.partition_custom(partitioner, lambda v: v // 10), parallelism)
    assert len(got) == 100
    assert all(index == value // 10 % parallelism for value, index in got)


@pytest.mark.parametrize("parallelism", [1, 2, 4])
def test_keys_stay_together(hundred, parallelism):
    keyed = hundred.key_by(lambda v: v % 10)
    got = places(keyed, parallelism)
    by_key = {}
    for value, index in got:
        by_key.setdefault(value % 10, set()).add(index)
    assert all(len(indices) == 1 for indices in by_key.values())
    assert [len(got), len(by_key)] == [100, 10]


def test_order_of_a_key_is_kept(env):
    env.set_parallelism(3)
    stream = env.from_collection([(k, n) for n in range(200) for k in "abcde"])
    got = collect(stream.key_by(lambda v: v[0]).map(lambda v: v))
    for key in "abcde":
        assert [n for k, n in got if k == key] == list(range(200))
