"""``hurtig cluster start|stop|status``: the JobManager as a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from hurtig.cli import jobs as common

if TYPE_CHECKING:
    import subprocess

    from hurtig.deploy.cluster.directory import ClusterDirectory

__all__ = ["main"]

_PATIENCE = 30.0
_USAGE = """\
hurtig cluster start [options]
       hurtig cluster stop [options]
       hurtig cluster status [options]"""
_EPILOG = """\
start    starts a daemon that takes jobs (hurtig run -d job.py), runs each in processes of its own
         and restarts it from its last checkpoint when a process dies. It answers REST requests
         under Flink's paths on 127.0.0.1:8081. Jobs that an earlier daemon did not see end go on.
stop     ends the daemon and its processes; unfinished jobs go on with the next start
status   tells where it runs, and what; exit code 1 where it does not

examples:
  hurtig cluster start
  hurtig cluster start --port 0                        any free port
  hurtig cluster start --host 0.0.0.0                  for other machines: requests need a token
  hurtig cluster start --foreground                    for systemd, docker and such
  hurtig cluster start -D state.checkpoints.dir=s3://bucket/checkpoints
  hurtig cluster stop --cancel                         cancel its jobs first
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="hurtig cluster",
        usage=_USAGE,
        description="Start, stop and look at a JobManager on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("action", choices=("start", "stop", "status"), help="what to do")
    add("--dir", metavar="DIR", help="folder of the cluster (default: ~/.hurtig/cluster)")
    add("--host", metavar="HOST", help="start: address to listen on (rest.bind-address)")
    add("--port", metavar="PORT", help="start: port or range of ports (rest.port); 0: any")
    add("--foreground", action="store_true", help="start: stay, and write the log to stderr")
    add("--cancel", action="store_true", help="stop: cancel its jobs first")
    add(
        "-D",
        dest="define",
        action="append",
        default=[],
        type=common.key_value,
        metavar="KEY=VALUE",
        help="start: a setting of the cluster, and default for its jobs; may be repeated",
    )
    options = parser.parse_args(arguments)
    action = {"start": _start, "stop": _stop, "status": _status}[options.action]
    return common.command("cluster", lambda: action(options))


def _directory(options: argparse.Namespace) -> ClusterDirectory:
    from hurtig.deploy.cluster.connect import DIRECTORY_KEY
    from hurtig.deploy.cluster.directory import ClusterDirectory

    return ClusterDirectory(options.dir or dict(options.define).get(DIRECTORY_KEY))


def _start(options: argparse.Namespace) -> int:
    import subprocess

    from hurtig.deploy.cluster.directory import ClusterError

    directory = _directory(options)
    directory.create()
    running = directory.daemon()
    if running is not None:
        print(f"A cluster runs already: {_describe(directory, running)}")
        return 0
    settings = dict(options.define)
    if options.host:
        settings["rest.bind-address"] = options.host
    if options.port:
        settings["rest.bind-port"] = options.port
    command = [sys.executable, "-P", "-m", "hurtig.web.daemon", "--dir", directory.root]
    for key, value in settings.items():
        command += ["-D", f"{key}={value}"]
    if options.foreground:
        sys.stdout.flush()
        os.execv(sys.executable, command)
    with open(directory.log, "ab") as log:
        seen = log.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory.root,
            env=_environment(),
            start_new_session=True,
        )
    if not _wait_for_start(directory, process):
        with open(directory.log, "rb") as written:
            written.seek(seen)
            said = written.read().decode(errors="replace").strip()
        raise ClusterError(f"the cluster did not start:\n{said}\nIts log is {directory.log}")
    found = directory.daemon()
    assert found is not None
    print(f"Started a cluster: {_describe(directory, found)}")
    _tell_token(directory, found, settings)
    return 0


def _environment() -> dict[str, str]:
    """Ours, with the path to the configuration as it is from elsewhere."""
    from hurtig.common.global_configuration import CONF_DIR

    environment = dict(os.environ)
    if environment.get(CONF_DIR):
        environment[CONF_DIR] = os.path.abspath(environment[CONF_DIR])
    return environment


def _wait_for_start(directory: ClusterDirectory, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        found = directory.daemon()
        if found is not None and found["pid"] == process.pid:
            return True
        time.sleep(0.01)
    return False


def _tell_token(directory: ClusterDirectory, found: dict[str, Any], settings: Any) -> None:
    host = found["host"]
    if host == "localhost" or host == "::1" or host.startswith("127."):
        return
    print("Other machines can reach it: every request needs the token. Send it as")
    print(f"  Authorization: Bearer {directory.known_token()}")
    print("or give it to hurtig as -D hurtig.rest.token=... or HURTIG_REST_TOKEN.")


def _describe(directory: ClusterDirectory, found: dict[str, Any]) -> str:
    return f"http://{found['host']}:{found['port']}, pid {found['pid']}, in {directory.root}"


def _stop(options: argparse.Namespace) -> int:
    import signal

    from hurtig.deploy.cluster.directory import ClusterError

    directory = _directory(options)
    found = directory.daemon()
    if found is None:
        print(f"No cluster runs in {directory.root}.")
        return 0
    left = _cancel_all(directory) if options.cancel else _unfinished(directory)
    os.kill(found["pid"], signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while directory.is_running():
        if time.monotonic() > deadline:
            raise ClusterError(f"process {found['pid']} does not end; its log is {directory.log}")
        time.sleep(0.02)
    print(f"Stopped the cluster in {directory.root}.")
    if left:
        jobs = "job goes" if left == 1 else "jobs go"
        print(f"{left} unfinished {jobs} on when it is started again.")
    return 0


def _unfinished(directory: ClusterDirectory) -> int:
    from hurtig.client.rest import RestError

    try:
        listed = common.jobs(_client(directory))
    except RestError:
        return 0
    return sum(job["state"] not in common.ENDED for job in listed)


def _cancel_all(directory: ClusterDirectory) -> int:
    client = _client(directory)
    alive = [job for job in common.jobs(client) if job["state"] not in common.ENDED]
    for job in alive:
        common.job_control(client, job).cancel()
    left = 0
    for job in alive:
        left += common.wait_for_end(client, job["jid"]) not in common.ENDED
    return left


def _client(directory: ClusterDirectory) -> Any:
    from hurtig.deploy.cluster.connect import DIRECTORY_KEY, connect

    return connect({DIRECTORY_KEY: directory.root})


def _status(options: argparse.Namespace) -> int:
    directory = _directory(options)
    found = directory.daemon()
    if found is None:
        print(f"No cluster runs in {directory.root}.")
        return 1
    print(f"A cluster runs: {_describe(directory, found)}")
    overview = _client(directory).get("/overview")
    print(
        f"jobs: {overview['jobs-running']} running, {overview['jobs-finished']} finished, "
        f"{overview['jobs-cancelled']} cancelled, {overview['jobs-failed']} failed; "
        f"task managers: {overview['taskmanagers']}"
    )
    return 0
