"""Generated records."""

from __future__ import annotations

import pickle
import time

import pytest

from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.common.typeinfo import Types
from hurtig.connectors.source import Boundedness, ReadStatus
from hurtig.datastream.connectors.datagen import DataGeneratorSource, RateLimiterStrategy


def square(number):
    return number * number


class Half:
    def map(self, number):
        return number / 2


@pytest.mark.parametrize("parallelism", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_every_number_once(drive, parallelism, count):
    values = drive(DataGeneratorSource(square, count), parallelism).run(max_records=64)
    assert sorted(values) == [n * n for n in range(count)]


def test_an_object_with_map(drive):
    assert drive(DataGeneratorSource(Half(), 3)).run() == [0.0, 0.5, 1.0]


def test_without_end_the_numbers_are_dealt_out_in_turn(drive):
    source = DataGeneratorSource(int)
    assert source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    driver = drive(source, 2)
    driver.run(until=lambda: len(driver.values) == 40, max_records=10)
    assert [s.values for s in driver.subtasks] == [list(range(0, 40, 2)), list(range(1, 40, 2))]


@pytest.mark.parametrize("count", [100, None])
@pytest.mark.parametrize("rescaled", [1, 2, 3])
def test_snapshot_in_the_middle(drive, count, rescaled):
    source = DataGeneratorSource(int, count)
    first = drive(source, 2)
    first.run(until=lambda: len(first.values) >= 30, max_records=7)
    second = drive(source, rescaled, state=first.snapshot())
    second.run(until=lambda: len(first.values + second.values) >= 100, max_records=5)
    both = sorted(first.values + second.values)
    assert both[:60] == list(range(60))
    assert len(set(both)) == len(both)


def test_is_paced(drive):
    driver = drive(DataGeneratorSource(int, 100, RateLimiterStrategy.per_second(200)))
    started = time.monotonic()
    assert driver.run() == list(range(100))
    assert 0.45 < time.monotonic() - started < 2
    late = [at - started - n / 200 for n, at in enumerate(driver.subtasks[0].arrivals)]
    assert min(late) > -0.005
    assert sorted(late)[50] < 0.1


def test_a_fast_pace_comes_in_small_steps(drive):
    driver = drive(DataGeneratorSource(int, 10_000, RateLimiterStrategy.per_second(20_000)))
    started = time.monotonic()
    driver.run(max_records=8192)
    assert 0.4 < time.monotonic() - started < 3
    assert max(len(b.values) for b in driver.subtasks[0].batches) <= 200
    assert len(driver.subtasks[0].batches) < 250


def test_waits_for_a_checkpoint(drive):
    driver = drive(DataGeneratorSource(int, 7, RateLimiterStrategy.per_checkpoint(3)))
    subtask = driver.subtasks[0]
    driver.run(until=lambda: len(driver.values) == 3)
    assert subtask.poll(10) is ReadStatus.NOTHING_AVAILABLE
    subtask.signal.clear()
    subtask.reader.notify_checkpoint_complete(1)
    assert subtask.signal.is_set()
    driver.run(until=lambda: len(driver.values) == 6)
    subtask.reader.notify_checkpoint_complete(2)
    assert driver.run() == list(range(7))


def fails_on_five(number):
    if number == 5:
        raise ValueError("five")
    return number


def test_an_error_names_the_number(drive):
    driver = drive(DataGeneratorSource(fails_on_five, 10))
    with pytest.raises(UserFunctionError) as caught:
        driver.run()
    text = caught.value.render()
    assert 'raise ValueError("five")' in text
    assert "read at   record number 5" in text
    assert "datagen/source.py" not in text


def test_skip(drive):
    driver = drive(DataGeneratorSource(fails_on_five, 8), policy="skip")
    assert driver.run() == [0, 1, 2, 3, 4, 6, 7]


def test_wrong_arguments_type_and_pickle(drive):
    with pytest.raises(ProgramError, match="cannot make records"):
        DataGeneratorSource(3)
    with pytest.raises(ProgramError, match="-1"):
        DataGeneratorSource(square, -1)
    source = DataGeneratorSource(square, 3, RateLimiterStrategy.per_second(1e6), Types.LONG())
    copy = pickle.loads(pickle.dumps(source))
    assert copy.produced_type == Types.LONG()
    assert drive(copy).run() == [0, 1, 4]
