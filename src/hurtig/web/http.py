"""Requests, answers and routes, without a server: handlers are plain functions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from hurtig.web.service import Service

__all__ = ["Answer", "Handler", "HttpError", "Request", "Router", "accepted", "as_json", "as_text"]


class HttpError(Exception):
    """Answered as ``{"errors": [message]}``."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Request:
    """``parameters`` are those of the path, ``query`` those behind the question mark."""

    def __init__(
        self, service: Service, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> None:
        parts = urlsplit(target)
        self.service = service
        self.method = method
        self.path = parts.path
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.headers = headers
        self.parameters: dict[str, str] = {}
        self._body = body

    def json(self) -> dict[str, Any]:
        """The body; empty where there is none. 400 where it is no JSON object."""
        if not self._body.strip():
            return {}
        try:
            found = json.loads(self._body)
        except ValueError as e:
            raise HttpError(400, f"the body is not JSON: {e}") from None
        if not isinstance(found, dict):
            raise HttpError(400, "the body must be a JSON object")
        return found


class Answer:
    """What is sent back."""

    def __init__(self, code: int, content_type: str, body: bytes) -> None:
        self.code = code
        self.content_type = content_type
        self.body = body


Handler = Callable[[Request], Answer]


def as_json(value: Any, code: int = 200) -> Answer:
    """A JSON answer."""
    body = json.dumps(value, default=str).encode()
    return Answer(code, "application/json; charset=UTF-8", body)


def as_text(text: bytes) -> Answer:
    """A text answer, such as a log."""
    return Answer(200, "text/plain; charset=UTF-8", text)


def accepted(value: Any) -> Answer:
    """202: begun, not done."""
    return as_json(value, 202)


class Router:
    """Finds the handler of a path. ``:name`` in a route stands for one segment."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Routes are tried in the order in which they were added."""
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path)
        self._routes.append((method, re.compile(pattern), handler))

    def answer(self, request: Request) -> Answer:
        """404 for an unknown path, 405 for one that exists under other methods only."""
        path = request.path.rstrip("/") or "/"
        if path.startswith("/v1/"):
            path = path[3:]
        methods = []
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method == request.method or (method == "GET" and request.method == "HEAD"):
                request.parameters = {k: unquote(v) for k, v in found.groupdict().items()}
                return handler(request)
            methods.append(method)
        if methods:
            raise HttpError(405, f"{request.method} {request.path}: only {', '.join(methods)}")
        raise HttpError(404, f"Not found: {request.path}")
