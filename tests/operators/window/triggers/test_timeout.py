"""ProcessingTimeoutTrigger: the nested trigger, or time out."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time
from hurtig.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    ProcessingTimeoutTrigger,
    PurgingTrigger,
    TumblingEventTimeWindows,
)
from hurtig.operators.functions import ProcessWindowFunction
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield list(elements)


def harness(trigger: Any, assigner: Any = None) -> Harness:
    contents = elements_contents(Elements())
    assigner = assigner or GlobalWindows()
    return Harness(create_window_operator(assigner, trigger, None, 0, None, contents))


def test_invalid() -> None:
    with pytest.raises(ProgramError, match="needs a timeout > 0, got 0 ms"):
        ProcessingTimeoutTrigger.of(CountTrigger.of(1), Time(0))


def test_timeout_counts_from_the_first_element() -> None:
    run = harness(ProcessingTimeoutTrigger.of(CountTrigger.of(3), Duration.of_millis(10)))
    run.send((1, None, "a")).set_processing_time(6).send((2, None, "a")).set_processing_time(9)
    assert run.output == []
    run.set_processing_time(10)
    assert run.output == [[1, 2]]
    run.send((3, None, "a")).set_processing_time(19)
    assert run.output == [[1, 2]]
    run.set_processing_time(20)
    assert run.output == [[1, 2], [1, 2, 3]]


def test_timeout_from_the_last_element() -> None:
    trigger = ProcessingTimeoutTrigger.of(
        CountTrigger.of(3), Time(10), reset_timer_on_new_record=True
    )
    run = harness(trigger)
    run.send((1, None, "a")).set_processing_time(6).send((2, None, "a")).set_processing_time(15)
    assert run.output == []
    run.set_processing_time(16)
    assert run.output == [[1, 2]]


def test_firing_stops_the_timeout() -> None:
    run = harness(ProcessingTimeoutTrigger.of(CountTrigger.of(2), Time(10)))
    run.send((1, None, "a"), (2, None, "a")).set_processing_time(100)
    assert run.output == [[1, 2]]


@pytest.mark.parametrize(("clear", "expected"), [(True, [[1], [1, 2, 3]]), (False, [[1], [1, 2]])])
def test_clear_on_timeout(clear: bool, expected: list[Any]) -> None:
    trigger = ProcessingTimeoutTrigger.of(
        CountTrigger.of(2), Time(10), should_clear_on_timeout=clear
    )
    run = harness(trigger).send((1, None, "a")).set_processing_time(10)
    run.send((2, None, "a"))
    if clear:  # the count began anew
        run.send((3, None, "a"))
    assert run.output == expected


def test_with_event_time_and_purging() -> None:
    nested = PurgingTrigger.of(EventTimeTrigger.create())
    run = harness(
        PurgingTrigger.of(ProcessingTimeoutTrigger.of(nested, Time(10), False, False)),
        TumblingEventTimeWindows(10),
    )
    run.send((1, 1, "a")).set_processing_time(10).send((2, 2, "a"))
    run.watermark(9).set_processing_time(50)
    assert run.output == [[1], [2]]
    assert run.is_empty()


def test_merge_keeps_the_earlier_deadline() -> None:
    trigger = ProcessingTimeoutTrigger.of(EventTimeTrigger.create(), Time(10))
    run = harness(trigger, EventTimeSessionWindows(10))
    run.send((1, 0, "a")).set_processing_time(4).send((2, 8, "a")).set_processing_time(9)
    assert run.output == []
    run.set_processing_time(10)
    assert run.output == [[1, 2]]
    run.send((3, 9, "a")).watermark(1000).set_processing_time(1000)
    assert run.output[1:] == [[1, 2, 3]]
    assert run.is_empty()
