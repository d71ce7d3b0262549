"""Latency of one event in an idle pipeline."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks.comparisons.programs import line_of
from benchmarks.figures import Figure, Section, Target
from benchmarks.measure import run
from benchmarks.options import Options

EVENTS = 1_000


def latency(options: Options, say: Callable[[str], None]) -> Section:
    """Milliseconds from source to sink, chained and over channels."""
    section = Section("Latency of one event in an idle pipeline")
    if not options.wants("latency"):
        return section
    section.notes.append(
        "Events 3 to 12 ms apart; from the moment the source's iterator gives the event (in its own "
        "thread) to the call of the sink function: source, map, keyed process function with state, "
        "sink; default buffer timeout."
    )
    for parallelism in (1, 2):
        command = [sys.executable, "-m", "benchmarks.programs.latency"]
        arguments = [str(options.size(EVENTS)), str(parallelism)]
        runs = [run([*command, *arguments]).said for _ in range(options.slow_rounds)]
        for point, target in (("p50", None), ("p99", Target(5, False)), ("max", None)):
            name = f"{point}, parallelism {parallelism}"
            figure = Figure(name, [said[point] for said in runs], "ms", target)
            section.figures.append(figure)
            say(line_of(figure))
    return section
