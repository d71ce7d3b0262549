"""Who may do what over REST. Pure logic.

Bound to loopback, everyone on this machine may look, stop and savepoint, as with Flink; but a
submission is code that runs as the daemon's user, so it needs the token of the cluster's folder.
Bound to anything else, or where ``hurtig.rest.token`` is set, everything needs the token.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from hurtig.web.http import HttpError

__all__ = ["Access", "is_loopback"]

_SUBMISSION = "/hurtig/jobs"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


class Access:
    """``always``: the token is wanted for everything."""

    def __init__(self, token: str, host: str, always: bool) -> None:
        self._token = token.encode()
        self._loopback = is_loopback(host)
        self._always = always or not self._loopback

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """401 without a token where one is needed, 403 with a wrong one or from a foreign page.

        ``headers`` has lower-case names.
        """
        host = _host_of(headers.get("host", ""))
        # A web page may send requests to loopback, also under a name that resolves to it.
        if self._loopback and host and not is_loopback(host):
            raise HttpError(403, f"the host {host!r} is not this machine")
        origin = headers.get("origin")
        if origin and method not in ("GET", "HEAD") and urlsplit(origin).hostname != host:
            raise HttpError(403, f"not from a page of {origin}")
        given = headers.get("authorization", "")
        if not given:
            if self._always or path.rstrip("/").removeprefix("/v1") == _SUBMISSION:
                raise HttpError(
                    401, "a token is needed: Authorization: Bearer <token> (hurtig.rest.token)"
                )
            return
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            token.strip().encode(), self._token
        ):
            raise HttpError(403, "the token is not that of this cluster")


def _host_of(header: str) -> str:
    return urlsplit(f"//{header}").hostname or ""
