"""The short form of ``make soak``: real processes, a few kills, output that must be right."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "soak", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )


@pytest.mark.slow
def test_killed_processes(tmp_path: Path) -> None:
    folder = tmp_path / "soak"
    done = soak(
        *("--kills", "5", "--minutes", "0.25", "--jobs", "1", "--seed", "11"),
        *("--folder", str(folder)),
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    assert "kills: 5" in done.stdout
    assert "all output is right" in done.stdout


def test_a_wrong_output_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from soak.round import differences

    assert differences(["a", "b", "b"], ["b", "a", "b"], "plain Python") is None
    assert "1 lines are missing, such as ['b']" in (
        differences(["a", "b", "b"], ["b", "a"], "plain Python") or ""
    )
    assert "1 are too many, such as ['b']" in (
        differences(["a", "b"], ["b", "a", "b"], "plain Python") or ""
    )


def test_expected_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record is in one window and one bucket, whichever source gives it."""
    monkeypatch.syspath_prepend(str(ROOT))
    from soak import records

    for source in ("generator", "files"):
        windows, totals = records.expected(source, 4, 800)
        assert sum(int(line.split(",")[3]) for line in windows) == 800
        kinds = Counter(line.split(",")[0] for line in totals)
        assert kinds["bucket"] > 0
    assert records.generated(400, 800) == records.record(1, 0)
