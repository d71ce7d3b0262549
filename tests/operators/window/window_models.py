"""Naive models of windows: lists, searched from end to end. Slow and plain on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from hurtig.operators.functions import AggregateFunction, ProcessWindowFunction

START = -(1 << 63)
END = (1 << 63) - 1
RESTART = "restart"

Fired = tuple[Any, int, int, list[Any]]
"""Key, start and end of the window, elements."""


class WindowsModel:
    """Event-time windows that do not merge, with the default trigger."""

    def __init__(self, assign: Callable[[int], list[tuple[int, int]]], lateness: int = 0) -> None:
        self.assign = assign
        self.lateness = lateness
        self.watermark = START
        self.panes: dict[tuple[int, int, Any], list[Any]] = {}
        self.waiting: list[tuple[int, int, Any]] = []
        self.fired: list[Fired] = []
        self.late: list[Any] = []

    def element(self, value: Any, time: int, key: Any) -> None:
        taken = False
        for start, end in self.assign(time):
            if end - 1 + self.lateness <= self.watermark:
                continue
            taken = True
            pane = (start, end, key)
            self.panes.setdefault(pane, []).append(value)
            if end - 1 <= self.watermark:
                self.fire(pane)
            elif pane not in self.waiting:
                self.waiting.append(pane)
        if not taken and time + self.lateness <= self.watermark:
            self.late.append(value)

    def fire(self, pane: tuple[int, int, Any]) -> None:
        start, end, key = pane
        self.fired.append((key, start, end, list(self.panes[pane])))

    def advance(self, watermark: int) -> None:
        if watermark <= self.watermark:
            return
        self.watermark = watermark
        due = sorted((p for p in self.waiting if p[1] - 1 <= watermark), key=lambda p: p[1])
        for pane in due:
            self.waiting.remove(pane)
            self.fire(pane)
        for pane in [p for p in self.panes if p[1] - 1 + self.lateness <= watermark]:
            del self.panes[pane]

    def restart(self) -> None:
        self.watermark = START


class SessionsModel:
    """Event-time sessions with the default trigger."""

    def __init__(self, gap: int, lateness: int = 0) -> None:
        self.gap = gap
        self.lateness = lateness
        self.watermark = START
        self.sessions: list[dict[str, Any]] = []
        self.changes = 0
        self.fired: list[Fired] = []
        self.late: list[Any] = []

    def element(self, value: Any, time: int, key: Any) -> None:
        end = time + self.gap
        parts = [
            s for s in self.sessions if s["key"] == key and s["start"] <= end and time <= s["end"]
        ]
        parts.sort(key=lambda s: s["start"])
        start = min([time] + [s["start"] for s in parts])
        end = max([end] + [s["end"] for s in parts])
        if end - 1 + self.lateness <= self.watermark:
            self.late.append(value)
            return
        merged = {
            "key": key,
            "start": start,
            "end": end,
            "values": [v for s in parts for v in s["values"]] + [value],
        }
        same = len(parts) == 1 and (parts[0]["start"], parts[0]["end"]) == (start, end)
        self.changes += 1
        merged["changed"] = parts[0]["changed"] if same else self.changes
        merged["waiting"] = end - 1 > self.watermark
        if same:
            self.sessions[self.sessions.index(parts[0])] = merged
        else:
            self.sessions = [s for s in self.sessions if s not in parts] + [merged]
        if not merged["waiting"]:
            self.fire(merged)
        elif same and not parts[0]["waiting"]:
            merged["changed"] = self.changes  # a timer anew

    def fire(self, s: dict[str, Any]) -> None:
        self.fired.append((s["key"], s["start"], s["end"], list(s["values"])))

    def advance(self, watermark: int) -> None:
        if watermark <= self.watermark:
            return
        self.watermark = watermark
        due = [s for s in self.sessions if s["waiting"] and s["end"] - 1 <= watermark]
        for s in sorted(due, key=lambda s: (s["end"], s["changed"])):
            s["waiting"] = False
            self.fire(s)
        self.sessions = [s for s in self.sessions if s["end"] - 1 + self.lateness > watermark]

    def restart(self) -> None:
        self.watermark = START


class Collect(ProcessWindowFunction):
    """Emits what the models emit."""

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        window = context.window()
        yield key, window.start, window.end, list(elements)


class Append(AggregateFunction):
    """Elements as a tuple."""

    def create_accumulator(self) -> Any:
        return ()

    def add(self, value: Any, accumulator: Any) -> Any:
        return (*accumulator, value)

    def get_result(self, accumulator: Any) -> Any:
        return list(accumulator)

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return acc_a + acc_b


class First(ProcessWindowFunction):
    """Over one reduced or aggregated list, emits what :class:`Collect` does."""

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        window = context.window()
        (contents,) = elements
        yield key, window.start, window.end, list(contents)


def concatenate(first: Any, second: Any) -> Any:
    return first + second


@st.composite
def streams(draw: Any, keys: str = "ab", restarts: bool = True) -> list[Any]:
    """``(time, key)`` elements around a rising watermark, watermarks, and maybe restarts."""
    now = draw(st.integers(-30, 30))
    kinds = ["element"] * 6 + ["watermark"] * 2 + (["restart"] if restarts else [])
    stream: list[Any] = []
    for kind in draw(
        st.lists(st.sampled_from(kinds), min_size=draw(st.integers(0, 30)), max_size=40)
    ):
        if kind == "element":
            stream.append((now + draw(st.integers(-12, 25)), draw(st.sampled_from(keys))))
        elif kind == "watermark":
            now += draw(st.integers(0, 12))
            stream.append(now)
        else:
            stream.append(RESTART)
    return stream


def run(stream: list[Any], model: Any, harnesses: list[Any], wrap: Any) -> None:
    """Feed model and operators alike; end the input.

    Elements that follow each other make one batch.
    """
    elements: list[tuple[int, int, Any]] = []

    def send() -> None:
        for i, harness in enumerate(harnesses):
            if elements:
                harness.send(*((wrap(i, value), time, key) for value, time, key in elements))
        elements.clear()

    for number, step in enumerate([*stream, END]):
        if isinstance(step, tuple):
            time, key = step
            model.element(number, time, key)
            elements.append((number, time, key))
            continue
        send()
        if step == RESTART:
            model.restart()
            for harness in harnesses:
                harness.restart(repeat_watermarks=False)
        else:
            model.advance(step)
            for harness in harnesses:
                harness.watermark(step)
