"""Which operator a window gets, and which parts do not go together."""

from __future__ import annotations

from typing import Any

import pytest
from window_models import Collect

from hurtig.common.errors import ProgramError
from hurtig.datastream.window import (
    CountEvictor,
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    NeverTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.count_fast import CountWindowOperator
from hurtig.operators.window.factory import create_window_operator
from hurtig.operators.window.processing_time_fast import TumblingProcessingTimeOperator
from hurtig.operators.window.session_fast import SessionEventTimeOperator
from hurtig.operators.window.sliding_fast import SlidingEventTimeOperator
from hurtig.operators.window.tumbling_fast import TumblingEventTimeOperator
from hurtig.operators.window.window_operator import WindowOperator


def create(assigner: Any, trigger: Any = None, evictor: Any = None, lateness: int = 0) -> Any:
    contents = elements_contents(Collect())
    return create_window_operator(assigner, trigger, evictor, lateness, None, contents)


class OwnWindows(TumblingEventTimeWindows):
    def assign_windows(self, element: Any, timestamp: int, context: Any) -> Any:
        return super().assign_windows(element, timestamp + 1, context)


class OwnTrigger(EventTimeTrigger):
    pass


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (TumblingEventTimeOperator, (TumblingEventTimeWindows(5),)),
        (TumblingEventTimeOperator, (TumblingEventTimeWindows(5), EventTimeTrigger(), None, 7)),
        (SlidingEventTimeOperator, (SlidingEventTimeWindows(5, 2),)),
        (SessionEventTimeOperator, (EventTimeSessionWindows(5),)),
        (TumblingProcessingTimeOperator, (TumblingProcessingTimeWindows(5),)),
        (CountWindowOperator, (CountTumblingWindowAssigner(5),)),
        (CountWindowOperator, (CountSlidingWindowAssigner(5, 2),)),
        (WindowOperator, (OwnWindows(5),)),
        (WindowOperator, (TumblingEventTimeWindows(5), OwnTrigger())),
        (WindowOperator, (TumblingEventTimeWindows(5), PurgingTrigger(EventTimeTrigger()))),
        (WindowOperator, (TumblingEventTimeWindows(5), None, CountEvictor(1))),
        (WindowOperator, (EventTimeSessionWindows(5), None, None, 7)),
        (WindowOperator, (TumblingProcessingTimeWindows(5), EventTimeTrigger())),
        (WindowOperator, (CountTumblingWindowAssigner(5), CountTrigger(5))),
        (WindowOperator, (GlobalWindows(),)),
    ],
)
def test_choice(kind: type, arguments: tuple[Any, ...]) -> None:
    operator = create(*arguments)
    assert type(operator) is kind
    assert operator.keyed


def test_parts_that_do_not_go_together() -> None:
    with pytest.raises(TypeError, match=r"window\(\) takes a WindowAssigner, got 5"):
        create(5)
    with pytest.raises(TypeError, match=r"trigger\(\) takes a Trigger, got 5"):
        create(GlobalWindows(), 5)
    with pytest.raises(ProgramError, match="lateness cannot be negative, got -1 ms"):
        create(TumblingEventTimeWindows(5), None, None, -1)
    create(EventTimeSessionWindows(5), NeverTrigger())  # merges, though can_merge says no
