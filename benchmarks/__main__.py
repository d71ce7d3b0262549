"""``python -m benchmarks``: run the comparisons and write the results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import report
from benchmarks.comparisons import checkpoints, latency, programs, pyflink, startup
from benchmarks.figures import Section
from benchmarks.measure import RunFailedError
from benchmarks.options import Options
from benchmarks.peers import PEERS

COMPARISONS: dict[str, Callable[[Options, Callable[[str], None]], Section]] = {
    "loop": programs.against_loop,
    "pyflink": pyflink.against_pyflink,
    "rocksdb": pyflink.rocksdb_against_pyflink,
    "bytewax": programs.against_bytewax,
    "pathway": programs.against_pathway,
    "startup": startup.startup,
    "latency": latency.latency,
    "checkpoints": checkpoints.checkpoints,
}


def main(arguments: list[str]) -> int:
    """Exit code 1 where a comparison could not be made; missed targets are no failure."""
    parsed = _parser().parse_args(arguments)
    wanted = [name for name in COMPARISONS if not parsed.only or name in parsed.only]
    workload = next((name for name in parsed.only if name not in COMPARISONS), "")
    options = Options(
        rounds=parsed.rounds or (3 if parsed.quick else 5),
        slow_rounds=parsed.rounds or (1 if parsed.quick else 3),
        scale=0.1 if parsed.quick else 1.0,
        only=workload,
        pythons={p.module: given for p in PEERS if (given := getattr(parsed, p.module))},
    )
    if workload and not wanted:
        wanted = list(COMPARISONS)
    sections = []
    failed = False
    for name in wanted:
        print(f"{name}:", flush=True)
        try:
            section = COMPARISONS[name](options, _say)
        except RunFailedError as e:
            section = Section(name, skipped=[f"a run failed: {e}"])
            failed = True
        for reason in section.skipped:
            print(f"  skipped: {reason}", flush=True)
        if section.figures or section.skipped:
            sections.append(section)
    missed = [f.name for s in sections for f in s.figures if f.verdict == "MISSED"]
    print(f"{len(missed)} targets missed" + "".join(f"\n  {name}" for name in missed))
    if not parsed.no_write:
        report.write(sections, " ".join(["python -m benchmarks", *arguments]))
        print("written: benchmarks/results.md, benchmarks/results.json")
    return 1 if failed else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compares hurtig with a bare Python loop, PyFlink, Bytewax and Pathway.",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help=f"one comparison ({', '.join(COMPARISONS)}) or one workload, such as keyed_reduce; "
        "may be repeated",
    )
    parser.add_argument(
        "--rounds", type=int, help="how often each is run (default: 5, slow ones 3)"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the records, few rounds")
    parser.add_argument("--no-write", action="store_true", help="leave the files of results alone")
    for peer in PEERS:
        parser.add_argument(
            f"--{peer.module}-python",
            dest=peer.module,
            metavar="PYTHON",
            help=f"a Python that has {peer.name} (also: {peer.variable}); made where none is given",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
