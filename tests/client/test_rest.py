"""A client against servers that do not answer as a JobManager should."""

from __future__ import annotations

import socket
import threading

import pytest

from hurtig.client.rest import RestClient, RestError


@pytest.fixture
def server():
    """``server(bytes)`` answers one request with them; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads = []

    def answer(data: bytes) -> int:
        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(data)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return listening.getsockname()[1]

    yield answer
    for thread in threads:
        thread.join(10)
    listening.close()


def response(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_answer(server):
    assert RestClient("127.0.0.1", server(response(b'{"a": 1}'))).get("/x", q="a b") == {"a": 1}


def test_errors_of_the_jobmanager(server):
    port = server(response(b'{"errors": ["one", "two"]}', "404 Not Found"))
    with pytest.raises(RestError, match="one\ntwo") as e:
        RestClient("127.0.0.1", port).get("/x")
    assert e.value.code == 404


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (response(b"<html>"), "is another service there?"),
        (response(b"<html>", "500 Oops"), "HTTP status 500"),
        (b"SSH-2.0\r\n", "no JobManager answers at 127.0.0.1:"),
        (b"", "no JobManager answers at 127.0.0.1:"),
    ],
)
def test_something_else_is_there(server, data, message):
    with pytest.raises(RestError, match=message):
        RestClient("127.0.0.1", server(data)).get("/x")


def test_nothing_is_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RestError, match="hurtig cluster start") as e:
        RestClient("127.0.0.1", port).get("/x")
    assert e.value.code == 0


def test_address():
    assert RestClient("::1", 5).address == "[::1]:5"
    assert RestClient("host", 5).address == "host:5"
    assert RestClient("::1", 5).is_local
    assert not RestClient("10.0.0.1", 5).is_local
