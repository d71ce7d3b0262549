"""Streams that are computed once."""

from __future__ import annotations

import pytest

from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.testing import collect

CALLS: list[int] = []


def calls():
    return CALLS


@pytest.fixture(autouse=True)
def _forget():
    CALLS.clear()


def counted(x):
    calls().append(x)
    return x * 10


def test_the_second_job_does_not_compute_again(env):
    cached = env.from_collection([1, 2]).map(counted).cache()
    assert collect(cached.map(lambda x: x + 1)) == [11, 21]
    assert collect(cached.map(lambda x: x + 2)) == [12, 22]
    assert collect(cached) == [10, 20]
    assert CALLS == [1, 2]


def test_invalidate(env):
    cached = env.from_collection([1]).map(counted).cache()
    collect(cached)
    cached.invalidate()
    assert collect(cached) == [10]
    assert CALLS == [1, 1]


def test_parallel(env):
    env.set_parallelism(3)
    cached = env.from_sequence(1, 9).map(counted).cache()
    for _ in range(2):
        assert sorted(collect(cached)) == list(range(10, 100, 10))
    assert sorted(CALLS) == list(range(1, 10))


def test_a_failed_job_keeps_nothing(env):
    cached = env.from_collection([1, 2]).map(counted).cache()
    with pytest.raises(UserFunctionError):
        collect(cached.map(lambda x: 1 // 0))
    assert collect(cached) == [10, 20]


def test_a_job_that_was_cut_short_keeps_nothing(env):
    cached = env.from_sequence(1, 100_000).map(lambda x: x).cache()
    assert collect(cached, limit=2) == [1, 2]
    assert len(collect(cached)) == 100_000


def test_keyed_streams_refuse(env):
    with pytest.raises(ProgramError, match="not supported for a KeyedStream"):
        env.from_collection([1]).key_by(lambda v: v).cache()
