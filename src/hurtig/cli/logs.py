"""``hurtig logs``: what a job's processes printed."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from hurtig.cli import jobs as common

if TYPE_CHECKING:
    from hurtig.client.rest import RestClient

__all__ = ["main"]

_PAUSE = 0.3
_EPILOG = """\
The id may be left out where there is exactly one job, and cut short where its beginning is unique.

examples:
  hurtig logs 9f0c2a
  hurtig logs -f          of the only job, until it ends
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "logs", "hurtig logs [options] [ID]", "Show what a job printed, errors included.", _EPILOG
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the job ends")
    parser.add_argument("job", nargs="?", metavar="ID", help="the job")
    options = parser.parse_args(arguments)
    return common.command("logs", lambda: _logs(options))


def _logs(options: argparse.Namespace) -> None:
    client = common.client_of(options)
    job_id = common.find_job(client, options.job, ended=True)["jid"]
    offset = 0
    while True:
        ended = client.get(f"/jobs/{job_id}/status")["status"] in common.ENDED
        offset += _show(client, job_id, offset)
        if ended or not options.follow:
            return
        time.sleep(_PAUSE)


def _show(client: RestClient, job_id: str, offset: int) -> int:
    """Print all from ``offset`` on; how many bytes that were."""
    shown = 0
    while part := client.get_bytes(f"/hurtig/jobs/{job_id}/log", offset=offset + shown):
        sys.stdout.flush()
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
        shown += len(part)
    return shown
