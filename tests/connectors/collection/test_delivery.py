"""Collected records over a socket: order, repeated commits, a reader that is slow or gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.collection.delivery import CollectServer, RemoteBuffer
from hurtig.connectors.collection.sink import CollectBuffer


@pytest.fixture
def buffers() -> dict[str, CollectBuffer]:
    return {"a": CollectBuffer(), "b": CollectBuffer()}


@pytest.fixture
def server(buffers: dict[str, CollectBuffer]) -> Iterator[CollectServer]:
    server = CollectServer(buffers.get)
    yield server
    server.close()


@pytest.fixture
def remote(server: CollectServer) -> Iterator[Callable[[str], RemoteBuffer]]:
    made = []

    def connect(sink: str) -> RemoteBuffer:
        made.append(RemoteBuffer(sink, server.address, "Sink"))
        return made[-1]

    yield connect
    for buffer in made:
        buffer.close()


def test_records_arrive_in_order_in_the_buffer_of_their_sink(remote, buffers):
    a = remote("a")
    b = remote("b")
    for n in range(100):
        a.deliver(None, [n, n])
        b.deliver(None, [-n])
    a.flush()
    b.flush()
    assert list(buffers["a"]) == [n for n in range(100) for _ in range(2)]
    assert list(buffers["b"]) == [-n for n in range(100)]


def test_a_repeated_commit_changes_nothing(remote, buffers):
    first = remote("a")
    first.deliver("one", [1])
    again = remote("a")
    again.deliver("one", [1])
    again.deliver("two", [2])
    assert list(buffers["a"]) == [1, 2]


def test_the_sender_waits_for_room(remote, buffers):
    buffers["a"].capacity = 3
    first = remote("a")
    first.deliver(None, [1, 2, 3])
    first.deliver(None, [4])
    time.sleep(0.05)
    assert list(buffers["a"]) == [1, 2, 3]
    buffers["a"].popleft()
    first.flush()
    assert list(buffers["a"]) == [2, 3, 4]


def test_what_nobody_reads_is_dropped(remote, buffers):
    first = remote("gone")
    first.deliver("x", [1])
    first.flush()
    assert not buffers["a"]


def test_a_stranger_is_turned_away(server, buffers):
    path, _ = server.address
    stranger = RemoteBuffer("a", (path, bytes(16)), "Sink")
    with pytest.raises(JobExecutionError, match="the results of Sink cannot be collected"):
        stranger.deliver("x", [1])
    stranger.close()
    assert not buffers["a"]


def test_a_program_that_is_gone(server):
    path, token = server.address
    server.close()
    with pytest.raises(JobExecutionError, match="cannot be reached"):
        RemoteBuffer("a", (path, token), "Sink")
