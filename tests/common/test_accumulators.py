"""Accumulators of one subtask, and merged over several."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.accumulators import (
    AverageAccumulator,
    DoubleCounter,
    Histogram,
    IntCounter,
    ListAccumulator,
    LongCounter,
    merged,
)

CASES = [
    (IntCounter, [1, 2, 3], 6, 0),
    (LongCounter, [2**40, 1], 2**40 + 1, 0),
    (DoubleCounter, [0.5, 0.25], 0.75, 0.0),
    (AverageAccumulator, [1, 2, 6], 3.0, 0.0),
    (Histogram, [3, 1, 3], {1: 1, 3: 2}, {}),
    (ListAccumulator, ["b", "a", "b"], ["b", "a", "b"], []),
]


def filled(kind: type, values: list[Any]) -> Any:
    made = kind()
    for value in values:
        made.add(value)
    return made


@pytest.mark.parametrize(("kind", "values", "result", "nothing"), CASES)
def test_add_and_reset(kind, values, result, nothing):
    accumulator = filled(kind, values)
    assert accumulator.get_local_value() == result
    accumulator.reset_local()
    assert accumulator.get_local_value() == nothing
    assert type(accumulator.get_local_value()) is type(nothing)
    accumulator.add(values[0])
    assert accumulator.get_local_value() == filled(kind, values[:1]).get_local_value()


@pytest.mark.parametrize(("kind", "values", "result", "nothing"), CASES)
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_merged_parts_are_as_one_and_stay_as_they_are(kind, values, result, nothing, cut):
    parts = [filled(kind, values[:cut]), filled(kind, values[cut:]), kind()]
    before = [part.get_local_value() for part in parts]
    assert merged(parts) == result
    assert [part.get_local_value() for part in parts] == before
    assert merged(parts) == result


@pytest.mark.parametrize(("kind", "values", "result", "nothing"), CASES)
def test_a_clone_goes_its_own_way(kind, values, result, nothing):
    accumulator = filled(kind, values)
    clone = accumulator.clone()
    clone.add(values[0])
    assert accumulator.get_local_value() == result
    accumulator.reset_local()
    assert clone.get_local_value() == filled(kind, [*values, values[0]]).get_local_value()


def test_a_mean_is_weighed_by_the_number_of_values():
    assert merged([filled(AverageAccumulator, [1, 1, 1]), filled(AverageAccumulator, [5])]) == 2.0


def test_counters_with_a_start():
    assert merged([IntCounter(5), IntCounter(2)]) == 7
    assert DoubleCounter(1.5).get_local_value() == 1.5


def test_values_handed_out_are_copies():
    histogram, items = filled(Histogram, [1]), filled(ListAccumulator, [1])
    histogram.get_local_value()[1] = 9
    items.get_local_value().append(9)
    assert histogram.get_local_value() == {1: 1}
    assert items.get_local_value() == [1]


def test_histogram_is_in_the_order_of_its_values():
    assert list(merged([filled(Histogram, [9, 1]), filled(Histogram, [5])])) == [1, 5, 9]


def test_any_class_with_the_methods_will_do():
    class Longest:
        def __init__(self) -> None:
            self.word = ""

        def add(self, word: str) -> None:
            self.word = max(self.word, word, key=len)

        def merge(self, other: Longest) -> None:
            self.add(other.word)

        def get_local_value(self) -> str:
            return self.word

    parts = [filled(Longest, ["a", "ccc"]), filled(Longest, ["bb"])]
    assert merged(parts) == "ccc"
