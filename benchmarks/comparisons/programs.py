"""Comparisons of programs over prepared records: the bare loop, Bytewax, Pathway."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from benchmarks import workloads as w
from benchmarks.figures import Figure, Section, Target
from benchmarks.measure import Run, run
from benchmarks.options import Options
from benchmarks.peers import BYTEWAX, PATHWAY, Installed, Peer, PeerMissingError, find
from benchmarks.workloads import Workload

Say = Callable[[str], None]
CHECK_RECORDS = 30_000


class Side:
    """An engine and the Python that runs it."""

    def __init__(
        self, engine: str, python: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.engine = engine
        self._python = python
        self._environment = environment

    def run(self, workload: Workload, records: int, check: bool = False) -> Run:
        arguments = [self.engine, workload.name, str(records), str(workload.keys)]
        command = [self._python, "-m", "benchmarks.programs", *arguments]
        return run([*command, "--check"] if check else command, self._environment)


LOOP = Side("loop", sys.executable)
HURTIG = Side("hurtig", sys.executable)


def against_loop(options: Options, say: Say) -> Section:
    """Speed relative to a bare Python loop that calls the same functions."""
    section = Section("Against a bare Python loop")
    section.notes.append(
        "Speed relative to the loop, CPU time; the records exist before the clock starts, results "
        "are thrown away by both. Wall time is in results.json."
    )
    for workload in w.AGAINST_LOOP:
        if options.wants("loop", workload.name):
            same_results(LOOP, HURTIG, workload)
            # Also a quick run has to meet the keys that it claims.
            count = max(options.size(workload.records), 3 * workload.keys)
            target = workload.target
            section.figures.append(
                compare(LOOP, HURTIG, workload, (count, count), options.rounds, target, say)
            )
    return section


BYTEWAX_RECORDS = {"map_filter_map": 1_000_000, "keyed_reduce": 600_000, "tumbling_window": 200_000}
PATHWAY_RECORDS = 400_000
PEER_WORKLOADS = [
    Workload("map_filter_map", "map-filter-map", 4_000_000, w.FEW_KEYS, None),
    Workload("keyed_reduce", "keyed reduce, 1,000 keys", 4_000_000, w.FEW_KEYS, Target(5)),
    Workload("tumbling_window", "tumbling window, 1,000 keys", 4_000_000, w.FEW_KEYS, Target(5)),
]


def against_bytewax(options: Options, say: Say) -> Section:
    """Records per CPU second relative to Bytewax."""
    section = Section("Against Bytewax")
    section.notes.append("One worker, input in batches of 4,096, unordered windows.")
    installed = _installed(BYTEWAX, options, section)
    if installed is None:
        return section
    peer = Side("bytewax", str(installed.python), installed.environment)
    for workload in PEER_WORKLOADS:
        if options.wants("bytewax", workload.name):
            same_results(LOOP, peer, workload)
            sizes = options.size(BYTEWAX_RECORDS[workload.name]), options.size(workload.records)
            section.figures.append(
                compare(peer, HURTIG, workload, sizes, options.rounds, workload.target, say)
            )
    return section


def against_pathway(options: Options, say: Say) -> Section:
    """Records per CPU second relative to Pathway."""
    section = Section("Against Pathway")
    section.notes.append(
        "One thread, static mode from a CSV file (its fastest input), which gives each key's final "
        "value only; hurtig emits every change."
    )
    installed = _installed(PATHWAY, options, section)
    if installed is None:
        return section
    peer = Side("pathway", str(installed.python), installed.environment)
    for workload in PEER_WORKLOADS:
        if options.wants("pathway", workload.name):
            sizes = options.size(PATHWAY_RECORDS), options.size(workload.records)
            section.figures.append(
                compare(peer, HURTIG, workload, sizes, options.rounds, None, say)
            )
    return section


def compare(
    other: Side,
    ours: Side,
    workload: Workload,
    sizes: tuple[int, int],
    rounds: int,
    target: Target | None,
    say: Say,
) -> Figure:
    """Run both in turn, ``sizes`` records each; the figure is the ratio of their speeds."""
    sides = (other, sizes[0]), (ours, sizes[1])
    cpu: dict[str, list[float]] = {other.engine: [], ours.engine: []}
    wall: dict[str, list[float]] = {other.engine: [], ours.engine: []}
    for number in range(rounds):
        for side, count in sides if number % 2 else sides[::-1]:
            said = side.run(workload, count).said
            cpu[side.engine].append(said["cpu"] / count)
            wall[side.engine].append(said["wall"] / count)
    figure = Figure(
        workload.title,
        ratios(cpu[other.engine], cpu[ours.engine]),
        "x",
        target,
        {
            "records": {other.engine: sizes[0], ours.engine: sizes[1]},
            "keys": workload.keys,
            "cpu_seconds_per_record": cpu,
            "wall_seconds_per_record": wall,
            "wall_ratios": ratios(wall[other.engine], wall[ours.engine]),
        },
    )
    say(line_of(figure))
    return figure


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """How many times faster we are, round by round."""
    return [their / our for their, our in zip(theirs, ours, strict=True)]


def line_of(figure: Figure) -> str:
    """A figure in one line of text."""
    return (
        f"  {figure.name:52} {figure.spread:>24} {figure.unit:2}  "
        f"{figure.wanted:10} {figure.verdict}"
    )


def same_results(one: Side, other: Side, workload: Workload) -> None:
    """Raise unless both give the same results: else they are no comparison."""
    said = [s.run(workload, CHECK_RECORDS, check=True).said for s in (one, other)]
    if said[0]["digest"] != said[1]["digest"]:
        raise AssertionError(
            f"{workload.title}: {one.engine} gives {said[0]['results']} results and "
            f"{other.engine} {said[1]['results']}, or they differ in value"
        )


def _installed(peer: Peer, options: Options, section: Section) -> Installed | None:
    try:
        installed = find(peer, options.pythons.get(peer.module))
    except PeerMissingError as e:
        section.skipped.append(str(e))
        return None
    section.title += f" {installed.version}"
    return installed
