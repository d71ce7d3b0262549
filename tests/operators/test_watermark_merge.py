"""The merged watermark against a naive model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP
from hurtig.operators.watermark_merge import WatermarkMerge

PARTS = ("a", "b", "c")

times = st.integers(-50, 50)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("update"), st.sampled_from(PARTS), times),
        st.tuples(st.just("update"), st.sampled_from(PARTS), times),
        st.tuples(st.sampled_from(["mark_idle", "mark_active"]), st.sampled_from(PARTS)),
        st.tuples(st.just("update"), st.sampled_from(PARTS), st.just(MAX_TIMESTAMP)),
    ),
    max_size=40,
)


class Model:
    """Three columns, looked through from end to end after each step."""

    def __init__(self) -> None:
        self.promised = dict.fromkeys(PARTS, MIN_TIMESTAMP)
        self.idle: set[str] = set()
        self.finished: set[str] = set()
        self.merged = MIN_TIMESTAMP

    def step(self, kind: str, part: str, *time: int) -> None:
        if kind == "update":
            self.promised[part] = max(self.promised[part], time[0])
            self.idle.discard(part)
            if time[0] == MAX_TIMESTAMP:
                self.finished.add(part)
        elif kind == "mark_idle":
            self.idle.add(part)
        else:
            self.idle.discard(part)
        running = [p for p in PARTS if p not in self.finished]
        active = [p for p in running if p not in self.idle]
        if not running:
            now = MAX_TIMESTAMP
        elif active:
            now = min(self.promised[p] for p in active)
        else:
            now = max(self.promised[p] for p in running)
        self.merged = max(self.merged, now)

    @property
    def is_idle(self) -> bool:
        running = [p for p in PARTS if p not in self.finished]
        return bool(running) and all(p in self.idle for p in running)


def merge_of(script: list[tuple[Any, ...]]) -> WatermarkMerge:
    merge = WatermarkMerge()
    for part in PARTS:
        merge.register(part)
    for kind, *arguments in script:
        getattr(merge, kind)(*arguments)
    return merge


@given(steps)
def test_agrees_with_the_model(script: list[tuple[Any, ...]]) -> None:
    model = Model()
    merge = merge_of([])
    for kind, *arguments in script:
        getattr(merge, kind)(*arguments)
        model.step(kind, *arguments)
        assert (merge.watermark, merge.idle) == (model.merged, model.is_idle)


@given(steps)
def test_never_regresses(script: list[tuple[Any, ...]]) -> None:
    merge = merge_of([])
    last = merge.watermark
    for kind, *arguments in script:
        getattr(merge, kind)(*arguments)
        assert merge.watermark >= last
        last = merge.watermark


@given(steps)
def test_infinity_needs_the_end_of_all(script: list[tuple[Any, ...]]) -> None:
    """Neither idle nor finished parts lift the watermark beyond what a running part promised."""
    merge = merge_of([])
    finished: set[str] = set()
    highest = MIN_TIMESTAMP
    for kind, part, *time in script:
        getattr(merge, kind)(part, *time)
        if time == [MAX_TIMESTAMP]:
            finished.add(part)
        elif time:
            highest = max(highest, time[0])
        if len(finished) < len(PARTS):
            assert merge.watermark <= highest
        else:
            assert merge.watermark == MAX_TIMESTAMP


@given(steps)
def test_the_holder_is_what_holds_it_back(script: list[tuple[Any, ...]]) -> None:
    merge, model = merge_of(script), Model()
    for step in script:
        model.step(*step)
    counting = [p for p in PARTS if p not in model.finished and p not in model.idle]
    if not counting:
        assert merge.holder() is None
    else:
        lowest = min(model.promised[p] for p in counting)
        assert merge.holder() == next(p for p in counting if model.promised[p] == lowest)


def test_without_parts() -> None:
    merge = WatermarkMerge()
    assert (merge.watermark, merge.idle, merge.holder()) == (MIN_TIMESTAMP, False, None)


def test_a_removed_part_lifts_the_others_to_their_own_and_no_further() -> None:
    merge = merge_of([("update", part, time) for part, time in zip(PARTS, (3, 1, 2), strict=True)])
    merge.remove("b")
    assert merge.watermark == 2
    merge.remove("c")
    merge.remove("a")
    assert (merge.watermark, merge.idle, merge.holder()) == (3, False, None)
    merge.register("b")
    merge.update("b", 4)
    assert merge.watermark == 4


def test_a_late_part_does_not_pull_back() -> None:
    merge = merge_of([("update", part, 10) for part in PARTS])
    merge.register("d")
    assert merge.watermark == 10
    merge.update("d", 5)
    for part in PARTS:
        merge.update(part, 20)
    assert merge.watermark == 10
    merge.update("d", 15)
    assert merge.watermark == 15


def test_registering_twice_changes_nothing() -> None:
    merge = merge_of([("update", part, 10) for part in PARTS])
    merge.register("a")
    merge.update("b", 20)
    assert merge.watermark == 10


def test_an_idle_part_catches_up() -> None:
    merge = merge_of([("update", "a", 10), ("mark_idle", "b"), ("mark_idle", "c")])
    assert (merge.watermark, merge.idle) == (10, False)
    merge.update("b", 3)
    merge.update("a", 50)
    assert merge.watermark == 10
    merge.mark_idle("b")
    assert merge.watermark == 50


def test_unknown_parts_are_an_error() -> None:
    with pytest.raises(KeyError):
        WatermarkMerge().update("x", 1)
