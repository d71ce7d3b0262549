"""``hurtig list``: the jobs of a cluster."""

from __future__ import annotations

import time
from typing import Any

from hurtig.cli import jobs as common

__all__ = ["main"]

_WIDTH = 62
_EPILOG = """\
examples:
  hurtig list          jobs that run or wait
  hurtig list -a       also those that have ended
  hurtig list -r       only those that run
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "list", "hurtig list [options]", "List the jobs of a cluster.", _EPILOG
    )
    add = parser.add_argument
    add("-a", "--all", action="store_true", help="also jobs that have ended")
    add("-r", "--running", action="store_true", help="only jobs that run or are restarted")
    add("-s", "--scheduled", action="store_true", help="only jobs that wait")
    options = parser.parse_args(arguments)

    def work() -> None:
        found = common.jobs(common.client_of(options))
        ended = [job for job in found if job["state"] in common.ENDED]
        waiting = [job for job in found if job["state"] in ("CREATED", "INITIALIZING")]
        running = [job for job in found if job not in ended and job not in waiting]
        both = options.all or options.running == options.scheduled
        if both or options.running:
            _show("Running/Restarting Jobs", running, "No running jobs.")
        if both or options.scheduled:
            _show("Scheduled/Initializing Jobs", waiting, "No scheduled jobs.")
        if options.all:
            _show("Terminated Jobs", ended, "No terminated jobs.")

    return common.command("list", work)


def _show(title: str, found: list[dict[str, Any]], none: str) -> None:
    if not found:
        print(none)
        return
    print(f" {title} ".center(_WIDTH, "-"))
    for job in sorted(found, key=lambda job: int(job["start-time"])):
        since = time.strftime("%d.%m.%Y %H:%M:%S", time.localtime(job["start-time"] / 1000))
        print(f"{since} : {job['jid']} : {job['name']} ({job['state']})")
    print("-" * _WIDTH)
