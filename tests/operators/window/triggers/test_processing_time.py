"""ProcessingTimeTrigger on event-time windows: fires by the clock."""

from __future__ import annotations

from window_harness import Harness
from window_models import Collect

from hurtig.datastream.window import (
    EventTimeSessionWindows,
    ProcessingTimeTrigger,
    TumblingEventTimeWindows,
)
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator


def test_fires_by_the_clock_and_is_dropped_by_the_watermark() -> None:
    contents = elements_contents(Collect())
    operator = create_window_operator(
        TumblingEventTimeWindows(10), ProcessingTimeTrigger.create(), None, 0, "late", contents
    )
    run = Harness(operator, 0).send((1, 5, "a"), (2, 12, "a")).set_processing_time(9)
    assert run.output == [("a", 0, 10, [1])]
    run.watermark(100).set_processing_time(50)
    assert run.output == [("a", 0, 10, [1])]
    assert run.is_empty()


def test_merge_moves_the_timer() -> None:
    contents = elements_contents(Collect())
    operator = create_window_operator(
        EventTimeSessionWindows(10), ProcessingTimeTrigger(), None, 0, None, contents
    )
    run = Harness(operator, 0).send((1, 0, "a"), (2, 8, "a")).set_processing_time(9)
    assert run.output == []
    run.set_processing_time(17)
    assert run.output == [("a", 0, 18, [1, 2])]
