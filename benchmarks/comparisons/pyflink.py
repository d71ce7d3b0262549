"""Comparison with PyFlink: the same files, run by ``hurtig run`` and by PyFlink's Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import workloads as w
from benchmarks.comparisons.programs import line_of, ratios
from benchmarks.figures import Figure, Section, Target
from benchmarks.measure import run
from benchmarks.options import Options
from benchmarks.peers import PYFLINK, Installed, PeerMissingError, find

HURTIG = str(Path(sys.executable).with_name("hurtig"))
HURTIG_RECORDS = 500_000, 3_000_000
VARIANTS = {
    "thread mode, declared types": ("thread", "typed"),
    "thread mode, no types": ("thread", "untyped"),
    "process mode, no types": ("process", "untyped"),
}
"""``python.execution-mode``, and whether the program declares the types of its records."""

NOTES = [
    (
        "The same file, run by `hurtig run` and by PyFlink's Python; parallelism 1. Each run "
        "counts the CPU time of its whole process tree, JVM and workers included."
    ),
    (
        "Two sizes, one run each in every round: their difference gives the CPU time of a record, "
        "what is left is the fixed cost of starting. Both make their records inside the job, from "
        "their numbers."
    ),
]


class Job(NamedTuple):
    """A file of ``jobs``; smaller and larger number of records for PyFlink, by mode."""

    file: str
    title: str
    keys: int
    sizes: dict[str, tuple[int, int]]
    target: Target


JOBS = [
    Job(
        "map_filter_map",
        "map-filter-map",
        w.FEW_KEYS,
        {"thread": (200_000, 1_000_000), "process": (100_000, 400_000)},
        Target(15),
    ),
    Job(
        "keyed_reduce",
        "keyed reduce, 1,000 keys",
        w.FEW_KEYS,
        {"thread": (100_000, 400_000), "process": (20_000, 60_000)},
        Target(40),
    ),
    Job(
        "tumbling_window",
        "tumbling window, 1,000 keys",
        w.FEW_KEYS,
        {"thread": (50_000, 200_000), "process": (20_000, 60_000)},
        Target(40),
    ),
    Job(
        "keyed_process",
        "keyed process function, 10,000 keys",
        w.SOME_KEYS,
        {"thread": (50_000, 200_000), "process": (10_000, 25_000)},
        Target(40),
    ),
]


ROCKSDB_HOT = Job(
    "rocksdb_state",
    "value state in RocksDB, 20,000 keys",
    20_000,
    {"thread": (100_000, 400_000)},
    Target(20),
)
ROCKSDB_COLD = Job(
    "rocksdb_state",
    "value state in RocksDB, a million keys in no order",
    w.MANY_KEYS,
    {"thread": (1_000_000, 3_000_000)},
    Target(8),
)
ROCKSDB_VARIANT = {name: words for name, words in VARIANTS.items() if words == ("thread", "typed")}
# The same for both: what counts begins when most keys have been met.
COLD_RECORDS = 1_000_000, 3_000_000


class Cost(NamedTuple):
    """CPU seconds: for each record, and before the first one."""

    record: float
    start: float


def against_pyflink(options: Options, say: Callable[[str], None]) -> Section:
    """Records per CPU second relative to PyFlink, in both of its modes."""
    section = Section("Against PyFlink")
    section.notes += NOTES
    try:
        installed = find(PYFLINK, options.pythons.get(PYFLINK.module))
    except PeerMissingError as e:
        section.skipped.append(str(e))
        return section
    section.title += f" {installed.version}"
    for job in JOBS:
        if options.wants("pyflink", job.file):
            section.figures += _compare(job, installed, options, say)
    return section


def rocksdb_against_pyflink(options: Options, say: Callable[[str], None]) -> Section:
    """Records per CPU second where keyed state is in RocksDB on both sides."""
    section = Section("RocksDB state, against PyFlink")
    section.notes += NOTES
    try:
        installed = find(PYFLINK, options.pythons.get(PYFLINK.module))
    except PeerMissingError as e:
        section.skipped.append(str(e))
        return section
    section.title += f" {installed.version}"
    for job, records in ((ROCKSDB_HOT, HURTIG_RECORDS), (ROCKSDB_COLD, COLD_RECORDS)):
        if options.wants("rocksdb", job.file):
            section.figures += _compare(job, installed, options, say, ROCKSDB_VARIANT, records)
    return section


def _compare(
    job: Job,
    installed: Installed,
    options: Options,
    say: Callable[[str], None],
    variants: dict[str, tuple[str, str]] = VARIANTS,
    hurtig_records: tuple[int, int] = HURTIG_RECORDS,
) -> list[Figure]:
    all_ours: dict[str, list[Cost]] = {variant: [] for variant in variants}
    all_theirs: dict[str, list[Cost]] = {variant: [] for variant in variants}
    for _ in range(options.slow_rounds):
        for variant, words in variants.items():
            ours_sizes = _scaled(hurtig_records, options)
            all_ours[variant].append(_cost([HURTIG, "run"], job, words, ours_sizes))
            sizes = _scaled(job.sizes[words[0]], options)
            python = [str(installed.python)]
            all_theirs[variant].append(_cost(python, job, words, sizes, installed))
    figures = []
    for variant, (mode, _) in variants.items():
        ours, theirs = all_ours[variant], all_theirs[variant]
        figure = Figure(
            f"{job.title}, {variant}",
            ratios([c.record for c in theirs], [c.record for c in ours]),
            "x",
            job.target,
            {
                "cpu_microseconds_per_record": {
                    "hurtig": [c.record * 1e6 for c in ours],
                    "pyflink": [c.record * 1e6 for c in theirs],
                },
                "start_cpu_seconds": {
                    "hurtig": [c.start for c in ours],
                    "pyflink": [c.start for c in theirs],
                },
                "keys": job.keys,
                "records": {"hurtig": hurtig_records, "pyflink": job.sizes[mode]},
                "shown": _shown(theirs, ours),
            },
        )
        figures.append(figure)
        say(f"{line_of(figure)}  ({_shown(theirs, ours)})")
    return figures


def _scaled(sizes: tuple[int, int], options: Options) -> tuple[int, int]:
    """Smaller sizes, but never so small that the difference drowns in the cost of starting."""
    scale = max(options.scale, 0.4)
    return int(sizes[0] * scale), int(sizes[1] * scale)


def _cost(
    command: list[str],
    job: Job,
    words: tuple[str, str],
    sizes: tuple[int, int],
    installed: Installed | None = None,
) -> Cost:
    path = str(Path("benchmarks", "jobs", f"{job.file}.py"))
    environment = None if installed is None else installed.environment
    small, large = (
        run([*command, path, str(size), str(job.keys), *words], environment).cpu for size in sizes
    )
    record = max((large - small) / (sizes[1] - sizes[0]), 1e-9)
    return Cost(record, small - record * sizes[0])


def _shown(theirs: Sequence[Cost], ours: Sequence[Cost]) -> str:
    def of(costs: Sequence[Cost]) -> str:
        record, start = median(c.record for c in costs), median(c.start for c in costs)
        return f"{record * 1e6:.2f} µs a record + {start:.1f} s"

    return f"PyFlink {of(theirs)}; hurtig {of(ours)}"
