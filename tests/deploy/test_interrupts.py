"""The handler of Ctrl-C by itself; whole programs are in test_interrupt."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

import pytest

from hurtig.deploy.interrupts import cancel_on_interrupt

in_main_thread = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)


@pytest.fixture
def handler():
    """Sets a handler of SIGINT for the test."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGINT, before)


@in_main_thread
def test_the_first_cancels_and_the_second_raises(handler, capsys):
    handler(signal.default_int_handler)
    calls: list[str] = []

    def run() -> None:
        with cancel_on_interrupt(lambda: calls.append("cancel")):
            signal.raise_signal(signal.SIGINT)
            assert calls == ["cancel"]
            assert "press Ctrl-C again" in capsys.readouterr().err
            signal.raise_signal(signal.SIGINT)
            pytest.fail("not reached")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert calls == ["cancel"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@in_main_thread
def test_a_signal_in_the_middle_of_a_write_to_stderr(handler, monkeypatch, capfd):
    """Such streams refuse a write within a write."""

    class Busy:
        def write(self, text: str) -> None:
            raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    handler(signal.default_int_handler)
    monkeypatch.setattr(sys, "stderr", Busy())
    calls: list[str] = []
    with cancel_on_interrupt(lambda: calls.append("cancel")):
        signal.raise_signal(signal.SIGINT)
    assert calls == ["cancel"]
    assert "Stopping the job" in capfd.readouterr().err


@in_main_thread
@pytest.mark.parametrize("mine", [signal.SIG_IGN, lambda number, frame: None])
def test_the_programs_own_handler_stays(handler, mine):
    handler(mine)
    with cancel_on_interrupt(lambda: pytest.fail("not called")):
        assert signal.getsignal(signal.SIGINT) is mine
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is mine


@in_main_thread
def test_the_handler_goes_when_the_job_fails(handler):
    handler(signal.default_int_handler)
    during: list[Any] = []
    with pytest.raises(ZeroDivisionError), cancel_on_interrupt(lambda: None):
        during.append(signal.getsignal(signal.SIGINT)) or 1 // 0
    assert during != [signal.default_int_handler]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_leaves_signals_alone():
    found: list[Any] = []

    def run() -> None:
        with cancel_on_interrupt(lambda: None):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    thread.join(10)
    assert found == [before]
