"""What starting costs: the smallest job, and the import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.comparisons.programs import line_of
from benchmarks.comparisons.pyflink import HURTIG
from benchmarks.figures import Figure, Section, Target
from benchmarks.measure import Run, run
from benchmarks.options import Options
from benchmarks.peers import PYFLINK, PeerMissingError, find

JOB = str(Path("benchmarks", "jobs", "smallest.py"))
ROUNDS = 10
IMPORT = """
import time
begin = time.perf_counter()
import hurtig.datastream
print('{"seconds": %r}' % (time.perf_counter() - begin))
"""


def startup(options: Options, say: Callable[[str], None]) -> Section:
    """Wall time and memory of the smallest job, beside PyFlink's, and the time of the import."""
    section = Section("Starting")
    if not options.wants("startup"):
        return section
    section.notes.append(
        "The smallest job (a collection, a map, print) from the shell's point of view: wall time "
        "and the largest process of the tree. Imports are timed in fresh interpreters."
    )
    ours = [run([HURTIG, "run", JOB]) for _ in range(ROUNDS + 1)][1:]
    imports = [run([sys.executable, "-c", IMPORT]).said["seconds"] for _ in range(ROUNDS)]
    section.figures += _figures("hurtig run", ours, Target(0.5, False), Target(120, False))
    section.figures.append(Figure("import hurtig.datastream", imports, "s", Target(0.15, False)))
    try:
        installed = find(PYFLINK, options.pythons.get(PYFLINK.module))
    except PeerMissingError as e:
        section.skipped.append(str(e))
    else:
        command = [str(installed.python), JOB]
        theirs = [run(command, installed.environment) for _ in range(options.slow_rounds)]
        section.figures += _figures(f"PyFlink {installed.version}", theirs)
    for figure in section.figures:
        say(line_of(figure))
    return section


def _figures(
    name: str, runs: list[Run], wall: Target | None = None, peak: Target | None = None
) -> list[Figure]:
    return [
        Figure(f"{name}, smallest job, wall", [r.wall for r in runs], "s", wall),
        Figure(f"{name}, smallest job, CPU", [r.cpu for r in runs], "s"),
        Figure(f"{name}, smallest job, peak", [r.peak_bytes / 1e6 for r in runs], "MB", peak),
    ]
