"""A main thread whose time passes when it is told to."""

from __future__ import annotations

from hurtig.testing.virtual_time import VirtualTime


def test_timers_run_at_their_time_and_in_order() -> None:
    main, ran = VirtualTime(100), []
    main.schedule(120, lambda t: ran.append((t, main.now(), "b")))
    main.schedule(110, lambda t: ran.append((t, main.now(), "a")))
    main.schedule(120, lambda t: ran.append((t, main.now(), "c")))
    assert main.next_timer() == 110
    main.advance(9)
    assert ran == []
    main.advance(50)
    assert ran == [(110, 110, "a"), (120, 120, "b"), (120, 120, "c")]
    assert main.now() == 159
    assert main.next_timer() is None


def test_a_timer_of_the_past_runs_at_once() -> None:
    main, ran = VirtualTime(100), []
    main.schedule(50, lambda t: ran.append((t, main.now())))
    main.run()
    assert ran == [(50, 100)]


def test_cancelled_timers_do_not_run() -> None:
    main, ran = VirtualTime(), []
    cancel = main.schedule(10, ran.append)
    main.schedule(10, lambda t: again())
    again = main.schedule(10, ran.append)
    cancel()
    main.advance(20)
    assert ran == []
    cancel()  # no effect any more
    assert main.next_timer() is None


def test_mail_comes_before_timers_and_what_it_schedules_runs_too() -> None:
    main, ran = VirtualTime(), []
    main.schedule(0, lambda t: ran.append("timer"))
    main.submit(lambda: main.submit(lambda: ran.append("second")))
    main.submit(lambda: ran.append("first"))
    main.submit(lambda: main.schedule(5, lambda t: ran.append("later")) and None)
    main.run()
    assert ran == ["first", "second", "timer"]
    main.advance(5)
    assert ran[-1] == "later"
