"""What checkpoints cost a keyed job with a million keys."""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from benchmarks.comparisons.programs import line_of
from benchmarks.figures import Figure, Section, Target
from benchmarks.measure import run
from benchmarks.options import Options

PROGRAM = [sys.executable, "-m", "benchmarks.programs.checkpoints"]
INTERVAL_MS = 1_000
KEYS = 1_000_000


class Backend(NamedTuple):
    """``records`` in the warm-up, and measured."""

    name: str
    title: str
    records: tuple[int, int]
    target: Target


BACKENDS = [
    Backend("hashmap", "state in memory", (3_000_000, 8_000_000), Target(0.90)),
    Backend("rocksdb", "state in RocksDB", (1_200_000, 1_000_000), Target(0.85)),
]


def checkpoints(options: Options, say: Callable[[str], None]) -> Section:
    """Throughput with a checkpoint every second relative to none; ms of one and of a restore."""
    section = Section("Checkpoints, a million keys")
    section.notes.append(
        "A keyed process function with a value state of a million text keys, parallelism 1: "
        "records per CPU second with a checkpoint every second (of the clock) into a local "
        "directory, relative to the same job without checkpoints, the two in turn. Where other "
        "programs take a part of the core, more than one checkpoint falls into a CPU second: that "
        "is what was measured; on a core of its own it is one. A checkpoint in milliseconds is the "
        "snapshot alone, of an operator with a million keys; the second one finds the same keys."
    )
    for backend in BACKENDS:
        if options.wants("checkpoints", backend.name):
            _job(backend, section, options, say)
            _state(backend, section, options, say)
    return section


def _job(backend: Backend, section: Section, options: Options, say: Callable[[str], None]) -> None:
    warm_up, count = backend.records
    records = [str(warm_up), str(options.size(count))]
    without: list[float] = []
    with_them: list[dict[str, float]] = []
    for number in range(options.slow_rounds):
        # In turn, and not always the same one first.
        for interval in sorted((0, INTERVAL_MS), reverse=bool(number % 2)):
            said = run([*PROGRAM, "job", backend.name, str(interval), *records]).said
            if interval:
                with_them.append(said)
            else:
                without.append(said["rate"])
    lost = [1 - said["rate"] / rate for said, rate in zip(with_them, without, strict=True)]
    taken = [said["checkpoints"] / said["seconds"] for said in with_them]
    details = {
        "records_per_cpu_second_without": round(median(without)),
        "records_per_cpu_second_with": round(median(said["rate"] for said in with_them)),
        "checkpoints_per_cpu_second": round(median(taken), 2),
        "cpu_ms_of_a_checkpoint": round(
            1000 * median(x / n for x, n in zip(lost, taken, strict=True))
        ),
    }
    measured = Figure(f"{backend.title}: as measured", [1 - x for x in lost], "x", None, details)
    alone = [1 - x / n for x, n in zip(lost, taken, strict=True)]
    figure = Figure(f"{backend.title}: on a core of its own", alone, "x", backend.target)
    section.figures += [figure, measured]
    say(f"{line_of(figure)}")
    say(f"{line_of(measured)}  {details}")


def _state(
    backend: Backend, section: Section, options: Options, say: Callable[[str], None]
) -> None:
    command = [*PROGRAM, "state", backend.name, str(options.size(KEYS))]
    runs = [run(command).said for _ in range(options.slow_rounds)]
    for what in runs[0]:
        figure = Figure(f"{backend.title}: {what}", [said[what] for said in runs], "ms")
        section.figures.append(figure)
        say(line_of(figure))
