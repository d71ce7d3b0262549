"""CountTrigger and PurgingTrigger."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_harness import Harness
from window_models import END, RESTART, Collect, streams

from hurtig.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    EventTimeTrigger,
    PurgingTrigger,
    TriggerResult,
    TumblingEventTimeWindows,
)
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator


def build(assigner: Any, trigger: Any, lateness: int = 0) -> Any:
    contents = elements_contents(Collect())
    return create_window_operator(assigner, trigger, None, lateness, "late", contents)


def test_replaces_the_time_trigger() -> None:
    run = Harness(build(TumblingEventTimeWindows(10), CountTrigger.of(2)))
    run.send((1, 1, "a"), (2, 2, "a"), (3, 3, "a"), (4, 4, "b")).watermark(100)
    assert run.output == [("a", 0, 10, [1, 2])]
    assert run.is_empty()


def test_counts_merge_with_sessions() -> None:
    run = Harness(build(EventTimeSessionWindows(150), CountTrigger.of(3)))
    run.send((0, 0, "a"), (50, 50, "a"), (300, 300, "a"), (350, 350, "a"), (180, 180, "a"))
    run.watermark(10_000)
    assert run.output == [("a", 0, 500, [0, 50, 300, 350, 180])]
    assert run.is_empty()


@settings(max_examples=150, deadline=None)
@given(st.one_of(streams(restarts=False), streams()), st.integers(1, 5), st.booleans())
def test_against_model(stream: list[Any], count: int, purging: bool) -> None:
    trigger = PurgingTrigger.of(CountTrigger.of(count)) if purging else CountTrigger.of(count)
    run = Harness(build(TumblingEventTimeWindows(10), trigger))
    watermark = -(2**63)
    panes: dict[tuple[str, int], list[int]] = {}
    counts: dict[tuple[str, int], int] = {}
    expected = []
    for number, step in enumerate([*stream, END]):
        if step == RESTART:
            run.restart(repeat_watermarks=False)
            watermark = -(2**63)
        elif isinstance(step, tuple):
            time, key = step
            run.send((number, time, key))
            pane = (key, time // 10 * 10)
            if pane[1] + 9 > watermark:
                elements = panes.setdefault(pane, [])
                elements.append(number)
                counts[pane] = counts.get(pane, 0) + 1
                if counts[pane] == count:
                    expected.append((key, pane[1], pane[1] + 10, elements[:]))
                    counts[pane] = 0
                    if purging:
                        elements.clear()
        else:
            run.watermark(step)
            watermark = max(watermark, step)
            for pane in [p for p in panes if p[1] + 9 <= watermark]:
                del panes[pane]
                counts.pop(pane, None)
    assert run.output == expected
    assert run.is_empty()


class TestPurging:
    def test_late_elements_start_anew(self) -> None:
        trigger = PurgingTrigger.of(EventTimeTrigger.create())
        run = Harness(build(TumblingEventTimeWindows(10), trigger, 15))
        run.send((1, 1, "a")).watermark(9).send((2, 2, "a"), (3, 3, "a")).watermark(100)
        assert run.output == [("a", 0, 10, [1]), ("a", 0, 10, [2]), ("a", 0, 10, [3])]
        assert run.is_empty()

    def test_purged_session_goes_on(self) -> None:
        trigger = PurgingTrigger.of(CountTrigger.of(2))
        run = Harness(build(EventTimeSessionWindows(10), trigger))
        run.send((1, 1, "a"), (2, 2, "a"), (3, 8, "a"), (4, 9, "a")).watermark(100)
        assert run.output == [("a", 1, 12, [1, 2]), ("a", 1, 19, [3, 4])]
        assert run.is_empty()

    @pytest.mark.parametrize("result", list(TriggerResult))
    def test_results(self, result: TriggerResult) -> None:
        class Fixed(EventTimeTrigger):
            def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> Any:
                return result

        got = PurgingTrigger.of(Fixed()).on_element(1, 1, None, None)  # type: ignore[arg-type]
        assert got.is_fire() == result.is_fire()
        assert got.is_purge() == (result.is_purge() or result.is_fire())
        assert PurgingTrigger.of(Fixed()).can_merge()
