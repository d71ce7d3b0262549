from __future__ import annotations

import io
import sys
import threading

import pytest

from hurtig.cli.progress import ProgressLine, describe
from hurtig.cli.terminal import LineGuard

ERASE = "\r\x1b[K"


def metrics(records_in=0, records_out=0, watermark=None, late=0):
    return {
        "records_in": records_in,
        "records_out": records_out,
        "watermark": watermark,
        "late": late,
    }


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Polls:
    """Gives the answers one after the other and tells when the last has been shown."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.done = threading.Event()

    def __call__(self):
        if not self.answers:
            self.done.set()
            return []
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def shown(*answers) -> str:
    polls, stream = Polls(*answers), io.StringIO()
    with ProgressLine(polls, stream, interval=0.001):
        assert polls.done.wait(10)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("given", "rate", "text"),
    [
        (metrics(), None, "job  0 in  0 out"),
        (metrics(1234567, 89), None, "job  1,234,567 in  89 out"),
        (metrics(1, 1), 999.4, "job  1 in  1 out  999/s"),
        (metrics(1, 1), 45_600.0, "job  1 in  1 out  46k/s"),
        (metrics(1, 1), 2_340_000.0, "job  1 in  1 out  2.3M/s"),
        (
            metrics(watermark=1357034400123),
            None,
            "job  0 in  0 out  watermark 2013-01-01 10:00:00 UTC",
        ),
        (metrics(watermark=-1), None, "job  0 in  0 out  watermark 1969-12-31 23:59:59 UTC"),
        (metrics(watermark=-(2**63)), None, "job  0 in  0 out"),
        (metrics(watermark=2**63 - 1), None, "job  0 in  0 out  watermark end of input"),
        (metrics(watermark=2**62), None, f"job  0 in  0 out  watermark {2**62} ms"),
        (metrics(late=1200), None, "job  0 in  0 out  1,200 late"),
    ],
)
def test_describe(given, rate, text):
    assert describe("job", given, rate) == text


def test_nothing_is_shown_without_a_job():
    assert shown([], []) == ""


def test_line_is_updated_in_place_and_taken_away():
    text = shown([("a", metrics(1))], [("a", metrics(2))])
    first, second, third = text.split(ERASE)[1:]
    assert first == "a  1 in  0 out"
    assert second.startswith("a  2 in  0 out  ")
    assert second.endswith("/s")
    assert third == ""


def test_several_jobs_share_the_line():
    text = shown([("a", metrics(1)), ("b", metrics(2))])
    assert "a  1 in  0 out | b  2 in  0 out" in text


def test_a_poll_that_fails_is_left_out():
    assert "a  3 in" in shown(RuntimeError("ending"), [("a", metrics(3))])


def test_a_long_line_is_cut_to_the_terminal():
    text = shown([("n" * 500, metrics(1))])
    assert len(text.split(ERASE)[1]) == 199


def test_a_stream_that_breaks_ends_progress_quietly():
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    line = ProgressLine(lambda: [("a", metrics(1))], Broken(), interval=0.001)
    with line:
        line._thread.join(10)
        assert not line._thread.is_alive()


def test_output_of_the_program_takes_the_line_away(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    line = ProgressLine(lambda: [("a", metrics(1))], terminal, interval=3600)
    with line:
        line._show([("a", metrics(1))])
        print("result")
        print("half", end="")
        line._show([("a", metrics(2))])  # no place: the program's line is not finished
        print(" done")
        line._show([("a", metrics(3))])
    assert sys.stdout is terminal
    shows = terminal.getvalue()
    assert shows.startswith(f"{ERASE}a  1 in  0 out{ERASE}result\nhalf done\n{ERASE}a  3 in")
    assert shows.endswith(f"/s{ERASE}")


def test_guard_passes_everything_on():
    stream, rooms = io.StringIO(), []
    guard = LineGuard(stream, lambda: rooms.append(1))
    assert guard.write("") == 0
    assert guard.write("ab") == 2
    assert not guard.at_line_start
    guard.writelines(["c", "\n"])
    guard.flush()
    assert guard.at_line_start
    assert (guard.getvalue(), len(rooms)) == ("abc\n", 3)
