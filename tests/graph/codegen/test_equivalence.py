"""Generated chains do what one record after the other would do, and call nothing twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.errors import UserFunctionError
from hurtig.operators.fusion import FILTER, FLAT_MAP, MAP, REDUCE, FusedStep


class Boom(Exception):
    pass


class Functions:
    """Counts the calls of every step, and raises in the chosen ones."""

    def __init__(self, specs: list[tuple[str, str, int]], raising: set[tuple[int, int]]) -> None:
        self.calls: Counter[tuple[int, int]] = Counter()
        self.order: list[tuple[int, Any]] = []
        self.keys: list[Any] = []
        self.specs = specs
        self.raising = raising

    def steps(self, first_keyed: bool) -> list[tuple[FusedStep, str]]:
        made = []
        for index, (kind, policy, variant) in enumerate(self.specs):
            set_key = self.keys.append if index == 0 and first_keyed else None
            table: dict[Any, Any] | None = {} if kind == REDUCE else None
            made.append(
                (FusedStep(kind, self._function(index, kind, variant), set_key, table), policy)
            )
        return made

    def _function(self, index: int, kind: str, variant: int) -> Any:
        def enter(value: Any) -> None:
            serial = self.calls[index, -1]
            self.calls[index, -1] += 1
            self.order.append((index, value))
            if (index, serial) in self.raising:
                raise Boom(index, value)

        def map_(value: Any) -> Any:
            enter(value)
            return (value[0], value[1] + 1)

        def filter_(value: Any) -> Any:
            enter(value)
            return value[1] % (variant + 2)

        def flat_list(value: Any) -> Any:
            enter(value)
            return None if variant == 0 else [(value[0] * 10 + i, value[1]) for i in range(variant)]

        def flat_generator(value: Any) -> Any:
            for i in range(variant):
                enter((value, i))
                yield (value[0] * 10 + i, value[1])

        def reduce_(before: Any, value: Any) -> Any:
            enter(value)
            return (value[0], before[1] + value[1])

        flat = flat_generator if variant % 2 else flat_list
        return {MAP: map_, FILTER: filter_, FLAT_MAP: flat, REDUCE: reduce_}[kind]


policies = st.sampled_from(["fail", "skip", "dead-letter"])
later = st.tuples(st.sampled_from([MAP, FILTER, FLAT_MAP]), policies, st.integers(0, 3))
first = st.tuples(st.sampled_from([MAP, FILTER, FLAT_MAP, REDUCE]), policies, st.integers(0, 3))


@settings(max_examples=400, deadline=None)
@given(
    specs=st.builds(lambda a, rest: [a, *rest], first, st.lists(later, max_size=4)),
    values=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=8),
    raising=st.sets(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=4),
    timed=st.booleans(),
    keyed=st.booleans(),
)
def test_random_chains_match_record_by_record(
    chains: Any,
    specs: list[tuple[str, str, int]],
    values: list[Any],
    raising: set[tuple[int, int]],
    timed: bool,
    keyed: bool,
) -> None:
    keyed = keyed or specs[0][0] == REDUCE
    times = [1000 + i for i in range(len(values))] if timed else None
    keys = [v[0] % 3 for v in values] if keyed else None
    expected_functions, functions = Functions(specs, raising), Functions(specs, raising)
    naive = chains.Naive(expected_functions.steps(keyed))
    naive.run(values, times, keys)

    steps = functions.steps(keyed)
    harness = chains.Harness([chains.StepOperator(*step) for step in steps], inline=True)
    failure = None
    try:
        harness.push(values, times, keys)
    except UserFunctionError as error:
        failure = error

    assert functions.order == expected_functions.order  # each call once, and in this order
    assert functions.keys == expected_functions.keys
    assert harness.values == [value for value, _ in naive.out]
    if timed:
        assert harness.timestamps == [time for _, time in naive.out]
    else:
        assert all(batch.timestamps is None for batch in harness.output.batches)
    assert [step.table for step, _ in steps] == [step.table for step, _ in naive.steps]
    assert [m.skipped for m in harness.metrics] == naive.skipped
    assert [(d.operator, d.record) for d in harness.dead] == [
        (harness.contexts[i].name, record) for i, record in naive.dead
    ]
    if naive.failed is None:
        assert failure is None
        if sum(kind in (FILTER, FLAT_MAP) for kind, _, _ in specs) <= 1:
            assert [m.records_in for m in harness.metrics][1:] == naive.entered[1:]
            assert [m.records_out for m in harness.metrics][:-1] == naive.left[:-1]
    else:
        index, record, cause = naive.failed
        assert failure is not None
        assert failure.operator == harness.contexts[index].name
        assert failure.record_text == repr(record)
        assert failure.cause.args == cause.args


# Lambdas that are inlined; the bare functions below call the very same objects.
INLINED: list[tuple[str, Any]] = [
    (MAP, lambda v: (v[0], v[1] * 2)),
    (MAP, lambda v: (v[-1], v[0])),
    (MAP, lambda v: (*v[1:], v[0])),
    (MAP, lambda v: v),
    (MAP, lambda v: (1, v)[1]),
    (MAP, lambda v: tuple(reversed(v))),
    (MAP, lambda v: (v[0], 12 // (v[1] - 3))),
    (FILTER, lambda v: v[1] % 3 != 0),
    (FILTER, lambda v: v[0] and v),
    (FILTER, lambda v: v[1] if v[0] > 2 else not v[1] or v[0] == 0),
    (FLAT_MAP, lambda v: [v, (v[1], v[0])]),
    (FLAT_MAP, lambda v: [v] * v[0] if v[1] else None),
]


@settings(max_examples=300, deadline=None)
@given(
    chosen=st.lists(st.tuples(st.sampled_from(INLINED), policies), min_size=1, max_size=5),
    values=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=6),
    timed=st.booleans(),
)
def test_inlined_chains_match_record_by_record(
    chains: Any, chosen: list[Any], values: list[Any], timed: bool
) -> None:
    times = list(range(len(values))) if timed else None
    steps = [(FusedStep(kind, function), policy) for (kind, function), policy in chosen]
    naive = chains.Naive(steps)
    naive.run(values, times, None)
    harness = chains.Harness([chains.StepOperator(*step) for step in steps], inline=True)
    assert "_h_f" not in harness.source(timed)  # nothing is called, all is inlined
    if naive.failed is None:
        harness.push(values, times)
    else:
        with pytest.raises(UserFunctionError) as caught:
            harness.push(values, times)
        index, record, cause = naive.failed
        assert caught.value.operator == harness.contexts[index].name
        assert caught.value.record_text == repr(record)
        assert repr(caught.value.cause) == repr(cause)
    assert harness.values == [value for value, _ in naive.out]
    assert harness.timestamps == ([time for _, time in naive.out] if timed else [])
    assert [m.skipped for m in harness.metrics] == naive.skipped
    assert [(d.operator, d.record) for d in harness.dead] == [
        (harness.contexts[i].name, record) for i, record in naive.dead
    ]


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=12),
    timed=st.booleans(),
    inline=st.booleans(),
)
def test_keyed_reduce_matches_a_dictionary(
    chains: Any, values: list[Any], timed: bool, inline: bool
) -> None:
    table: dict[Any, Any] = {}
    step = FusedStep(REDUCE, lambda a, b: (a[0], a[1] + 6 // b[1]), table=table)
    harness = chains.Harness([chains.StepOperator(step, "skip")], inline)
    times = [10 * i for i in range(len(values))] if timed else None
    harness.push(values, times, [v[0] for v in values])
    expected: dict[Any, Any] = {}
    out, out_times = [], []
    for i, (k, v) in enumerate(values):
        if k in expected and v == 0:
            continue
        expected[k] = (k, expected[k][1] + 6 // v) if k in expected else (k, v)
        out.append(expected[k])
        out_times.append(10 * i)
    assert harness.values == out
    assert table == expected
    assert harness.timestamps == (out_times if timed else [])


def test_map_runs_pass_the_list_of_timestamps_through(chain: Any) -> None:
    harness = chain((MAP, lambda v: v + 1), (MAP, str))
    times = [5, 6]
    harness.push([1, 2], times)
    assert harness.output.batches[0].timestamps is times


def test_the_second_batch_of_a_reduce_goes_on(chains: Any) -> None:
    step = FusedStep(REDUCE, lambda a, b: a + b, table={})
    harness = chains.Harness([chains.StepOperator(step)], True)
    harness.push([1, 2], None, ["x", "y"])
    harness.push([10, 20], None, ["y", "x"])
    assert harness.values == [1, 2, 12, 21]
