"""Records from a helper thread to the task."""

from __future__ import annotations

import random
import threading
import time

import pytest

from hurtig.connectors.handoff import HandoffBuffer


def produce(buffer, iterator):
    def run():
        buffer.put_all(iterator)
        buffer.end()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def consume(buffer, signal, sizes):
    """Take everything; sleeps only until the buffer calls."""
    seen = []
    while True:
        signal.clear()
        values = buffer.take(sizes())
        seen += values
        if not values:
            if buffer.exhausted:
                return seen
            assert signal.wait(10), "the wakeup was lost"


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_or_reordered(seed):
    rng = random.Random(seed)
    signal = threading.Event()
    buffer = HandoffBuffer(signal.set)

    def numbers():
        for n in range(20_000):
            if rng.random() < 0.0005:
                time.sleep(0.001)
            yield n

    thread = produce(buffer, numbers())
    assert consume(buffer, signal, lambda: rng.choice([1, 10, 1000])) == list(range(20_000))
    thread.join(5)
    assert not thread.is_alive()


def test_extend_and_put():
    calls = []
    buffer = HandoffBuffer(lambda: calls.append(1))
    assert buffer.take(10) == []
    buffer.extend([1, 2])
    assert buffer.put(3)
    assert calls == [1]  # only the first is news
    assert buffer.take(2) == [1, 2]
    assert buffer.take(10) == [3]


def test_room_follows_what_is_taken():
    buffer = HandoffBuffer(lambda: None)
    read = []
    thread = produce(buffer, (read.append(n) or n for n in range(10**6)))
    time.sleep(0.05)
    assert len(read) <= 66
    buffer.take(1000)
    time.sleep(0.05)
    assert 1000 < len(read) <= 2100
    buffer.close()
    thread.join(5)
    assert not thread.is_alive()


def test_the_end_comes_after_the_last_record_and_wakes():
    signal = threading.Event()
    buffer = HandoffBuffer(signal.set)
    buffer.put(1)
    buffer.end(ValueError("late"))
    assert signal.is_set()
    assert not buffer.exhausted
    assert buffer.take(5) == [1]
    assert buffer.exhausted
    assert isinstance(buffer.error, ValueError)
