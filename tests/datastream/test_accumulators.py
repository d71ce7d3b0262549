"""Accumulators of functions in jobs."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import pytest

from hurtig.common.accumulators import (
    AverageAccumulator,
    DoubleCounter,
    Histogram,
    IntCounter,
    ListAccumulator,
)
from hurtig.datastream import MapFunction


class Adds(MapFunction):
    """Adds every value to an accumulator of each kind."""

    def __init__(self, **kinds: type) -> None:
        self.kinds = kinds

    def open(self, runtime_context: Any) -> None:
        self.accumulators = [kind() for kind in self.kinds.values()]
        for name, accumulator in zip(self.kinds, self.accumulators, strict=True):
            runtime_context.add_accumulator(name, accumulator)
            assert runtime_context.get_accumulator(name) is accumulator

    def map(self, value: Any) -> Any:
        for accumulator in self.accumulators:
            accumulator.add(value)
        return value


def test_all_kinds_over_three_subtasks(env):
    kinds = {
        "count": IntCounter,
        "sum": DoubleCounter,
        "mean": AverageAccumulator,
        "how often": Histogram,
        "all": ListAccumulator,
    }
    values = [7, 1, 1, 3, 7, 7, 2]
    env.from_collection(values).rebalance().map(Adds(**kinds)).set_parallelism(3).print()
    results = env.execute().get_all_accumulator_results()
    assert sorted(results.pop("all")) == sorted(values)
    assert results == {
        "count": 28,
        "sum": 28.0,
        "mean": 4.0,
        "how often": {1: 2, 2: 1, 3: 1, 7: 3},
    }


def test_two_operators_add_to_one(env):
    stream = env.from_collection([1, 2]).map(Adds(n=IntCounter))
    stream.map(Adds(n=IntCounter)).print()
    assert env.execute().get_accumulator_result("n") == 6


def test_two_kinds_of_one_name(env):
    stream = env.from_collection([1]).map(Adds(n=IntCounter))
    stream.map(Adds(n=Histogram)).name("second").print()
    with pytest.raises(Exception, match=r"'n' is an? (IntCounter|Histogram) elsewhere"):
        env.execute()


def test_one_name_twice_in_a_function(env):
    class Twice(MapFunction):
        def open(self, runtime_context: Any) -> None:
            runtime_context.add_accumulator("n", IntCounter())
            runtime_context.add_accumulator("n", IntCounter())

        def map(self, value: Any) -> Any:
            return value

    env.from_collection([1]).map(Twice()).print()
    with pytest.raises(Exception, match="accumulator 'n' exists already in Map"):
        env.execute()


def test_a_running_job_is_asked_again_and_again(env):
    """Its thread adds new entries to the histogram all the while."""
    stream = env.from_iterable(count, bounded=False).map(Adds(seen=Histogram, n=IntCounter))
    stream.filter(lambda value: False).print()
    client = env.execute_async()
    try:
        deadline = time.monotonic() + 10
        sizes = [0]
        while sizes[-1] < 20_000:
            assert time.monotonic() < deadline
            sizes.append(len(client.get_accumulators().result().get("seen", ())))
    finally:
        client.cancel().result()
    assert sizes == sorted(sizes)
    results = client.get_accumulators().result()
    assert results["n"] == sum(results["seen"])
