"""How a client finds its JobManager."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hurtig.client.rest import RestClient
from hurtig.deploy.cluster.directory import ClusterDirectory, ClusterError

__all__ = ["DIRECTORY_KEY", "TOKEN_VARIABLE", "connect"]

DIRECTORY_KEY = "hurtig.cluster.dir"
TOKEN_VARIABLE = "HURTIG_REST_TOKEN"


def connect(settings: Mapping[str, str]) -> RestClient:
    """A client for the JobManager of ``rest.address`` and ``rest.port``, where an address is set,
    else for the daemon of ``hurtig.cluster.dir`` (the default folder where that is not set).

    The token is ``hurtig.rest.token``, the environment variable ``HURTIG_REST_TOKEN``, or that of
    the daemon's folder. Raises ``ClusterError`` where no daemon runs.
    """
    directory = ClusterDirectory(settings.get(DIRECTORY_KEY))
    token = settings.get("hurtig.rest.token") or os.environ.get(TOKEN_VARIABLE)
    host = settings.get("rest.address")
    if host:
        port = int(settings.get("rest.port") or 8081)
        return RestClient(host, port, token or _token_of(directory, host, port))
    found = directory.daemon()
    if found is None:
        raise ClusterError(
            f"no cluster runs in {directory.root}. Start one with: hurtig cluster start, or name "
            "a JobManager with -m host:port"
        )
    return RestClient(_reachable(found["host"]), found["port"], token or directory.known_token())


def _token_of(directory: ClusterDirectory, host: str, port: int) -> str | None:
    """The folder's token is told to its own daemon only."""
    found = directory.daemon()
    here = ("localhost", "127.0.0.1", "::1")
    if found is None or found["port"] != port:
        return None
    if host == found["host"] or (host in here and _reachable(found["host"]) in here):
        return directory.known_token()
    return None


def _reachable(host: str) -> str:
    """An address to connect to, for one to listen on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
