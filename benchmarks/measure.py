"""One measured run: a command in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
REAPER = Path(__file__).with_name("reaper.py")
TIMEOUT_SECONDS = 900.0


class RunFailedError(Exception):
    """A measured command did not end well; says what it wrote last."""


class Run(NamedTuple):
    """Seconds and bytes of a whole process tree, and the JSON object that it printed last."""

    wall: float
    cpu: float
    peak_bytes: int
    said: dict[str, Any]


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run ``command`` from the root of the project and measure its process tree."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **(environment or {})}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        try:
            done = subprocess.run(
                [sys.executable, str(REAPER), str(report), *command],
                cwd=ROOT,
                env=env,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RunFailedError(
                f"{_shown(command)}: not done in {TIMEOUT_SECONDS:.0f} s"
            ) from None
        if done.returncode != 0:
            last = "\n".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-8:])
            raise RunFailedError(f"{_shown(command)}: exit code {done.returncode}\n{last}")
        measured = json.loads(report.read_text())
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return Run(
        measured["wall"],
        measured["cpu"],
        measured["peak_bytes"],
        json.loads(said[-1]) if said else {},
    )


def _shown(command: Sequence[str]) -> str:
    return " ".join(Path(word).name if os.path.isabs(word) else word for word in command)
