"""The flights example on a few hundred real lines, against a plain computation."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
EXCERPT = ROOT / "tests" / "data" / "flights_excerpt.csv"
NEW_YORK = ZoneInfo("America/New_York")
BOUND = timedelta(hours=8)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def arrivals() -> list[str]:
    """The lines of the excerpt, and before its late ones cancelled flights again and again.

    The watermark moves by the clock: they give it the time to do so.
    """
    lines = EXCERPT.read_text().splitlines()
    cancelled = [line for line in lines if line.startswith("2013,2,9,NA,")]
    return lines[:-3] + cancelled * 30 + lines[-3:]


class Departure(NamedTuple):
    carrier: str
    number: str
    origin: str
    time: datetime
    delay: int


class Expected:
    """What arrives; the last three departures come days too late."""

    def __init__(self) -> None:
        self.departures: list[Departure] = []
        self.cancelled: list[str] = []
        self.malformed: list[str] = []
        for line in arrivals():
            self._read(line)
        self.late = self.departures[-3:]
        self.in_time = self.departures[:-3]

    def _read(self, line: str) -> None:
        known = re.fullmatch(
            r"(\d+),(\d+),(\d+),(\d+|NA),(\d?\d??)(\d\d),(-?\d+|NA),[^,]*,[^,]*,[^,]*,"
            r"(\w\w),(\d+),[^,]*,(\w{3})(,[^,]*){6}",
            line,
        )
        if known is None or int(known[5] or 0) > 23:
            self.malformed.append(line)
        elif known[4] == "NA":
            self.cancelled.append(line)
        else:
            year, month, day, hour, minute = (int(known[i] or 0) for i in (1, 2, 3, 5, 6))
            scheduled = datetime(year, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)
            time = scheduled + timedelta(minutes=int(known[7]))
            self.departures.append(Departure(known[8], known[9], known[10], time, int(known[7])))


def text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%MZ")


def line(carrier: str, start: datetime, end: datetime, inside: Iterable[Departure]) -> str:
    delays = [d.delay for d in inside]
    mean = sum(delays) / len(delays)
    return f"{carrier},{text(start)},{text(end)},{len(delays)},{mean:.2f},{max(delays)}"


def aligned(
    departures: list[Departure], size: timedelta, slide: timedelta, offset: timedelta
) -> list[str]:
    windows: dict[tuple[str, datetime], list[Departure]] = defaultdict(list)
    for d in departures:
        start = d.time - (d.time - EPOCH - offset) % slide
        while start > d.time - size:
            windows[d.carrier, start].append(d)
            start -= slide
    return [line(c, start, start + size, inside) for (c, start), inside in windows.items()]


def sessions(departures: list[Departure], gap: timedelta) -> list[str]:
    found: list[list[Departure]] = []
    for d in sorted(departures, key=lambda d: (d.carrier, d.time)):
        last = found[-1][-1] if found else None
        if last is not None and last.carrier == d.carrier and d.time - last.time <= gap:
            found[-1].append(d)
        else:
            found.append([d])
    return [line(s[0].carrier, s[0].time, s[-1].time + gap, s) for s in found]


def stops(departures: list[Departure], shortest: timedelta) -> list[str]:
    found = []
    for origin in {d.origin for d in departures}:
        times = sorted(d.time for d in departures if d.origin == origin)
        for last, following in pairwise(times):
            if following - last >= shortest:
                hours = (following - last) / timedelta(hours=1)
                found.append(f"{origin},{text(last)},{text(following)},{hours:.2f}")
    return found


class Run(NamedTuple):
    output: Path
    stdout: str
    stderr: str

    def lines(self, name: str) -> list[str]:
        parts = (self.output / name).glob("part-*.csv")
        return sorted(line for part in parts for line in part.read_text().splitlines())


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected()


@pytest.fixture(scope="module", params=[1, 3], ids="parallelism {}".format)
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    run_example: Callable[..., Any],
) -> Run:
    folder = tmp_path_factory.mktemp("flights")
    output = folder / "results"
    flights = folder / "flights.csv"
    flights.write_text("\n".join(arrivals()))
    arguments = ("--input", str(flights), "--output", str(output))
    options = ("-p", str(request.param))
    run_example("nyc_flights.py", *arguments, options=options)
    # Again, into the same folder: only the results of the second run are there.
    done = run_example("nyc_flights.py", *arguments, options=options)
    return Run(output, done.stdout, done.stderr)


def test_the_excerpt_holds_what_matters(expected: Expected) -> None:
    assert len(expected.departures) > 300
    assert len(expected.cancelled) > 100
    assert len(expected.malformed) == 5
    # No other record is late, however often the watermark moves.
    watermark = datetime.min.replace(tzinfo=UTC)
    for departure in expected.in_time:
        assert departure.time > watermark
        watermark = max(watermark, departure.time - BOUND)
    assert all(departure.time < watermark - timedelta(days=1) for departure in expected.late)


def test_every_line_is_counted_once(run: Run, expected: Expected) -> None:
    in_windows = sum(int(line.split(",")[3]) for line in run.lines("days"))
    assert in_windows + len(run.lines("days_late")) == len(expected.departures)
    assert run.lines("cancelled") == sorted(expected.cancelled)
    reasons = run.lines("malformed")
    assert sorted(reason.split(": ", 1)[1] for reason in _whole(reasons)) == sorted(
        expected.malformed
    )


def _whole(reasons: list[str]) -> list[str]:
    """Reasons may quote the value behind a colon of their own."""
    return [re.sub(r": '([^']*)': ", r" '\1': ", reason) for reason in reasons]


@pytest.mark.parametrize("name", ["days", "six_hours", "sessions"])
def test_late_departures_are_set_aside(run: Run, expected: Expected, name: str) -> None:
    assert run.lines(f"{name}_late") == sorted(
        f"{d.carrier},{d.number},{d.origin},{text(d.time)},{d.delay}" for d in expected.late
    )
    assert "late" not in run.stderr


def test_days(run: Run, expected: Expected) -> None:
    day, midnight = timedelta(days=1), timedelta(hours=5)
    assert run.lines("days") == sorted(aligned(expected.in_time, day, day, midnight))


def test_six_hours(run: Run, expected: Expected) -> None:
    size, slide = timedelta(hours=6), timedelta(hours=1)
    assert run.lines("six_hours") == sorted(aligned(expected.in_time, size, slide, timedelta()))


def test_sessions(run: Run, expected: Expected) -> None:
    assert run.lines("sessions") == sorted(sessions(expected.in_time, timedelta(hours=3)))


def test_the_blizzard_stops_departures(run: Run, expected: Expected) -> None:
    found = run.lines("stops")
    assert found == sorted(stops(expected.in_time, timedelta(hours=9)))
    assert {line[:14] for line in found} >= {f"{a},2013-02-08" for a in ("EWR", "JFK", "LGA")}


def test_the_report_tells_the_totals(run: Run, expected: Expected) -> None:
    lines = run.stdout.splitlines()
    assert f"{len(expected.in_time):>9,} counted in the window of their day" in lines
    assert f"{3:>9,} too late for it (3 for six hours, 3 for sessions)" in lines
    assert f"{len(expected.cancelled):>9,} cancelled" in lines
    assert f"{len(expected.malformed):>9,} malformed" in lines
    united = next(line for line in lines if line.startswith("UA "))
    delays = [d.delay for d in expected.in_time if d.carrier == "UA"]
    assert re.search(rf" {len(delays)} +{sum(delays) / len(delays):.1f} min ", united)
    assert any("  EWR  Fri 08 Feb " in line and " to Sat 09 Feb " in line for line in lines)
