"""The REST server: HTTP around the routes."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hurtig.common.errors import HurtigError
from hurtig.deploy.cluster.directory import ClusterError
from hurtig.web.access import Access
from hurtig.web.handlers import routes
from hurtig.web.http import Answer, HttpError, Request, as_json
from hurtig.web.service import Service

__all__ = ["RestServer", "ports"]


def ports(text: str) -> list[int]:
    """``8081``, ``8081-8090``, ``8081,9000``; 0 is any free one. ``ClusterError`` else."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.strip().isdigit() or (last and not last.strip().isdigit()):
            raise ClusterError(f"{text!r} is no port and no range of ports such as 8081-8090")
        found += range(int(first), int(last or first) + 1)
    return found


class RestServer:
    """Answers each connection in a thread of its own."""

    def __init__(
        self, service: Service, access: Access, host: str, candidates: list[int], limit: int
    ) -> None:
        self._server = _bind(host, candidates)
        self._server.service = service
        self._server.access = access
        self._server.router = routes()
        self._server.limit = limit
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="rest", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop to listen."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True
    service: Service
    access: Access
    router: Any
    limit: int

    def server_bind(self) -> None:
        # HTTPServer would look the host's name up, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's error."""


class _SixServer(_Server):
    address_family = socket.AF_INET6


def _bind(host: str, candidates: list[int]) -> _Server:
    kind = _SixServer if ":" in host else _Server
    failure: OSError | None = None
    for port in candidates:
        try:
            return kind((host, port), _Handler)
        except OSError as e:
            failure = e
    where = f"{host}:{candidates[0]}" + (f"-{candidates[-1]}" if len(candidates) > 1 else "")
    raise ClusterError(
        f"cannot listen on {where}: {failure}. Choose another port with --port, or --port 0 for "
        "any free one"
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: _Server

    def _serve(self) -> None:
        try:
            answer = self._answer()
        except HttpError as e:
            answer = as_json({"errors": [str(e)]}, e.code)
        except HurtigError as e:
            answer = as_json({"errors": [e.render()]}, 500)
        except Exception as e:
            answer = as_json({"errors": [f"{type(e).__name__}: {e}"]}, 500)
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815

    def _answer(self) -> Answer:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdigit() or "transfer-encoding" in headers:
            self.close_connection = True
            raise HttpError(411, "Content-Length is needed")
        try:
            path = self.path.partition("?")[0]
            self.server.access.check(self.command, path, headers)
            if int(length) > self.server.limit:
                raise HttpError(
                    413, f"more than rest.server.max-content-length ({self.server.limit} bytes)"
                )
        except HttpError:
            self.close_connection = True  # the body stays unread
            raise
        body = self.rfile.read(int(length))
        request = Request(self.server.service, self.command, self.path, headers, body)
        answer: Answer = self.server.router.answer(request)
        return answer

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.code)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if answer.code == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        return "hurtig"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""
