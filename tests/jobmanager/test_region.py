"""Regions, their subtasks, and where those run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.jobmanager.graphs import one_region, two_regions

from hurtig.checkpoint.handles import SubtaskId
from hurtig.jobmanager.placement import place, slots_needed
from hurtig.jobmanager.region import Region, RegionStatus
from hurtig.jobmanager.topology import create_regions

A, B, C = SubtaskId(0, 0), SubtaskId(0, 1), SubtaskId(1, 0)
WHERE = {A: "x", B: "y", C: "x"}


def region(status: RegionStatus = RegionStatus.RUNNING) -> Region:
    it = Region(frozenset({0, 1}), [A, B, C])
    it.deploying(5, WHERE)
    if status is not RegionStatus.DEPLOYING:
        assert it.running([A, B, C])
    return it


def test_it_runs_when_all_are_open() -> None:
    it = region(RegionStatus.DEPLOYING)
    assert not it.running([A, C])
    assert it.state_of(A) == "INITIALIZING"
    assert it.running([B])
    assert not it.running([B])
    assert (it.status, it.state_of(A)) == (RegionStatus.RUNNING, "RUNNING")


def test_it_ends_with_its_last_subtask() -> None:
    it = region()
    assert not it.finish(A)
    assert it.state_of(A) == "FINISHED"
    assert not it.finish(B)
    assert it.finish(C)
    assert it.status is RegionStatus.FINISHED
    assert not it.stop()


def test_stopping_waits_for_all_that_have_not_finished() -> None:
    it = region()
    it.finish(A)
    assert it.stop()
    assert it.stop()
    assert not it.stopped([B])
    assert it.state_of(C) == "CANCELING"
    assert it.stopped([C])
    assert it.status is RegionStatus.CREATED
    assert not it.stop()
    it.deploying(6, WHERE)
    assert (it.attempt, it.finished) == (1, set())


def test_nothing_to_stop_where_all_have_finished() -> None:
    it = region(RegionStatus.DEPLOYING)
    for subtask in (A, B, C):
        assert not it.finish(subtask)
    assert not it.stop()
    assert it.status is RegionStatus.CREATED


def test_the_last_checkpoint_is_due_when_all_have_read_everything() -> None:
    it = region()
    it.drained |= {A, B}
    assert not it.waits_for_last_checkpoint
    it.finish(C)
    assert it.waits_for_last_checkpoint
    it.finish(A)
    it.finish(B)
    assert not it.waits_for_last_checkpoint


def test_who_is_where() -> None:
    it = region()
    it.finish(A)
    assert it.task_managers() == ["x", "y"]
    assert it.subtasks_on("x") == [A, C]
    assert it.unfinished_on("x") == [C]
    assert it.unfinished_on("nowhere") == []


def test_regions_of_a_graph() -> None:
    assert [r.vertices for r in create_regions(one_region())] == [{0, 1}]
    first, second = create_regions(two_regions())
    assert first.vertices | second.vertices == {0, 1}
    full = two_regions({"jobmanager.execution.failover-strategy": "full"})
    assert [r.vertices for r in create_regions(full)] == [{0, 1}]


@given(st.integers(1, 6), st.integers(1, 8))
def test_every_subtask_has_a_place_and_equal_numbers_share_it(parallelism: int, count: int) -> None:
    vertices = one_region(parallelism=parallelism).vertices
    assert slots_needed(vertices) == parallelism
    names = [f"tm-{n}" for n in range(count)]
    placed = place(vertices, names)
    assert set(placed) == {SubtaskId(v.index, n) for v in vertices for n in range(v.parallelism)}
    for (_, subtask), name in placed.items():
        assert name == names[subtask % count]


def test_slot_sharing_groups_get_slots_of_their_own() -> None:
    vertices = one_region().vertices
    vertices[1].slot_sharing_group = "other"
    assert slots_needed(vertices) == 4
    placed = place(vertices, ["a", "b", "c", "d"])
    assert [placed[SubtaskId(v, n)] for v in range(2) for n in range(2)] == ["a", "b", "c", "d"]
