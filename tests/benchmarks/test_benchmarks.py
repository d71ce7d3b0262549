"""The benchmarks measure what they say: same results on both sides, whole process trees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKLOADS = [
    "map_filter_map",
    "map_filter_map_expressions",
    "keyed_reduce",
    "keyed_reduce_expressions",
    "tumbling_window",
    "keyed_process",
]


def run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def program(engine: str, workload: str) -> dict[str, Any]:
    said = run("-m", "benchmarks.programs", engine, workload, "25000", "100", "--check")
    answer: dict[str, Any] = json.loads(said)
    return answer


@pytest.mark.parametrize("workload", WORKLOADS)
def test_the_loop_and_hurtig_give_the_same_results(workload: str) -> None:
    loop, hurtig = program("loop", workload), program("hurtig", workload)
    assert loop["results"] > 0
    assert (loop["results"], loop["digest"]) == (hurtig["results"], hurtig["digest"])


BURN = "import time\nwhile time.process_time() < 0.4: pass"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_the_cpu_time_of_orphans_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run("benchmarks/reaper.py", str(report), sys.executable, "-c", ORPHAN)
    measured = json.loads(report.read_text())
    assert measured["cpu"] >= 0.4
    assert measured["ended"] == 0


JUDGE = """
from benchmarks.figures import Figure, Target
print([Figure("f", [1.0, 3.0, 2.0], "x", Target(limit, at_least)).verdict
       for limit in (1.5, 2.5) for at_least in (True, False)])
"""


def test_verdicts_are_on_the_median() -> None:
    assert run("-c", JUDGE).strip() == "['ok', 'MISSED', 'MISSED', 'ok']"
