"""The slot's loop: mail, timers, tasks, sleep."""

from __future__ import annotations

import threading
import time

import pytest

from hurtig.runtime.slot import Slot


class Clock:
    def __init__(self) -> None:
        self.seconds = 1.0

    def __call__(self) -> float:
        return self.seconds


class Task:
    def __init__(self, steps: int, log: list[str] | None = None, name: str = "task") -> None:
        self.left = steps
        self.log = log if log is not None else []
        self.name = name

    @property
    def finished(self) -> bool:
        return self.left == 0

    def step(self) -> bool:
        if self.finished:
            return False
        self.left -= 1
        self.log.append(self.name)
        return True


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def slot(clock):
    return Slot(clock)


def test_the_clock_counts_milliseconds(slot, clock):
    assert slot.now() == 1000
    clock.seconds = 1.2345
    assert slot.now() == 1234


def test_tasks_take_turns_until_they_have_finished(slot):
    log: list[str] = []
    slot.add(Task(2, log, "a"))
    slot.add(Task(3, log, "b"))
    while slot.step():
        pass
    assert log == ["a", "b", "a", "b", "b"]
    assert slot.finished


def test_idle_tasks_are_no_progress(slot):
    class Idle(Task):
        def step(self) -> bool:
            return False

    slot.add(Idle(1))
    assert slot.step() is False
    assert not slot.finished


def test_timers_fire_when_due_in_order_of_time(slot, clock):
    fired: list[tuple[str, int]] = []
    for name, at in (("late", 1300), ("first", 1100), ("second", 1100)):
        slot.schedule(at, lambda t, name=name: fired.append((name, t)))
    assert slot.step() is False
    clock.seconds = 1.2
    assert slot.step() is True
    assert fired == [("first", 1100), ("second", 1100)]
    clock.seconds = 2.0
    slot.step()
    assert fired[2] == ("late", 1300)
    assert slot.step() is False


def test_a_cancelled_timer_does_not_fire(slot, clock):
    fired: list[int] = []
    cancel = slot.schedule(1100, fired.append)
    slot.schedule(1100, fired.append)
    cancel()
    clock.seconds = 5.0
    slot.step()
    assert fired == [1100]
    cancel()  # twice, or late, is no error


def test_a_timer_may_set_another_that_is_due(slot, clock):
    fired: list[int] = []

    def again(t: int) -> None:
        fired.append(t)
        if t < 1300:
            slot.schedule(t + 100, again)

    slot.schedule(1100, again)
    clock.seconds = 1.25
    slot.step()
    assert fired == [1100, 1200]


def test_timers_fire_between_two_tasks(slot, clock):
    """A task that is long at work does not hold the timers of the others back."""
    log: list[str] = []

    class Slow(Task):
        def step(self) -> bool:
            clock.seconds += 1
            return super().step()

    slot.add(Slow(1, log, "slow"))
    slot.add(Task(1, log, "next"))
    slot.schedule(1500, lambda t: log.append("timer"))
    slot.step()
    assert log == ["slow", "timer", "next"]


def test_mail_runs_in_the_slot_and_in_order(slot):
    log: list[int] = []
    thread = threading.Thread(
        target=lambda: [slot.submit(lambda n=n: log.append(n)) for n in (1, 2)]
    )
    thread.start()
    thread.join()
    assert log == []
    assert slot.step() is True
    assert log == [1, 2]


def test_mail_that_sends_mail(slot):
    log: list[str] = []
    slot.submit(lambda: slot.submit(lambda: log.append("second")))
    slot.step()
    assert log == ["second"]


def waited(slot: Slot) -> float:
    started = time.perf_counter()
    slot.wait()
    return time.perf_counter() - started


def test_wait_ends_at_the_next_timer():
    slot = Slot()
    slot.schedule(slot.now() + 20, lambda t: None)
    assert waited(slot) < 0.09


def test_a_cancelled_timer_does_not_wake():
    slot = Slot()
    slot.schedule(slot.now() + 1, lambda t: None)()
    assert waited(slot) > 0.05


@pytest.mark.parametrize("how", ["wakeup", "mail"])
def test_wait_ends_when_something_comes(how):
    slot = Slot()
    slot.step()
    wake = slot.wakeup if how == "wakeup" else lambda: slot.submit(lambda: None)
    threading.Timer(0.01, wake).start()
    assert waited(slot) < 0.09


def test_a_wakeup_between_step_and_wait_is_not_lost():
    slot = Slot()
    slot.step()
    slot.wakeup()
    assert waited(slot) < 0.05
    slot.step()
    slot.submit(lambda: None)
    assert waited(slot) < 0.05


def test_errors_of_tasks_and_mail_come_out(slot):
    def fail() -> None:
        raise ValueError("mail")

    slot.submit(fail)
    with pytest.raises(ValueError, match="mail"):
        slot.step()


def test_a_timer_fires_when_its_millisecond_is_over(slot, clock):
    """What comes within it still belongs to the window that ends with it."""
    fired: list[int] = []
    slot.schedule(1100, fired.append)
    clock.seconds = 1.1001
    assert slot.step() is False
    clock.seconds = 1.101
    slot.step()
    assert fired == [1100]
