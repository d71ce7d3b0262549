"""Function classes can be written with the types of their elements, as in PyFlink."""

from __future__ import annotations

import pickle

import pytest

from hurtig.datastream import functions, state, window

WINDOW = window.TimeWindow


@pytest.mark.parametrize(
    ("generic", "arguments"),
    [
        (functions.AsyncFunction, (int, str)),
        (functions.WindowFunction, (tuple, tuple, str, WINDOW)),
        (functions.AllWindowFunction, (tuple, tuple, WINDOW)),
        (functions.ProcessWindowFunction, (tuple, tuple, str, WINDOW)),
        (functions.ProcessWindowFunction.Context, (WINDOW,)),
        (functions.ProcessAllWindowFunction, (tuple, tuple, WINDOW)),
        (functions.ProcessAllWindowFunction.Context, (WINDOW,)),
        (functions.BroadcastProcessFunction, (int, int, str)),
        (functions.KeyedBroadcastProcessFunction, (str, int, int, str)),
        (functions.AsyncRetryStrategy, (int,)),
        (functions.AsyncRetryPredicate, (int,)),
        (state.ValueState, (int,)),
        (state.MapState, (str, int)),
        (state.AggregatingState, (int, float)),
        (state.BroadcastState, (str, int)),
        (window.Trigger, (tuple, WINDOW)),
        (window.CountTrigger, (tuple,)),
        (window.WindowAssigner, (tuple, WINDOW)),
        (window.MergingWindowAssigner, (tuple, WINDOW)),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_subscripted_class_is_a_base_and_an_annotation(generic, arguments):
    alias = generic[arguments]
    assert alias.__args__ == arguments
    derived = type("Derived", (generic,), {})
    assert issubclass(derived, generic)

    class Written(alias):  # type: ignore[valid-type,misc]
        pass

    assert Written.__mro__[1] is generic


class Count(functions.ProcessWindowFunction[tuple, int, str, WINDOW]):
    def process(self, key, context, elements):
        yield len(list(elements))


def test_instances_of_a_subscripted_base_can_be_pickled():
    assert isinstance(pickle.loads(pickle.dumps(Count())), functions.ProcessWindowFunction)
