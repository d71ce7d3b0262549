"""What the commands that talk to a JobManager have in common."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError

if TYPE_CHECKING:
    from hurtig.client.rest import RestClient

__all__ = [
    "ENDED",
    "UsageError",
    "add_cluster_options",
    "command",
    "find_job",
    "is_job_id",
    "job_control",
    "jobs",
    "key_value",
    "make_parser",
    "positionals",
    "settings_of",
    "split_address",
    "wait_for_end",
]

ENDED = ("FINISHED", "CANCELED", "FAILED")
_ID = re.compile(r"[0-9a-fA-F]{1,32}")


class UsageError(Exception):
    """Exit code 2."""


def make_parser(name: str, usage: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """A parser for ``hurtig <name>`` with the options that say which JobManager is meant."""
    parser = argparse.ArgumentParser(
        prog=f"hurtig {name}",
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_cluster_options(parser)
    return parser


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """``-m``, ``--dir`` and ``-D``."""
    add = parser.add_argument
    add(
        "-m",
        "--jobmanager",
        metavar="HOST:PORT",
        help="the JobManager's REST address (default: the cluster of --dir)",
    )
    add("--dir", metavar="DIR", help="folder of the cluster (default: ~/.hurtig/cluster)")
    add(
        "-D",
        dest="define",
        action="append",
        default=[],
        type=key_value,
        metavar="KEY=VALUE",
        help="a setting under Flink's key, such as hurtig.rest.token; may be repeated",
    )


def key_value(text: str) -> tuple[str, str]:
    """For argparse: ``key=value``."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    return key.strip(), value


def command(name: str, work: Callable[[], int | None]) -> int:
    """Run it; errors that are meant for the user become a message and exit code 1 or 2."""
    try:
        code = work() or 0
        sys.stdout.flush()
        return code
    except UsageError as e:
        sys.stderr.write(f"hurtig {name}: {e}\n")
        return 2
    except HurtigError as e:
        sys.stderr.write(f"hurtig {name}: {e.render().rstrip()}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("hurtig: interrupted\n")
        return 130
    except BrokenPipeError:
        from hurtig.cli import broken_pipe

        return broken_pipe.leave_quietly()


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """The configuration file, ``-D``, ``-m`` and ``--dir``, the later winning."""
    from hurtig.common import global_configuration

    settings = global_configuration.defaults() | dict(options.define)
    if options.dir:
        settings["hurtig.cluster.dir"] = options.dir
        settings.pop("rest.address", None)
    if options.jobmanager:
        settings["rest.address"], settings["rest.port"] = split_address(options.jobmanager)
    return settings


def split_address(text: str) -> tuple[str, str]:
    """``host:port`` or ``host``, also with ``http://`` before it. ``UsageError`` else."""
    text = text.removeprefix("http://").rstrip("/")
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, "8081"
    if not host or not port.isdigit():
        raise UsageError(f"-m {text}: not of the form host:port")
    return host.strip("[]"), port


def client_of(options: argparse.Namespace) -> RestClient:
    """The client for the JobManager that the options mean."""
    from hurtig.deploy.cluster.connect import connect

    return connect(settings_of(options))


def jobs(client: RestClient) -> list[dict[str, Any]]:
    """All jobs as ``/jobs/overview`` has them, the oldest first."""
    found: list[dict[str, Any]] = client.get("/jobs/overview")["jobs"]
    return found


def is_job_id(text: str) -> bool:
    """Whether it may be the beginning of a job's id, rather than a path."""
    return _ID.fullmatch(text) is not None


def find_job(client: RestClient, wanted: str | None, ended: bool = False) -> dict[str, Any]:
    """The job whose id begins with ``wanted``; without it the one that has not ended.

    ``ended`` allows one that has ended, also as the only job there is. ``UsageError`` that lists
    the candidates where none or several fit.
    """
    known = jobs(client)
    alive = [job for job in known if job["state"] not in ENDED]
    if wanted is None:
        fitting = alive or (known if ended else [])
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise UsageError("no job is running; hurtig list -a shows those that have ended")
        raise UsageError(f"which job? {len(fitting)} are there:\n{_listed(fitting)}")
    if not is_job_id(wanted):
        raise UsageError(f"{wanted!r} is not a job id: hexadecimal digits, as hurtig list shows")
    matching = [job for job in known if job["jid"].startswith(wanted.lower())]
    if len(matching) > 1:
        raise UsageError(f"{wanted} is the beginning of several ids:\n{_listed(matching)}")
    if not matching:
        there = f"; there are:\n{_listed(alive)}" if alive else ", and no other job is running"
        raise UsageError(f"there is no job {wanted}{there}")
    job = matching[0]
    if job["state"] in ENDED and not ended:
        raise UsageError(f"job {job['jid']} ({job['name']}) has ended: {job['state']}")
    return job


def _listed(found: list[dict[str, Any]]) -> str:
    return "\n".join(f"  {job['jid']}  {job['name']} ({job['state']})" for job in found)


def job_control(client: RestClient, job: dict[str, Any]) -> Any:
    """A handle on the job."""
    from hurtig.client.remote_job import RemoteJobControl
    from hurtig.common.job_id import JobID

    return RemoteJobControl(client, JobID(job["jid"]))


def wait_for_end(client: RestClient, job_id: str, seconds: float = 60.0) -> str:
    """Wait until the job has ended, but not longer; its status then."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        status = str(client.get(f"/jobs/{job_id}/status")["status"])
        if status in ENDED or time.monotonic() > deadline:
            return status
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def positionals(words: list[str], name: str) -> tuple[str | None, str | None]:
    """``[ID] [DIR]`` in this order, each of which may be missing: (id, directory)."""
    if len(words) > 2:
        raise UsageError(f"too many arguments: {' '.join(words[2:])}; hurtig {name} --help")
    if not words:
        return None, None
    if len(words) == 2:
        return words[0], words[1]
    return (words[0], None) if is_job_id(words[0]) else (None, words[0])
