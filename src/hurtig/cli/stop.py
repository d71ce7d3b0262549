"""``hurtig stop``: ends a job with a savepoint."""

from __future__ import annotations

import argparse

from hurtig.cli import jobs as common

__all__ = ["main"]

_EPILOG = """\
The id may be left out where exactly one job runs, and cut short where its beginning is unique.
Sinks commit all that came before the savepoint; nothing is processed after it. Go on from it with:
hurtig run -s PATH job.py

examples:
  hurtig stop --savepointPath file:///savepoints
  hurtig stop -p /savepoints 9f0c2a
  hurtig stop --drain 9f0c2a      for good: windows and timers fire before the end
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "stop", "hurtig stop [options] [ID]", "Stop a running job with a savepoint.", _EPILOG
    )
    add = parser.add_argument
    add(
        "-p",
        "--savepointPath",
        metavar="DIR",
        help="where to (default: execution.checkpointing.savepoint-dir)",
    )
    add("-d", "--drain", action="store_true", help="send the last watermark first")
    add_type(parser)
    add("job", nargs="?", metavar="ID", help="the job")
    options = parser.parse_args(arguments)
    return common.command("stop", lambda: _stop(options))


def add_type(parser: argparse.ArgumentParser) -> None:
    """``-type``, which Flink has: savepoints are canonical here."""
    parser.add_argument(
        "-type",
        "--type",
        choices=("canonical", "native", "CANONICAL", "NATIVE"),
        help="accepted as in Flink; every savepoint can be read by every state backend",
    )


def _stop(options: argparse.Namespace) -> int:
    client = common.client_of(options)
    job = common.find_job(client, options.job)
    how = "Draining" if options.drain else "Suspending"
    print(f'{how} job "{job["jid"]}" with a savepoint.', flush=True)
    control = common.job_control(client, job)
    path = control.stop_with_savepoint(options.drain, options.savepointPath)
    print(f"Savepoint completed. Path: {path}", flush=True)
    status = common.wait_for_end(client, job["jid"])
    if status != "FINISHED":
        print(f"Job {job['jid']} is {status}.")
        return 1
    return 0
