"""Entry point of ``hurtig``: finds the command, prints the overview."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NamedTuple

__all__ = ["COMMANDS", "main", "main_of_module"]


class Command(NamedTuple):
    name: str
    summary: str
    module: str
    """Has ``main(arguments: list[str]) -> int``; imported only when the command is called."""


COMMANDS = (
    Command("run", "Run a program here, or submit its jobs.", "hurtig.cli.run"),
    Command("info", "Show the plan of a program without running it.", "hurtig.cli.info"),
    Command("list", "List the jobs of a cluster.", "hurtig.cli.list"),
    Command("cancel", "Cancel a job.", "hurtig.cli.cancel"),
    Command("stop", "Stop a job with a savepoint.", "hurtig.cli.stop"),
    Command("savepoint", "Take, delete or inspect a savepoint.", "hurtig.cli.savepoint"),
    Command("checkpoint", "Take a checkpoint of a job.", "hurtig.cli.checkpoint"),
    Command("change", "Change settings of a running job.", "hurtig.cli.change"),
    Command("logs", "Show what a job printed.", "hurtig.cli.logs"),
    Command("cluster", "Start, stop or look at a JobManager.", "hurtig.cli.cluster"),
)

_OVERVIEW = """\
usage: hurtig COMMAND [options] ...

Flink's programming model on a Python-native engine.

commands:
{commands}

options:
  -h, --help     show this text
  -V, --version  show the version

examples:
  hurtig run job.py                run a program, PyFlink's or hurtig's own
  hurtig run -p 4 job.py --in x    at parallelism 4; what follows job.py is job.py's
  hurtig cluster start             a JobManager that takes jobs
  hurtig run -d -p 4 job.py        submit to it
  hurtig run --help                all options of a command
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the return value is the exit code: 0 done, 1 failed, 2 wrong usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        sys.stderr.write(_overview())
        return 2
    first, *rest = arguments
    if first in ("-h", "--help", "help"):
        sys.stdout.write(_overview())
        return 0
    if first in ("-V", "--version"):
        from hurtig.version import PYFLINK_API_VERSION, __version__

        sys.stdout.write(f"hurtig {__version__} (API of PyFlink {PYFLINK_API_VERSION})\n")
        return 0
    for command in COMMANDS:
        if command.name == first:
            return int(import_module(command.module).main(rest))
    hint = f"\nTo run a program: hurtig run {first}" if first.endswith(".py") else ""
    sys.stderr.write(f"hurtig: {first!r} is not a command; hurtig --help lists them.{hint}\n")
    return 2


def main_of_module() -> int:
    """As ``main``, for ``python -m hurtig``, where ``run`` may be left out."""
    arguments = sys.argv[1:]
    known = {"-h", "--help", "help", "-V", "--version", *(c.name for c in COMMANDS)}
    if arguments and arguments[0] not in known:
        arguments = ["run", *arguments]
    return main(arguments)


def _overview() -> str:
    width = max(len(c.name) for c in COMMANDS)
    lines = (f"  {c.name.ljust(width)}  {c.summary}" for c in COMMANDS)
    return _OVERVIEW.format(commands="\n".join(lines))
