"""Triggers of users: state, timers, purging, errors."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness
from window_models import Collect

from hurtig.common.errors import UserFunctionError
from hurtig.datastream.window import (
    EventTimeSessionWindows,
    NeverTrigger,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
)
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator
from hurtig.state.descriptors import ReducingStateDescriptor


class Early(Trigger):
    """Fires at every second element, fires and purges at the end."""

    def state(self, ctx: Any) -> Any:
        return ctx.get_partitioned_state(ReducingStateDescriptor("c", lambda a, b: a + b))

    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> TriggerResult:
        self.state(ctx).add(1)
        ctx.register_event_time_timer(window.max_timestamp())
        if element == "purge":
            return TriggerResult.PURGE
        fires = self.state(ctx).get() % 2 == 0
        return TriggerResult.FIRE if fires else TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        if time == window.max_timestamp():
            return TriggerResult.FIRE_AND_PURGE
        return TriggerResult.CONTINUE

    def on_merge(self, window: Any, ctx: Any) -> None:
        ctx.merge_partitioned_state(ReducingStateDescriptor("c", lambda a, b: a + b))

    def clear(self, window: Any, ctx: Any) -> None:
        self.state(ctx).clear()


def harness(trigger: Any, assigner: Any = None, copy: bool = True) -> Harness:
    contents = elements_contents(Collect())
    assigner = assigner or TumblingEventTimeWindows(10)
    operator = create_window_operator(assigner, trigger, None, 0, "late", contents)
    return Harness(operator, copy=copy)


def test_state_and_timers() -> None:
    run = harness(Early()).send((1, 1, "a"), (2, 2, "b"), (3, 3, "a"), (4, 4, "a"))
    assert run.output == [("a", 0, 10, [1, 3])]
    run.watermark(9)
    assert run.output[1:] == [("a", 0, 10, [1, 3, 4]), ("b", 0, 10, [2])]
    assert run.is_empty()


def test_purge_drops_contents_and_fires_nothing() -> None:
    run = harness(Early()).send((1, 1, "a"), ("purge", 2, "a"), (3, 3, "a")).watermark(9)
    assert run.output == [("a", 0, 10, [3])]
    run = harness(Early()).send(("purge", 2, "a")).watermark(9)
    assert run.output == []
    assert run.is_empty()


def test_merging_state_without_can_merge() -> None:
    # Flink's Java API refuses it, Python programs do it: on_merge is what counts.
    run = harness(Early(), EventTimeSessionWindows(10))
    run.send((1, 0, "a"), (2, 15, "a"), (3, 8, "a"))
    assert run.output == []  # the counts of both sessions, and one: 3
    run.watermark(100)
    assert run.output == [("a", 0, 25, [1, 2, 3])]
    assert run.is_empty()


def test_trigger_must_return_a_result() -> None:
    class Forgets(NeverTrigger):
        def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> Any:
            pass

    with pytest.raises(UserFunctionError, match="must return a TriggerResult, it returned None"):
        harness(Forgets()).send((1, 1, "a"))


def test_error_on_element_names_the_record() -> None:
    class Fails(NeverTrigger):
        def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> Any:
            return 1 / 0

    with pytest.raises(UserFunctionError) as info:
        harness(Fails()).send(("good", 1, "a"))
    assert "ZeroDivisionError" in str(info.value)
    assert "record    'good'" in str(info.value)


def test_error_on_timer_names_key_and_window() -> None:
    class Fails(Early):
        def on_event_time(self, time: int, window: Any, ctx: Any) -> Any:
            return 1 / 0

    with pytest.raises(UserFunctionError) as info:
        harness(Fails()).send(("x", 1, "a")).watermark(9)
    assert "key='a'" in str(info.value)
    assert "TimeWindow(start=0, end=10)" in str(info.value)


def test_times_in_the_context() -> None:
    seen = []

    class Looks(NeverTrigger):
        def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> Any:
            seen.append((ctx.get_current_watermark(), ctx.get_current_processing_time()))
            return TriggerResult.CONTINUE

    run = harness(Looks(), copy=False)
    run.set_processing_time(77)
    run.watermark(3).send((1, 5, "a"))
    assert seen == [(3, 77)]


def test_deleted_timers_do_not_fire() -> None:
    class Deletes(Early):
        def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> Any:
            ctx.register_event_time_timer(5)
            ctx.register_processing_time_timer(5)
            ctx.delete_event_time_timer(5)
            ctx.delete_processing_time_timer(5)
            return TriggerResult.CONTINUE

        def on_event_time(self, time: int, window: Any, ctx: Any) -> Any:
            assert time == 9  # the window is dropped
            return TriggerResult.CONTINUE

        def on_processing_time(self, time: int, window: Any, ctx: Any) -> Any:
            raise AssertionError

    run = harness(Deletes()).send((1, 1, "a")).watermark(100).set_processing_time(100)
    assert run.output == []
    assert run.is_empty()
