"""Fitting a checkpoint to a program: operators are matched by uid."""

from __future__ import annotations

from typing import Any

import pytest
from tests.jobmanager.graphs import one_region, sources

from hurtig.checkpoint.errors import RestoreError
from hurtig.checkpoint.handles import (
    CompletedCheckpoint,
    OperatorState,
    OperatorSubtaskState,
    StateHandle,
)
from hurtig.jobmanager.restore import compare, fit, restored_state

STATE = OperatorSubtaskState(StateHandle(1, "", b"x"), {})


def written(graph: Any, *, parallelism: int = 2, maximum: int = 128) -> CompletedCheckpoint:
    """What a run of the graph wrote: the source's enumerator, and state of the keyed operator."""
    (source,) = sources(graph)
    operators = {
        node.uid: OperatorState(node.uid, node.name, parallelism, maximum)
        for vertex in graph.vertices
        for node in vertex.nodes
    }
    operators[source].coordinator = StateHandle(1, "", b"e")
    operators[graph.vertices[1].nodes[0].uid].subtasks = dict.fromkeys(range(parallelism), STATE)
    return CompletedCheckpoint("j", "job", 7, 0, False, operators, {}, "/chk-7")


def test_the_same_program() -> None:
    graph = one_region()
    difference = fit(graph, written(graph), False)
    assert (len(difference.restored), difference.new, difference.dropped) == (2, [], [])
    assert difference.render(written(graph)) == (
        "restoring checkpoint 7 of job 'job' (/chk-7): 2 operators restored, 0 new, 0 dropped"
    )


def test_state_without_an_operator() -> None:
    graph = one_region()
    checkpoint = written(graph)
    checkpoint.operators["gone"] = OperatorState("gone", "Gone", 2, 128, {0: STATE})
    checkpoint.operators["empty"] = OperatorState("empty", "Empty", 2, 128)
    with pytest.raises(RestoreError, match="--allowNonRestoredState"):
        fit(graph, checkpoint, False)
    difference = fit(graph, checkpoint, True)
    assert difference.dropped == ["gone (Gone)"]
    assert difference.render(checkpoint).splitlines()[-1] == (
        "  - gone (Gone)  its state is dropped"
    )


def test_operators_without_state_that_may_have_some_are_new() -> None:
    graph = one_region()
    checkpoint = written(graph)
    keyed = graph.vertices[1].nodes[0]
    del checkpoint.operators[keyed.uid]
    del checkpoint.operators[graph.vertices[1].nodes[1].uid]  # the sink keeps nothing
    assert compare(graph, checkpoint).new == [f"{keyed.uid} ({keyed.name})"]


def test_the_maximum_parallelism_is_that_of_the_checkpoint() -> None:
    graph = one_region()
    fit(graph, written(graph, maximum=64), False)
    assert [v.max_parallelism for v in graph.vertices] == [64, 64]


def test_not_where_the_program_sets_it_or_needs_more() -> None:
    graph = one_region({"pipeline.max-parallelism": "32"})
    with pytest.raises(RestoreError, match=r"maximum parallelism of 64.*set_max_parallelism\(64\)"):
        fit(graph, written(graph, maximum=64), False)
    graph = one_region(parallelism=5)
    with pytest.raises(RestoreError, match="run with parallelism 5"):
        fit(graph, written(graph, maximum=4), False)


def test_a_part_gets_what_its_operators_wrote() -> None:
    graph = one_region()
    checkpoint = written(graph, parallelism=3)
    keyed = graph.vertices[1].nodes[0].uid
    checkpoint.in_flight = {keyed: {0: STATE.snapshot}, "other": {0: STATE.snapshot}}
    got = restored_state(graph, frozenset({1}), checkpoint, may_refer=False)
    assert (got.checkpoint_id, got.may_refer) == (7, False)
    assert set(got.operators) == {keyed}
    assert got.operators[keyed].parallelism == 3
    assert set(got.in_flight) == {keyed}
    assert restored_state(graph, frozenset({0}), checkpoint).operators == {}
