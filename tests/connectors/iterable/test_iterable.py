"""Python iterables of all kinds as sources."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque

import cloudpickle
import pytest

from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.common.typeinfo import Types
from hurtig.connectors.source import Boundedness
from hurtig.datastream.connectors.iterable import IterableSource


def numbers(n=1000):
    yield from range(n)


async def async_numbers(n=1000):
    for i in range(n):
        if i % 100 == 0:
            await asyncio.sleep(0)
        yield i


async def gives_async_numbers():
    return async_numbers()


class Numbers:
    def __iter__(self):
        return numbers()


class AsyncNumbers:
    def __aiter__(self):
        return async_numbers()


THINGS = {
    "list": list(range(1000)),
    "tuple": tuple(range(1000)),
    "range": range(1000),
    "deque": deque(range(1000)),
    "dict": dict.fromkeys(range(1000)),
    "iterable": Numbers(),
    "class": Numbers,
    "async iterable": AsyncNumbers(),
    "function that gives a list": lambda: list(range(1000)),
    "generator function": numbers,
    "async generator function": async_numbers,
    "coroutine function": gives_async_numbers,
}


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
@pytest.mark.parametrize("size", [7, 8192])
def test_gives_every_record_in_order(drive, thing, size):
    driver = drive(IterableSource(thing), parallelism=2)
    driver.run(max_records=size)
    assert driver.subtasks[0].values == list(range(1000))
    assert driver.subtasks[1].values == []
    assert driver.subtasks[0].finished_splits == ["0"]


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_goes_on_after_a_snapshot(drive, thing):
    first = drive(IterableSource(thing))
    first.run(until=lambda: len(first.values) >= 300, max_records=50)
    second = drive(IterableSource(thing), state=first.snapshot())
    assert first.values + second.run(max_records=64) == list(range(1000))


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_a_copy_of_the_source_reads_the_same(drive, thing):
    source = IterableSource(thing, type_info=Types.INT())
    copy = cloudpickle.loads(cloudpickle.dumps(source))
    assert copy.produced_type == Types.INT()
    assert drive(copy).run() == list(range(1000))


ITERATORS = {
    "generator": numbers,
    "map": lambda: map(int, range(1000)),
    "async generator": async_numbers,
}


@pytest.mark.parametrize("make", ITERATORS.values(), ids=ITERATORS)
def test_an_iterator_can_be_read_once_and_only_here(drive, make):
    source = IterableSource(make())
    data = cloudpickle.dumps(source)
    driver = drive(cloudpickle.loads(data))
    driver.run(until=lambda: len(driver.values) >= 10, max_records=10)
    state = driver.snapshot()
    assert driver.run() == list(range(1000))
    with pytest.raises(ProgramError, match=r"read up to record \d+ and cannot be read again"):
        drive(source, state=state).run()
    del source
    driver.source = None
    data = cloudpickle.dumps(IterableSource(make()))
    with pytest.raises(ProgramError, match="give the function that makes it"):
        cloudpickle.loads(data)


@pytest.mark.parametrize("thing", [[], (), range(0), iter([]), lambda: iter(())])
def test_nothing(drive, thing):
    assert drive(IterableSource(thing)).run() == []


def test_none_is_a_record(drive):
    assert drive(IterableSource(lambda: iter([None, 1, None]))).run() == [None, 1, None]


def test_partitioned(drive):
    source = IterableSource.partitioned(lambda part, parts: range(part, 100, parts))
    driver = drive(source, 3)
    driver.run(max_records=10)
    assert [s.values for s in driver.subtasks] == [list(range(i, 100, 3)) for i in range(3)]


@pytest.mark.parametrize("rescaled", [1, 2, 5])
def test_partitioned_keeps_its_parts_when_rescaled(drive, rescaled):
    source = IterableSource.partitioned(lambda part, parts: iter(range(part, 300, parts)))
    first = drive(source, 3)
    first.run(until=lambda: len(first.values) >= 100, max_records=10)
    second = drive(source, rescaled, state=first.snapshot())
    assert sorted(first.values + second.run()) == list(range(300))


def test_timestamps(drive):
    driver = drive(IterableSource(lambda: iter("abc"), timestamps=lambda v: ord(v) * 1000))
    driver.run()
    assert driver.subtasks[0].timestamps == [97000, 98000, 99000]
    driver = drive(IterableSource(["a", "bb"], timestamps=ord))
    with pytest.raises(UserFunctionError, match=r"TypeError.*\n[^$]*record    'bb'"):
        driver.run()


def test_boundedness():
    assert IterableSource([]).boundedness is Boundedness.BOUNDED
    assert IterableSource([], bounded=False).boundedness is Boundedness.CONTINUOUS_UNBOUNDED


def test_what_is_not_iterable(drive):
    with pytest.raises(ProgramError, match="42 is neither an iterable"):
        IterableSource(42)
    with pytest.raises(ProgramError, match="not a function"):
        IterableSource.partitioned([1])
    with pytest.raises(ProgramError, match=r"must give an iterable .* gave 42"):
        drive(IterableSource(lambda: 42)).run()


# -- errors ---------------------------------------------------------------------------------------


def fails():
    yield 1
    yield 2
    raise ValueError("broken")


async def fails_async():
    yield 1
    yield 2
    raise ValueError("broken")


@pytest.mark.parametrize("thing", [fails, fails_async])
def test_an_error_comes_after_the_records_before_it(drive, thing):
    driver = drive(IterableSource(thing))
    with pytest.raises(UserFunctionError) as caught:
        driver.run()
    assert driver.values == [1, 2]
    text = caught.value.render()
    assert 'raise ValueError("broken")' in text
    assert "operator  Source: test  [uid uid-1]" in text
    assert f"read at   {thing.__name__}, after 2 records" in text
    for engine in ("pull.py", "handoff.py", "asyncio", "iterable/source.py"):
        assert engine not in text
    assert isinstance(caught.value.cause, ValueError)


def test_an_error_of_a_builtin_iterator(drive):
    with pytest.raises(UserFunctionError) as caught:
        drive(IterableSource(map(int, ["1", "x"]))).run()
    assert "invalid literal" in caught.value.render()
    assert "handoff.py" not in caught.value.render()


def test_an_error_of_the_function_itself(drive):
    def connect():
        raise ConnectionError("refused")

    with pytest.raises(UserFunctionError, match="ConnectionError: refused"):
        drive(IterableSource(connect)).run()


# -- threads --------------------------------------------------------------------------------------


def forever(closed):
    try:
        n = 0
        while True:
            yield n
            n += 1
    finally:
        closed.set()


async def forever_async(closed):
    try:
        n = 0
        while True:
            yield n
            n += 1
            if n > 200:
                await asyncio.sleep(60)
    finally:
        closed.set()


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("hurtig-")]


@pytest.mark.parametrize("make", [forever, forever_async])
@pytest.mark.parametrize("read", [0, 10, 200])
def test_close_ends_thread_and_generator(drive, make, read):
    closed = threading.Event()
    driver = drive(IterableSource(lambda: make(closed)))
    driver.round(1)
    driver.run(until=lambda: len(driver.values) >= read, max_records=10)
    deadline = time.monotonic() + 5
    while not driver.subtasks[0].reader._pulls[0].buffer.items and read < 200:
        assert time.monotonic() < deadline
    driver.close()
    assert closed.wait(5)


def test_close_does_not_wait_for_an_iterator_that_blocks(drive):
    release = threading.Event()

    def blocks():
        yield 1
        release.wait(20)
        yield 2

    driver = drive(IterableSource(blocks))
    driver.run(until=lambda: driver.values == [1])
    started = time.monotonic()
    driver.close()
    assert time.monotonic() - started < 2
    assert threads()
    release.set()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_lone_item_passes_at_once(drive, kind):
    sent = []

    def slow():
        for n in range(30):
            time.sleep(0.01)
            sent.append(time.monotonic())
            yield n

    async def slow_async():
        for n in range(30):
            await asyncio.sleep(0.01)
            sent.append(time.monotonic())
            yield n

    driver = drive(IterableSource(slow if kind == "sync" else slow_async))
    driver.run(max_records=8192)
    delays = sorted(b - a for a, b in zip(sent, driver.subtasks[0].arrivals, strict=True))
    assert delays[15] < 0.01, delays


def test_a_burst_comes_in_big_batches(drive):
    driver = drive(IterableSource(lambda: iter(range(200_000))))
    driver.run(max_records=8192)
    assert len(driver.subtasks[0].batches) < 400


@pytest.mark.parametrize("thing", [forever, forever_async])
def test_reads_ahead_only_a_little(drive, thing):
    driver = drive(IterableSource(lambda: thing(threading.Event()), bounded=False))
    driver.run(until=lambda: len(driver.values) >= 3, max_records=1)
    time.sleep(0.05)
    assert len(driver.subtasks[0].reader._pulls[0].buffer.items) <= 66
