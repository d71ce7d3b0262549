"""Continuous triggers: every interval, and at the end of the window."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_harness import Harness
from window_models import END, RESTART, Collect, streams

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time
from hurtig.datastream.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    ProcessingTimeSessionWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from hurtig.operators.functions import ProcessWindowFunction
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator


def harness(assigner: Any, trigger: Any, function: Any = None, now: int = 0) -> Harness:
    contents = elements_contents(function or Collect())
    return Harness(create_window_operator(assigner, trigger, None, 0, None, contents), now)


def test_construction() -> None:
    assert ContinuousEventTimeTrigger.of(Time.seconds(1)).interval == 1000
    assert ContinuousProcessingTimeTrigger.of(Duration.of_millis(5)).interval == 5
    assert ContinuousEventTimeTrigger(5).can_merge()
    for kind in ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger:
        with pytest.raises(ProgramError, match="needs an interval > 0, got 0 ms"):
            kind.of(Time(0))


def test_fires_once_per_interval_that_a_jump_crosses() -> None:
    run = harness(TumblingEventTimeWindows(100), ContinuousEventTimeTrigger(30))
    run.send((1, 1, "a"), (2, 40, "a")).watermark(29)
    assert run.output == []
    run.watermark(30)
    assert run.output == [("a", 0, 100, [1, 2])]
    run.watermark(95)
    assert len(run.output) == 3  # 60 and 90
    run.watermark(99)
    assert len(run.output) == 4  # the end
    assert run.is_empty()


@settings(max_examples=100, deadline=None)
@given(streams(restarts=False), st.integers(1, 20), st.integers(1, 15))
def test_event_time_against_model(stream: list[Any], size: int, interval: int) -> None:
    """Per key and window: it fires at each multiple of the interval behind its first element."""
    run = harness(TumblingEventTimeWindows(size), ContinuousEventTimeTrigger(interval))
    panes: dict[tuple[str, int], list[int]] = {}
    next_fire: dict[tuple[str, int], int] = {}
    watermark = -(2**63)
    counts: dict[tuple[str, int], int] = {}
    for number, step in enumerate([*stream, END]):
        assert step != RESTART
        if isinstance(step, tuple):
            time, key = step
            run.send((number, time, key))
            pane = (key, time // size * size)
            end = pane[1] + size - 1
            if end > watermark:
                panes.setdefault(pane, []).append(number)
                next_fire.setdefault(pane, min(time - time % interval + interval, end))
        else:
            run.watermark(step)
            watermark = max(watermark, step)
            for pane in list(panes):
                end = pane[1] + size - 1
                while pane in panes and min(next_fire[pane], end) <= watermark:
                    counts[pane] = counts.get(pane, 0) + 1
                    if next_fire[pane] >= end:
                        del panes[pane], next_fire[pane]
                    else:
                        next_fire[pane] = min(next_fire[pane] + interval, end)
    got: dict[tuple[str, int], int] = {}
    for key, start, _, _ in run.output:
        got[key, start] = got.get((key, start), 0) + 1
    assert got == counts
    assert run.is_empty()


def test_processing_time() -> None:
    run = harness(TumblingProcessingTimeWindows(25), ContinuousProcessingTimeTrigger(10), now=3)
    run.send((1, None, "a")).set_processing_time(12).send((2, None, "a")).set_processing_time(24)
    assert run.output == [
        ("a", 0, 25, [1]),
        ("a", 0, 25, [1, 2]),
        ("a", 0, 25, [1, 2]),
    ]
    run.set_processing_time(100)
    assert len(run.output) == 3
    assert run.is_empty()


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield list(elements)


def test_processing_time_on_a_global_window_goes_on() -> None:
    run = harness(GlobalWindows(), ContinuousProcessingTimeTrigger(10), Elements())
    run.send((1, None, "a")).set_processing_time(35)
    assert run.output == [[1], [1], [1]]


def test_event_time_merge() -> None:
    run = harness(EventTimeSessionWindows(20), ContinuousEventTimeTrigger(10))
    run.send((1, 3, "a"), (2, 15, "a")).watermark(10)
    assert run.output == [("a", 3, 35, [1, 2])]
    run.watermark(100)
    assert run.output[1:] == [("a", 3, 35, [1, 2])] * 3  # 20, 30 and the end
    assert run.is_empty()


def test_processing_time_merge() -> None:
    run = harness(ProcessingTimeSessionWindows(20), ContinuousProcessingTimeTrigger(10), now=3)
    run.send((1, None, "a")).set_processing_time(9).send((2, None, "a")).set_processing_time(10)
    assert run.output == [("a", 3, 29, [1, 2])]
    run.set_processing_time(100)
    assert run.output[1:] == [("a", 3, 29, [1, 2])] * 2  # 20 and the end
    assert run.is_empty()
