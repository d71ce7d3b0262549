"""``hurtig checkpoint``: takes a checkpoint now."""

from __future__ import annotations

import argparse

from hurtig.cli import jobs as common

__all__ = ["main"]

_EPILOG = """\
The id may be left out where exactly one job runs, and cut short where its beginning is unique.

examples:
  hurtig checkpoint
  hurtig checkpoint 9f0c2a
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "checkpoint",
        "hurtig checkpoint [options] [ID]",
        "Take a checkpoint of a running job, besides the regular ones.",
        _EPILOG,
    )
    parser.add_argument("-full", "--full", action="store_true", help="accepted as in Flink")
    parser.add_argument("job", nargs="?", metavar="ID", help="the job")
    options = parser.parse_args(arguments)
    return common.command("checkpoint", lambda: _checkpoint(options))


def _checkpoint(options: argparse.Namespace) -> None:
    client = common.client_of(options)
    job = common.find_job(client, options.job)
    print(f"Triggering checkpoint for job {job['jid']}.", flush=True)
    number = common.job_control(client, job).trigger_checkpoint()
    print(f"Checkpoint {number} for job {job['jid']} completed.")
