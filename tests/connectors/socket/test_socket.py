"""Lines from a server."""

from __future__ import annotations

import pickle
import socket
import threading
import time

import pytest

from hurtig.common.errors import JobExecutionError, ProgramError
from hurtig.common.typeinfo import Types
from hurtig.connectors.socket.connection import SocketThread
from hurtig.connectors.socket.source import SocketTextStream
from hurtig.connectors.source import Boundedness


@pytest.fixture
def server():
    """A listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


def stream(server, *args):
    return SocketTextStream("127.0.0.1", server.getsockname()[1], *args)


def read(drive, server, *parts, delimiter="\n"):
    """What the source makes of these parts, each sent on its own."""
    driver = drive(stream(server, delimiter))
    driver.round()
    peer, _ = server.accept()
    with peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            peer.sendall(part)
            time.sleep(0.005)
    return driver.run()


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a\nb"], ["a", "b"]),
        ([b"a", b"b", b"\nc\n", b"\n"], ["ab", "c", ""]),
        ([b"a\r\nb\r", b"\nc\rd\n"], ["a", "b", "c\rd"]),
        ([b"\xc3", b"\xa4\n\xff\n"], ["ä", "\ufffd"]),
        ([], []),
        ([b"\n"], [""]),
    ],
)
def test_lines(drive, server, parts, lines):
    assert read(drive, server, *parts) == lines


def test_another_delimiter(drive, server):
    assert read(drive, server, b"a|", b"|b||", b"c|d", delimiter="||") == ["a", "b", "c|d"]


def test_a_delimiter_in_two_parts(drive, server):
    assert read(drive, server, b"a\r\n|", b"|b", delimiter="||") == ["a\r\n", "b"]


def test_a_long_line_and_many_lines(drive, server):
    driver = drive(stream(server))
    driver.round()
    peer, _ = server.accept()
    lines = ["x" * 3_000_000, *map(str, range(50_000))]
    with peer:
        sender = threading.Thread(target=peer.sendall, args=("\n".join(lines).encode(),))
        sender.start()
        driver.run(until=lambda: not sender.is_alive() and len(driver.values) > 1)
    assert driver.run() == lines


def test_a_lone_line_passes_at_once(drive, server):
    driver = drive(stream(server))
    driver.round()
    peer, _ = server.accept()
    delays = []
    with peer:
        for n in range(20):
            time.sleep(0.01)
            sent = time.monotonic()
            peer.sendall(b"%d\n" % n)
            driver.run(until=lambda n=n: len(driver.values) == n + 1)
            delays.append(time.monotonic() - sent)
    assert sorted(delays)[10] < 0.02


def test_close_ends_the_thread_while_the_peer_is_silent(drive, server):
    driver = drive(stream(server))
    driver.round()
    peer, _ = server.accept()
    with peer:
        time.sleep(0.02)
        started = time.monotonic()
        driver.close()
        assert time.monotonic() - started < 0.5
        assert not [t for t in threading.enumerate() if t.name.startswith("hurtig-socket")]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def test_no_server_is_an_error_that_says_so(drive):
    port = free_port()
    with pytest.raises(JobExecutionError, match=rf"cannot connect to 127.0.0.1:{port}: .*\n.*fix"):
        drive(SocketTextStream("127.0.0.1", port)).run()


def records_of(thread, until):
    seen, deadline = [], time.monotonic() + 10
    while not until(seen) and not thread.buffer.exhausted:
        assert time.monotonic() < deadline
        seen += thread.buffer.take(100)
        time.sleep(0.002)
    return seen + thread.buffer.take(100)


@pytest.fixture
def connect():
    """A socket thread that retries quickly."""
    threads = []

    def start(port, max_retry):
        thread = SocketThread("127.0.0.1", port, "\n", max_retry, lambda: None, 0.02)
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.close()


def test_waits_for_a_server_that_starts_later(connect):
    port = free_port()
    thread = connect(port, -1)
    time.sleep(0.1)
    with socket.create_server(("127.0.0.1", port)) as server:
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"late\n")
            assert records_of(thread, len) == ["late"]


def test_connects_anew_and_counts_retries_anew_after_text(connect, server):
    thread = connect(server.getsockname()[1], 1)
    for n in range(3):
        peer, _ = server.accept()
        peer.sendall(b"%d\n" % n)
        peer.close()
    seen = records_of(thread, lambda seen: len(seen) == 3)
    peer, _ = server.accept()
    peer.close()  # nothing came: this was the last retry
    seen += records_of(thread, lambda seen: False)
    assert seen == ["0", "1", "2"]
    assert thread.buffer.error is None


def test_all_retries_in_vain(connect):
    thread = connect(free_port(), 2)
    assert records_of(thread, lambda seen: False) == []
    assert isinstance(thread.buffer.error, JobExecutionError)


def test_only_one_subtask_reads_and_a_restored_one_reads_on(drive, server):
    driver = drive(stream(server), 3)
    driver.round()
    driver.round()
    assert [s.ended for s in driver.subtasks] == [False, True, True]
    restored = drive(stream(server), state=driver.snapshot())
    driver.close()
    restored.round()
    for _ in range(2):
        peer, _ = server.accept()
        with peer:
            try:
                peer.sendall(b"x\n")
            except OSError:  # that was the first one's connection
                continue
    assert restored.run() == ["x"]


def test_wrong_arguments_type_and_pickle():
    for args, message in [(("h", 0), "port"), (("h", 1, ""), "empty"), (("h", 1, "\n", -2), "-2")]:
        with pytest.raises(ProgramError, match=message):
            SocketTextStream(*args)
    source = pickle.loads(pickle.dumps(SocketTextStream("h", 1, "|", 3)))
    assert (source.host, source.port, source.delimiter, source.max_retry) == ("h", 1, "|", 3)
    assert source.produced_type == Types.STRING()
    assert source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
