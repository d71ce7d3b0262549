"""``hurtig savepoint``: takes, disposes of and describes savepoints."""

from __future__ import annotations

import argparse

from hurtig.cli import jobs as common
from hurtig.cli.stop import add_type

__all__ = ["main"]

_USAGE = """\
hurtig savepoint [options] [ID] [DIR]
       hurtig savepoint --dispose PATH
       hurtig savepoint inspect PATH"""
_EPILOG = """\
The id may be left out where exactly one job runs, and cut short where its beginning is unique.

examples:
  hurtig savepoint file:///savepoints         of the only job
  hurtig savepoint 9f0c2a /savepoints
  hurtig savepoint --dispose /savepoints/savepoint-9f0c2a-0123456789ab
  hurtig savepoint inspect /savepoints/savepoint-9f0c2a-0123456789ab
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "savepoint",
        _USAGE,
        "Take a savepoint of a running job, delete one, or tell what is in one.",
        _EPILOG,
    )
    add = parser.add_argument
    add("-d", "--dispose", metavar="PATH", help="delete this savepoint")
    add_type(parser)
    add("words", nargs="*", metavar="ID DIR", help="the job; where to")
    options = parser.parse_args(arguments)
    return common.command("savepoint", lambda: _savepoint(options))


def _savepoint(options: argparse.Namespace) -> None:
    if options.dispose:
        _dispose(options)
    elif options.words[:1] == ["inspect"]:
        _inspect(options)
    else:
        _take(options)


def _take(options: argparse.Namespace) -> None:
    wanted, directory = common.positionals(options.words, "savepoint")
    client = common.client_of(options)
    job = common.find_job(client, wanted)
    print(f"Triggering savepoint for job {job['jid']}.", flush=True)
    path = common.job_control(client, job).trigger_savepoint(directory)
    print(f"Savepoint completed. Path: {path}")
    print(f"You can resume your program from it: hurtig run -s {path} job.py")


def _dispose(options: argparse.Namespace) -> None:
    """Here, without a JobManager: a savepoint is files."""
    from hurtig.deploy.cluster.disposal import dispose_savepoint

    if options.words:
        raise common.UsageError("--dispose takes one path and no job")
    dispose_savepoint(options.dispose, common.settings_of(options))
    print(f"Savepoint '{options.dispose}' disposed.")


def _inspect(options: argparse.Namespace) -> None:
    from importlib import import_module

    if len(options.words) != 2:
        raise common.UsageError("hurtig savepoint inspect PATH")
    describe = import_module("hurtig.checkpoint.inspect").describe
    print(describe(options.words[1], common.settings_of(options)))
