"""Writes the results: ``results.md`` to read, ``results.json`` with every round."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Section

FOLDER = Path(__file__).parent


def write(sections: list[Section], command: str, folder: Path = FOLDER) -> None:
    """Write both files into ``folder``."""
    about = machine()
    about["command"] = command
    (folder / "results.md").write_text(markdown(sections, about))
    content = {"about": about, "sections": [_plain(section) for section in sections]}
    (folder / "results.json").write_text(json.dumps(content, indent=1) + "\n")


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
    }


def markdown(sections: list[Section], about: dict[str, str]) -> str:
    """The tables."""
    taken = (
        f"Taken by `{about['command']}` on {about['date']}: {about['python']}, "
        f"{about['cores']} cores of {about['processor']}, {about['system']}. How they are taken: "
        "[README.md](README.md). Ratios are speeds, hurtig's over the other's: more than 1 means "
        "that hurtig is faster. Verdicts are on the median."
    )
    lines = ["# Results of the benchmarks", "", taken]
    for section in sections:
        lines += ["", f"## {section.title}", ""]
        for note in section.notes:
            lines += [note, ""]
        if section.figures:
            lines += _table(section.figures)
        lines += [f"Skipped: {reason}" for reason in section.skipped]
    return "\n".join(lines).rstrip() + "\n"


def _table(figures: list[Figure]) -> list[str]:
    detailed = any("shown" in f.details for f in figures)
    lines = [
        "| | min / median / max | target | |" + (" CPU, median |" if detailed else ""),
        "|---|---:|---:|---|" + ("---|" if detailed else ""),
    ]
    for f in figures:
        line = f"| {f.name} | {f.spread} {f.unit} | {f.wanted} | {f.verdict} |"
        lines.append(line + (f" {f.details.get('shown', '')} |" if detailed else ""))
    return lines


def _plain(section: Section) -> dict[str, Any]:
    plain = asdict(section)
    for figure, source in zip(plain["figures"], section.figures, strict=True):
        figure["median"], figure["verdict"] = source.median, source.verdict
    return plain


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "an unknown processor"
