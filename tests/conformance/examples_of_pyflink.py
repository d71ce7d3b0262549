"""Runs the DataStream examples of an installed PyFlink on both engines and compares their output.

``make conformance PYFLINK_PYTHON=...`` runs it. The programs are neither copied nor changed:
``hurtig run`` takes them from the installed wheel. Lines are compared without their order, as
parallel subtasks print them, and without the ``2> `` that names the subtask: PyFlink's default
parallelism is the number of processors, hurtig's is 1. Programs that use external systems or
the Table API are listed and left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LEFT_OUT = {
    "an external system": re.compile(
        r"connectors\.(kafka|pulsar|elasticsearch|kinesis|cassandra|jdbc|rabbitmq)"
    ),
    "the Table API": re.compile(r"\bpyflink\.table\b"),
}
SUBTASK = re.compile(r"^\d+> ")
# The examples log to standard output, and so do libraries that PyFlink imports.
LOGGED = re.compile(r"PYFLINK_CYTHON_ENABLED|No module named google|Using Any for unsupported")
LIMIT = 120


def examples(python: str) -> Path:
    """The folder of the examples that come with the ``pyflink`` of this interpreter."""
    code = "import pyflink, pathlib; print(pathlib.Path(pyflink.__file__).parent)"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip()) / "examples" / "datastream"


def left_out(text: str) -> str | None:
    return next((why for why, pattern in LEFT_OUT.items() if pattern.search(text)), None)


def lines(text: str) -> list[str]:
    return sorted(SUBTASK.sub("", line) for line in text.splitlines() if not LOGGED.search(line))


def run(command: list[str], output: Path | None) -> list[str]:
    """What a program printed, or the content of the files that it wrote to ``output``."""
    # PyFlink starts its workers with the first "python" of the path.
    path = str(Path(command[0]).parent) + os.pathsep + os.environ["PATH"]
    if output is not None:
        command = [*command, "--output", str(output)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PATH": path},
    )
    if done.returncode:
        return [f"exit code {done.returncode}", *done.stderr.splitlines()[-3:]]
    if output is None:
        return lines(done.stdout)
    parts = sorted(part for part in output.rglob("*") if part.is_file())
    named = [f"{part.name.split('-')[0]}{part.suffix} files" for part in parts]
    return named[:1] + lines("".join(part.read_text(encoding="utf-8") for part in parts))


def compare(program: Path, name: str, python: str, files: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = (
            run([*command, str(program)], Path(folder) / engine if files else None)
            for engine, command in (
                ("pyflink", [python]),
                ("hurtig", [sys.executable, "-m", "hurtig", "run"]),
            )
        )
    agrees = theirs == ours
    what = "files" if files else "lines"
    print(f"{'agrees ' if agrees else 'DIFFERS'} {name}: {len(theirs)} {what}", flush=True)
    if not agrees:
        for line in sorted(set(theirs) - set(ours))[:10]:
            print(f"    pyflink: {line}")
        for line in sorted(set(ours) - set(theirs))[:10]:
            print(f"    hurtig:  {line}")
    return agrees


def main(python: str) -> int:
    folder = examples(python)
    failed = 0
    for program in sorted(folder.rglob("*.py")):
        name = program.relative_to(folder).as_posix()
        text = program.read_text(encoding="utf-8")
        reason = left_out(text)
        if reason is not None:
            print(f"left out {name}: uses {reason}")
            continue
        for files in (False, True) if "'--output'" in text else (False,):
            failed += not compare(program, name, python, files)
    print(f"{failed} differ" if failed else "all agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
