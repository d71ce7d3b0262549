"""Collected records over a socket: order, repeated commits, a reader that is slow or gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

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


def test_records_arrive_in_order_in_the_buffer_of_their_sink(server, buffers):
    a = RemoteBuffer("a", server.address, "Sink")
    b = RemoteBuffer("b", server.address, "Sink")
    for n in range(100):
        a.deliver(None, [n, n])
        b.deliver(None, [-n])
    a.flush()
    b.flush()
    assert list(buffers["a"]) == [n for n in range(100) for _ in range(2)]
    assert list(buffers["b"]) == [-n for n in range(100)]


def test_a_repeated_commit_changes_nothing(server, buffers):
    remote = RemoteBuffer("a", server.address, "Sink")
    remote.deliver("one", [1])
    again = RemoteBuffer("a", server.address, "Sink")
    again.deliver("one", [1])
    again.deliver("two", [2])
    assert list(buffers["a"]) == [1, 2]


def test_the_sender_waits_for_room(server, buffers):
    buffers["a"].capacity = 3
    remote = RemoteBuffer("a", server.address, "Sink")
    remote.deliver(None, [1, 2, 3])
    remote.deliver(None, [4])
    time.sleep(0.05)
    assert list(buffers["a"]) == [1, 2, 3]
    buffers["a"].popleft()
    remote.flush()
    assert list(buffers["a"]) == [2, 3, 4]


def test_what_nobody_reads_is_dropped(server, buffers):
    remote = RemoteBuffer("gone", server.address, "Sink")
    remote.deliver("x", [1])
    remote.flush()
    assert not buffers["a"]


def test_a_stranger_is_turned_away(server, buffers):
    path, _ = server.address
    remote = RemoteBuffer("a", (path, bytes(16)), "Sink")
    with pytest.raises(JobExecutionError, match="the results of Sink cannot be collected"):
        remote.deliver("x", [1])
    assert not buffers["a"]


def test_a_program_that_is_gone(server):
    path, token = server.address
    server.close()
    with pytest.raises(JobExecutionError, match="cannot be reached"):
        RemoteBuffer("a", (path, token), "Sink")
