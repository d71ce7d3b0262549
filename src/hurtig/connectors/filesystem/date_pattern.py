"""Java date patterns (``yyyy-MM-dd--HH``) as functions of a datetime."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|.", re.DOTALL)

Render = Callable[[datetime], str]


def java_date_format(pattern: str) -> Render:
    """A function that renders a datetime as ``java.time.DateTimeFormatter`` does, in English.

    ValueError for a letter that is not supported.
    """
    parts: list[Render] = []
    for match in _TOKEN.finditer(pattern):
        text = match.group()
        if text[0] == "'":
            if len(text) == 1:
                raise ValueError(f"date pattern {pattern!r}: a quote is not closed")
            literal = match.group(1).replace("''", "'") if len(text) > 2 else "'"
            parts.append(lambda _, literal=literal: literal)  # type: ignore[misc]
        elif match.group(2):
            parts.append(_field(text[0], len(text), pattern))
        else:
            parts.append(lambda _, text=text: text)  # type: ignore[misc]
    return lambda moment: "".join([part(moment) for part in parts])


def _number(get: Callable[[datetime], int], width: int) -> Render:
    return lambda moment: str(get(moment)).rjust(width, "0")


def _field(letter: str, count: int, pattern: str) -> Render:
    if letter in "yu":
        if count == 2:
            return lambda m: f"{m.year % 100:02d}"
        return _number(lambda m: m.year, count)
    if letter in "ML" and count > 2:
        return lambda m: m.strftime("%b" if count == 3 else "%B")
    if letter in "E":
        return lambda m: m.strftime("%a" if count < 4 else "%A")
    if letter == "S":
        return lambda m: f"{m.microsecond * 1000:09d}"[:count].ljust(count, "0")
    if letter == "a":
        return lambda m: "AM" if m.hour < 12 else "PM"
    if letter in "Xxz":
        return _zone(letter, count)
    get = _NUMBERS.get(letter)
    if get is None:
        known = ", ".join(sorted({*_NUMBERS, *"yuESaXxz"}))
        raise ValueError(
            f"date pattern {pattern!r}: the letter {letter!r} is not supported ({known}); "
            "put text between single quotes"
        )
    return _number(get, count)


def _zone(letter: str, count: int) -> Render:
    def render(moment: datetime) -> str:
        if letter == "z":
            return moment.tzname() or "UTC"
        offset = moment.strftime("%z") or "+0000"
        if letter == "X" and offset == "+0000":
            return "Z"
        if count == 1 and offset.endswith("00"):
            return offset[:3]
        return f"{offset[:3]}:{offset[3:]}" if count >= 3 else offset

    return render


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "M": lambda m: m.month,
    "L": lambda m: m.month,
    "d": lambda m: m.day,
    "D": lambda m: m.timetuple().tm_yday,
    "H": lambda m: m.hour,
    "k": lambda m: m.hour or 24,
    "h": lambda m: m.hour % 12 or 12,
    "K": lambda m: m.hour % 12,
    "m": lambda m: m.minute,
    "s": lambda m: m.second,
    "w": lambda m: m.isocalendar().week,
    "Q": lambda m: (m.month + 2) // 3,
    "e": lambda m: m.isoweekday(),
}
