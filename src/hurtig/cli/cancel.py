"""``hurtig cancel``: stops a job without, or after, a savepoint."""

from __future__ import annotations

import argparse

from hurtig.cli import jobs as common

__all__ = ["main"]

_EPILOG = """\
The id may be left out where exactly one job runs, and cut short where its beginning is unique.

examples:
  hurtig cancel                              the only job
  hurtig cancel 9f0c2a
  hurtig cancel -s file:///savepoints 9f0c2a   take a savepoint first (hurtig stop does it better:
                                             nothing is processed between savepoint and end)
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "cancel", "hurtig cancel [options] [ID]", "Cancel a running job.", _EPILOG
    )
    parser.add_argument(
        "-s",
        "--withSavepoint",
        nargs="?",
        const="",
        metavar="DIR",
        help="take a savepoint first, in DIR or the configured directory",
    )
    parser.add_argument("job", nargs="?", metavar="ID", help="the job")
    options = parser.parse_args(arguments)
    return common.command("cancel", lambda: _cancel(options))


def _cancel(options: argparse.Namespace) -> int:
    directory, wanted = options.withSavepoint, options.job
    if wanted is None and directory and common.is_job_id(directory):
        directory, wanted = "", directory  # as in: hurtig cancel -s ID
    client = common.client_of(options)
    job = common.find_job(client, wanted)
    control = common.job_control(client, job)
    if directory is None:
        print(f"Cancelling job {job['jid']}.", flush=True)
        control.cancel()
    else:
        print(f"Cancelling job {job['jid']} with savepoint.", flush=True)
        path = control.savepoint_and_cancel(directory or None)
        print(f"Savepoint completed. Path: {path}", flush=True)
    status = common.wait_for_end(client, job["jid"])
    if status == "CANCELED":
        print(f"Cancelled job {job['jid']}.")
        return 0
    print(f"Job {job['jid']} is {status}.")
    return 0 if status == "FINISHED" else 1
