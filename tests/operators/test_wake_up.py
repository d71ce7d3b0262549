"""The wake-up of operators with processing-time timers."""

from __future__ import annotations

from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.operators.wake_up import WakeUp


def wake_up() -> tuple[ManualProcessingTime, WakeUp, list[int]]:
    clock, calls = ManualProcessingTime(), []
    return clock, WakeUp(clock, calls.append), calls


def test_the_earliest_time_holds() -> None:
    clock, wake, calls = wake_up()
    for due in (None, 30, 10, 20):
        wake.at(due)
    clock.advance_to(9)
    assert calls == []
    clock.advance_to(100)
    assert calls == [10], "one call; whoever is called asks again"
    wake.at(130)
    clock.advance_to(200)
    assert calls == [10, 130]


def test_the_call_may_ask_again() -> None:
    clock = ManualProcessingTime()
    calls = []

    def call(timestamp: int) -> None:
        calls.append(timestamp)
        wake.at(timestamp + 10 if timestamp < 30 else None)

    wake = WakeUp(clock, call)
    wake.at(10)
    clock.advance_to(100)
    assert calls == [10, 20, 30]


def test_a_cancelled_time_does_not_come_back() -> None:
    clock, wake, calls = wake_up()
    wake.at(10)
    wake.cancel()
    wake.cancel()
    wake.at(10)
    clock.advance_to(100)
    assert calls == []
