"""Latency of one event in an idle pipeline."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks.comparisons.programs import line_of
from benchmarks.figures import Figure, Section, Target
from benchmarks.measure import run
from benchmarks.options import Options

EVENTS = 1_000
PROGRAM = [sys.executable, "-m", "benchmarks.programs.latency"]
PIPELINES = {"bare queue between threads": 0, "parallelism 1": 1, "parallelism 2": 2}


def latency(options: Options, say: Callable[[str], None]) -> Section:
    """Milliseconds from source to sink, chained and over channels, beside a bare queue."""
    section = Section("Latency of one event in an idle pipeline")
    if not options.wants("latency"):
        return section
    section.notes.append(
        "Events 3 to 12 ms apart; from the moment the source's iterator gives the event (in a "
        "thread of its own) to the call of the sink function: source, map, keyed process function "
        "with state, sink; default buffer timeout. The bare queue is the floor that the machine "
        "sets."
    )
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in PIPELINES}
    for _ in range(options.slow_rounds):
        for name, parallelism in PIPELINES.items():
            arguments = [str(options.size(EVENTS)), str(parallelism)]
            runs[name].append(run([*PROGRAM, *arguments]).said)
    for name, said in runs.items():
        for point in ("p50", "p99", "max"):
            target = Target(5, False) if point == "p99" and PIPELINES[name] else None
            figure = Figure(f"{name}, {point}", [s[point] for s in said], "ms", target)
            section.figures.append(figure)
            say(line_of(figure))
    return section
