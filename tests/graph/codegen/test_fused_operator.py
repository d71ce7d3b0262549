"""The life of a fused operator and of its parts."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hurtig.common.errors import UserFunctionError
from hurtig.graph.codegen.fused_operator import FusedOperator
from hurtig.graph.codegen.generate import MAX_FLAT_MAPS
from hurtig.messages import IDLE, RowBatch
from hurtig.operators.filter import FilterOperator
from hurtig.operators.fusion import MAP, FusedStep
from hurtig.operators.map import MapOperator


def increment(value: int) -> int:
    return value + 1


def test_parts_open_run_finish_and_close(chain: Any) -> None:
    harness = chain((MAP, increment), ("filter", lambda v: v > 2))
    harness.push([1, 2, 3])
    harness.operator.end_input()
    harness.operator.finish()
    harness.operator.close()
    assert harness.values == [3, 4]
    assert [part.calls for part in harness.parts] == [["open", "finish", "close"]] * 2


def test_all_parts_are_closed_when_one_fails(chains: Any) -> None:
    class Broken(chains.StepOperator):
        def close(self) -> None:
            super().close()
            raise OSError("disk")

    parts = [Broken(FusedStep(MAP, increment)), chains.StepOperator(FusedStep(MAP, increment))]
    harness = chains.Harness(parts, True)
    with pytest.raises(UserFunctionError, match="OSError: disk") as caught:
        harness.operator.close()
    assert caught.value.operator == "map-0"
    assert parts[1].calls[-1] == "close"


def test_empty_batches_are_not_sent(chain: Any) -> None:
    harness = chain(("filter", lambda v: False))
    harness.push([1, 2], [1, 2])
    assert harness.output.batches == []


def test_watermarks_and_status_pass(chain: Any) -> None:
    harness = chain((MAP, increment), (MAP, increment))
    harness.operator.process_watermark(17)
    harness.operator.process_status(IDLE)
    assert harness.output.watermarks == [17]
    assert harness.output.statuses == [IDLE]
    assert [part.current_watermark for part in harness.parts] == [17, 17]
    assert [m.watermark for m in harness.metrics] == [17, 17]


@pytest.mark.parametrize(
    ("kinds", "entered", "left"),
    [
        (["map", "map"], [4], [4]),
        (["map", "filter", "map"], [4, 2], [4, 2]),
        (["filter", "map", "map"], [2, 2], [2, 2]),
        (["map", "map", "flat_map"], [4, 4], [4, 4]),
    ],
)
def test_counts_between_parts(chain: Any, kinds: list[str], entered: Any, left: Any) -> None:
    functions = {"map": lambda v: v, "filter": lambda v: v % 2, "flat_map": lambda v: [v, v]}
    harness = chain(*[(kind, functions[kind]) for kind in kinds])
    harness.push([1, 2, 3, 4])
    assert [m.records_in for m in harness.metrics[1:]] == entered
    assert [m.records_out for m in harness.metrics[:-1]] == left


def test_one_context_serves_all_parts(chain: Any) -> None:
    harness = chain((MAP, increment))
    operator = FusedOperator([MapOperator(increment), FilterOperator(increment)])
    operator.setup(harness.contexts[0])
    operator.open()
    operator.process_batch(RowBatch([1]))
    assert harness.values == [2]
    first, last = operator.operators
    assert last.context is harness.contexts[0]
    assert first.metrics is not last.metrics


def test_it_is_pickled_before_it_opens(chain: Any) -> None:
    operator = pickle.loads(pickle.dumps(FusedOperator([MapOperator(len)])))
    harness = chain((MAP, increment))
    operator.setup(harness.contexts[0])
    operator.open()
    operator.process_batch(RowBatch(["abc"]))
    assert harness.values == [3]


def test_the_chain_declares_what_its_ends_declare() -> None:
    marker: Any = object()
    operator = FusedOperator([MapOperator(increment), MapOperator(increment, marker)])
    assert operator.output_type is marker
    assert operator.keyed is False


def test_long_chains_of_flat_maps(chain: Any) -> None:
    harness = chain(*[("flat_map", lambda v: [v + 1], "skip")] * MAX_FLAT_MAPS)
    harness.push([0])
    assert harness.values == [MAX_FLAT_MAPS]
    with pytest.raises(AssertionError, match="split it"):
        chain(*[("flat_map", lambda v: [v + 1])] * (MAX_FLAT_MAPS + 1))


def test_a_keyed_chain_asks_for_keys(chains: Any) -> None:
    keys: list[Any] = []
    part = chains.StepOperator(FusedStep(MAP, increment, keys.append))
    harness = chains.Harness([part], True)
    assert harness.operator.keyed
    harness.push([1, 2], None, ["a", "b"])
    assert keys == ["a", "b"]
    assert harness.output.batches[0].keys is None
    with pytest.raises(AssertionError, match="without keys"):
        harness.push([1])
