"""``python -m hurtig.web.daemon``: the JobManager's process, behind ``hurtig cluster start``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from hurtig.common import global_configuration
from hurtig.common.errors import HurtigError
from hurtig.deploy.cluster.directory import ClusterDirectory, ClusterError
from hurtig.deploy.cluster.dispatcher import Dispatcher
from hurtig.deploy.cluster.managed_job import now_ms
from hurtig.version import __version__
from hurtig.web.access import Access
from hurtig.web.server import RestServer, ports
from hurtig.web.service import Service

__all__ = ["TOKEN_KEY", "main"]

TOKEN_KEY = "hurtig.rest.token"
_LIMIT_KEY = "rest.server.max-content-length"
_KEEP_KEY = "jobstore.max-capacity"
_NOT_FOR_JOBS = ("rest.", "hurtig.rest.", "jobstore.", "web.", "execution.target")


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; 0 then, 1 where it cannot start."""
    parser = argparse.ArgumentParser(prog="hurtig.web.daemon", allow_abbrev=False)
    parser.add_argument("--dir", required=True)
    parser.add_argument("-D", dest="define", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(arguments)
    for text in options.define:
        key, _, value = text.partition("=")
        global_configuration.set_default(key.strip(), value)
    try:
        return serve(ClusterDirectory(options.dir), global_configuration.defaults())
    except HurtigError as e:
        print(e.render(), file=sys.stderr)
        return 1


def serve(directory: ClusterDirectory, settings: dict[str, str]) -> int:
    """Be the cluster of this folder."""
    directory.create()
    lock = directory.lock()
    if lock is None:
        raise ClusterError(f"a cluster runs already in {directory.root}")
    with lock:
        _serve(directory, settings)
    return 0


def _serve(directory: ClusterDirectory, settings: dict[str, str]) -> None:
    host = settings.get("rest.bind-address") or "127.0.0.1"
    candidates = ports(settings.get("rest.bind-port") or settings.get("rest.port") or "8081")
    wanted_token = settings.get(TOKEN_KEY)
    access = Access(directory.token(wanted_token), host, always=wanted_token is not None)
    for_jobs = {k: v for k, v in settings.items() if not k.startswith(_NOT_FOR_JOBS)}
    keep = int(settings.get(_KEEP_KEY) or 100)
    dispatcher = Dispatcher(directory, for_jobs, log, keep)
    service = Service(dispatcher, settings, directory.log, now_ms())
    server = RestServer(service, access, host, candidates, _limit(settings))
    asked, ask = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(ask, b"."))
    log(f"hurtig {__version__} cluster, pid {os.getpid()}, on {host}:{server.port}")
    dispatcher.recover()
    server.start()
    directory.announce(
        {
            "pid": os.getpid(),
            "host": host,
            "port": server.port,
            "started": service.started,
            "version": __version__,
        }
    )
    os.read(asked, 1)
    log("the cluster ends; unfinished jobs go on when it is started again")
    directory.withdraw()
    server.close()
    dispatcher.close()


def _limit(settings: dict[str, str]) -> int:
    text = settings.get(_LIMIT_KEY, "")
    return int(text) if text.isdigit() else 1 << 30


def log(message: str) -> None:
    """One line of the daemon's log."""
    print(time.strftime("%Y-%m-%d %H:%M:%S"), message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
