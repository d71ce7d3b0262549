"""Who takes part in a checkpoint."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.checkpoint.fakes import ALL, VERTICES, A, B, C

from hurtig.checkpoint.handles import SubtaskId
from hurtig.checkpoint.plan import PlanOperator, PlanVertex, Upstream, create_plan, obstacle


def vertex(index: int, parallelism: int, *upstream: Upstream) -> PlanVertex:
    name = f"v{index}"
    return PlanVertex(index, name, parallelism, 128, (PlanOperator(name, name),), upstream)


def test_sources_send_and_all_answer() -> None:
    plan = create_plan(VERTICES, ())
    assert plan.triggered == (A, B)
    assert plan.waiting == set(ALL)
    assert plan.finished == set()


def test_finished_sources_send_no_more() -> None:
    plan = create_plan(VERTICES, [A])
    assert plan.triggered == (B,)
    assert plan.waiting == {B, C}
    assert plan.finished == {A}


def test_behind_finished_sources_the_next_send() -> None:
    assert create_plan(VERTICES, [A, B]).triggered == (C,)


def test_a_pointwise_edge_reaches_one_subtask() -> None:
    vertices = [vertex(0, 2), vertex(1, 2, Upstream(0, True)), vertex(2, 2, Upstream(1, False))]
    plan = create_plan(vertices, [SubtaskId(0, 1)])
    assert plan.triggered == (SubtaskId(0, 0), SubtaskId(1, 1))


def test_all_inputs_must_have_ended() -> None:
    join = [vertex(0, 1), vertex(1, 1), vertex(2, 1, Upstream(0, False), Upstream(1, False))]
    assert create_plan(join, [SubtaskId(0, 0)]).triggered == (SubtaskId(1, 0),)
    both = [SubtaskId(0, 0), SubtaskId(1, 0)]
    assert create_plan(join, both).triggered == (SubtaskId(2, 0),)


@given(st.sets(st.sampled_from(ALL)))
def test_every_barrier_reaches_all(finished: set[SubtaskId]) -> None:
    plan = create_plan(VERTICES, finished)
    assert plan.waiting | plan.finished == set(ALL)
    assert not plan.waiting & plan.finished
    reached = set(plan.triggered)
    if any(s.vertex == 0 for s in reached):
        reached |= {C} - finished
    assert reached == plan.waiting


def test_descriptions() -> None:
    plan = create_plan(VERTICES, ())
    assert plan.describe(B) == "Source -> Map (2/2)"
    assert plan.describe(SubtaskId(9, 0)) == "subtask 0 of vertex 9"


def test_obstacles() -> None:
    assert obstacle(None, True) == "some are being deployed"
    assert obstacle(create_plan(VERTICES, ALL), True) == "all have finished"
    assert obstacle(create_plan(VERTICES, [A]), True) is None
    assert "checkpoints-after-tasks-finish is false" in str(
        obstacle(create_plan(VERTICES, [A]), False)
    )
    assert obstacle(create_plan(VERTICES, ()), False) is None
