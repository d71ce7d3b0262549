"""The thread that wakes readers."""

from __future__ import annotations

import threading
import time

import pytest

from hurtig.connectors.wakeup_timer import WakeupTimer


@pytest.fixture
def timer():
    timer = WakeupTimer()
    timer.acquire()
    yield timer
    timer.release()


def test_calls_in_order_and_in_time(timer):
    calls, done = [], threading.Event()
    start = time.monotonic()
    for delay in (0.06, 0.02, 0.04):
        timer.call_at(start + delay, lambda d=delay: calls.append((d, time.monotonic() - start)))
    timer.call_at(start + 0.08, done.set)
    assert done.wait(5)
    assert [d for d, _ in calls] == [0.02, 0.04, 0.06]
    assert all(0 <= at - d < 0.05 for d, at in calls)


def test_an_earlier_call_overtakes_a_waiting_one(timer):
    done = threading.Event()
    timer.call_at(time.monotonic() + 60, lambda: None)
    timer.call_at(time.monotonic() + 0.01, done.set)
    assert done.wait(5)


def running():
    return [t for t in threading.enumerate() if t.name == "hurtig-wakeup-timer"]


def test_the_thread_lives_as_long_as_its_users():
    timer = WakeupTimer()
    assert not running()
    timer.acquire()
    timer.acquire()
    timer.release()
    (thread,) = running()
    timer.release()
    thread.join(5)
    assert not thread.is_alive()


def test_starts_anew_after_its_end():
    timer = WakeupTimer()
    for _ in range(20):
        timer.acquire()
        done = threading.Event()
        timer.call_at(time.monotonic(), done.set)
        assert done.wait(5)
        timer.release()
