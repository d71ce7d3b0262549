"""Talks to a JobManager over REST."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hurtig.common.errors import HurtigError

__all__ = ["RestClient", "RestError"]


class RestError(HurtigError):
    """The JobManager refused a request (``code`` is the HTTP status), or is out of reach (0)."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code

    def render(self) -> str:
        return str(self)


class RestClient:
    """Safe to be used by several threads: each request has a connection of its own.

    ``token`` is sent as a bearer token where there is one. ``timeout`` is in seconds.
    """

    def __init__(self, host: str, port: int, token: str | None = None, timeout: float = 60) -> None:
        self.host = host
        self.port = port
        self._token = token
        self._timeout = timeout

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether the JobManager is on this machine."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def get(self, path: str, **query: Any) -> Any:
        """The JSON answer of a GET."""
        return self._json("GET", self._target(path, query), None)

    def get_bytes(self, path: str, **query: Any) -> bytes:
        """The answer as it is: a log."""
        return self._request("GET", self._target(path, query), None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer of a POST."""
        return self._json("POST", path, body or {})

    def patch(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        """The JSON answer of a PATCH."""
        return self._json("PATCH", self._target(path, query), body or {})

    def delete(self, path: str) -> Any:
        """The JSON answer of a DELETE."""
        return self._json("DELETE", path, None)

    @staticmethod
    def _target(path: str, query: dict[str, Any]) -> str:
        text = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        return f"{path}?{text}" if text else path

    def _json(self, method: str, target: str, body: dict[str, Any] | None) -> Any:
        data = self._request(method, target, body)
        try:
            return json.loads(data)
        except ValueError:
            raise RestError(
                f"{self.address} does not answer as a JobManager does: is another service there?"
            ) from None

    def _request(self, method: str, target: str, body: dict[str, Any] | None) -> bytes:
        from http.client import HTTPConnection, HTTPException

        headers = {"Accept": "application/json", "Connection": "close"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection = HTTPConnection(self.host, self.port, timeout=self._timeout)
        try:
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            raise RestError(
                f"no JobManager answers at {self.address} ({error or type(error).__name__}). "
                "hurtig cluster start starts one here; -m host:port names another"
            ) from None
        finally:
            connection.close()
        if response.status >= 400:
            raise RestError(_message(answer, response.status), response.status)
        return answer


def _message(answer: bytes, code: int) -> str:
    try:
        errors = json.loads(answer)["errors"]
        return "\n".join(str(error) for error in errors)
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {code}"
