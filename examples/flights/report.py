"""A table of the results, made of nothing but the files that the job has written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flights.replay import airlines

WINDOWS = ("days", "six_hours", "sessions")
NEW_YORK = ZoneInfo("America/New_York")


class Window(NamedTuple):
    """A line of the windows' results; delays in minutes."""

    carrier: str
    start: datetime
    end: datetime
    flights: int
    mean: float
    longest: int


def render(output: str, seconds: float) -> str:
    """The results in ``output`` as text; ``seconds`` is what the job took."""
    days, six_hours, sessions = (list(windows(output, name)) for name in WINDOWS)
    in_time = _flights(days)
    late, *other_late = (_count(output, f"{name}_late") for name in WINDOWS)
    cancelled, malformed = _count(output, "cancelled"), _count(output, "malformed")
    records = in_time + late + cancelled + malformed
    return "\n".join(
        [
            *_carriers(days, six_hours, sessions),
            "",
            *_stops(output),
            "",
            f"{records:>9,} flights, of which",
            f"{in_time:>9,} counted in the window of their day",
            "{:>9,} too late for it ({:,} for six hours, {:,} for sessions)".format(
                late, *other_late
            ),
            f"{cancelled:>9,} cancelled",
            f"{malformed:>9,} malformed",
            "",
            f"{seconds:.1f} s, {records / seconds:,.0f} flights/s; results in {output}",
        ]
    )


def rows(output: str, name: str) -> Iterator[list[str]]:
    """The fields of all lines that were written under a name."""
    for part in sorted(Path(output, name).glob("*.csv")):
        with part.open(encoding="utf-8") as lines:
            for line in lines:
                yield line.rstrip("\n").split(",")


def windows(output: str, name: str) -> Iterator[Window]:
    """The results of the windows that were written under a name."""
    for carrier, start, end, flights, mean, longest in rows(output, name):
        yield Window(carrier, _time(start), _time(end), int(flights), float(mean), int(longest))


def _carriers(days: list[Window], six_hours: list[Window], sessions: list[Window]) -> Iterator[str]:
    yield (
        f"{'':2} {'carrier':<27} {'flights':>7} {'mean delay':>10}  {'worst day':<15} "
        f"{'worst 6 hours':<20} {'longest session':>15}"
    )
    names = airlines()
    hours_of, sessions_of = _by_carrier(six_hours), _by_carrier(sessions)
    by_carrier = _by_carrier(days)
    for carrier in sorted(by_carrier, key=lambda c: -_flights(by_carrier[c])):
        own = by_carrier[carrier]
        mean = sum(map(_minutes, own)) / _flights(own)
        day = max(own, key=_minutes)
        worst = max(hours_of[carrier], key=_minutes)
        longest = max(sessions_of[carrier], key=lambda window: window.end - window.start)
        yield (
            f"{carrier:2} {names.get(carrier, ''):<27} {_flights(own):>7,} {mean:>6.1f} min  "
            f"{f'{day.start:%d %b} {day.mean:5.0f} min':<15} "
            f"{f'{_local(worst.start):%d %b %H:%M} {worst.mean:4.0f} min':<20} "
            f"{_duration(longest):>11.1f} h"
        )


def _stops(output: str) -> Iterator[str]:
    yield "no departures"
    stops = sorted(rows(output, "stops"), key=lambda stop: -float(stop[3]))
    for airport, last, following, hours in stops[:10]:
        yield (
            f"{float(hours):>7.1f} h  {airport}  {_local(_time(last)):%a %d %b %H:%M} to "
            f"{_local(_time(following)):%a %d %b %H:%M}"
        )
    if not stops:
        yield "   never for long"


def _count(output: str, name: str) -> int:
    return sum(1 for _ in rows(output, name))


def _by_carrier(found: list[Window]) -> dict[str, list[Window]]:
    by_carrier: dict[str, list[Window]] = defaultdict(list)
    for window in found:
        by_carrier[window.carrier].append(window)
    return by_carrier


def _flights(found: list[Window]) -> int:
    return sum(window.flights for window in found)


def _minutes(window: Window) -> float:
    """All delays of a window together."""
    return window.flights * window.mean


def _duration(window: Window) -> float:
    """Hours."""
    return (window.end - window.start) / timedelta(hours=1)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _local(time: datetime) -> datetime:
    return time.astimezone(NEW_YORK)
