"""The JobMaster's thread: order, timers, wakeups."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from hurtig.deploy.event_loop import EventLoop
from hurtig.deploy.io_threads import ThreadIo


def test_mail_is_run_in_order() -> None:
    loop, seen = EventLoop(), list[int]()
    for i in range(100):
        loop.submit(lambda i=i: seen.append(i))  # type: ignore[misc]
    loop.run_until(lambda: len(seen) == 100)
    assert seen == list(range(100))


def test_timers_fire_at_their_time_and_can_be_cancelled() -> None:
    clock = [1.0]
    loop, fired = EventLoop(lambda: clock[0]), list[int]()
    loop.schedule(1500, fired.append)
    cancel = loop.schedule(1200, fired.append)
    loop.schedule(1100, fired.append)
    loop.step(0)
    assert fired == []
    cancel()
    clock[0] = 1.5
    loop.step(0)
    assert fired == [1100, 1500]


def test_a_timer_ends_the_wait() -> None:
    loop, fired = EventLoop(), list[int]()
    loop.schedule(loop.now() + 20, fired.append)
    started = time.monotonic()
    loop.step(5)
    loop.step(5) if not fired else None
    assert fired
    assert time.monotonic() - started < 1


def test_mail_from_another_thread_ends_the_wait() -> None:
    loop, seen = EventLoop(), list[int]()
    timer = threading.Timer(0.02, lambda: loop.submit(lambda: seen.append(1)))
    timer.start()
    started = time.monotonic()
    loop.step(5)
    timer.join()
    assert seen == [1]
    assert time.monotonic() - started < 1


def test_a_callback_that_submits_forever_does_not_starve_timers() -> None:
    loop, fired = EventLoop(), list[int]()

    def again() -> None:
        loop.submit(again)

    loop.submit(again)
    loop.schedule(loop.now(), fired.append)
    loop.step(0)
    assert fired


def test_an_error_leaves_the_rest_of_the_mail() -> None:
    loop, seen = EventLoop(), list[int]()
    loop.submit(lambda: 1 / 0)  # type: ignore[arg-type]
    loop.submit(lambda: seen.append(1))
    with pytest.raises(ZeroDivisionError):
        loop.step()
    loop.step()
    assert seen == [1]


def test_io_results_come_back_into_the_loop() -> None:
    loop = EventLoop()
    io = ThreadIo(loop, threads=2)
    results: list[tuple[Any, BaseException | None]] = []
    threads: set[str] = set()

    def work() -> int:
        threads.add(threading.current_thread().name)
        time.sleep(0.02)
        return 7

    for _ in range(6):
        io.run(work, lambda result, error: results.append((result, error)))
    io.run(lambda: 1 // 0, lambda result, error: results.append((result, error)))
    loop.run_until(lambda: len(results) == 7)
    assert [r for r, e in results if e is None] == [7] * 6
    assert [type(e) for _, e in results if e is not None] == [ZeroDivisionError]
    assert threads == {"io-0", "io-1"}
    assert io.close()


def test_io_runs_work_at_the_same_time() -> None:
    loop = EventLoop()
    io = ThreadIo(loop, threads=2)
    meet, done = threading.Barrier(2, timeout=5), list[Any]()
    for _ in range(2):
        io.run(meet.wait, lambda result, error: done.append(error))
    loop.run_until(lambda: len(done) == 2)
    assert done == [None, None]
    io.close()


def test_closed_io_takes_no_work_and_tells_what_hangs() -> None:
    io = ThreadIo(EventLoop())
    hang = threading.Event()
    io.run(hang.wait, lambda result, error: None)
    assert not io.close(0.05)
    with pytest.raises(RuntimeError, match="closed"):
        io.run(hang.wait, lambda result, error: None)
    hang.set()
