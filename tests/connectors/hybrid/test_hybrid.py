"""Sources one after the other."""

from __future__ import annotations

import pickle

import pytest

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.connectors.collection.source import CollectionSource
from hurtig.connectors.datagen.source import DataGeneratorSource
from hurtig.connectors.iterable.source import IterableSource
from hurtig.connectors.number_sequence.source import NumberSequenceSource
from hurtig.connectors.source import Boundedness
from hurtig.datastream.connectors.hybrid_source import HybridSource


def three():
    return (
        HybridSource.builder(NumberSequenceSource(0, 99))
        .add_source(IterableSource(lambda: iter(range(100, 150))))
        .add_source(CollectionSource(range(150, 200)))
        .build()
    )


def test_one_after_the_other(drive):
    assert drive(three()).run(max_records=9) == list(range(200))


class Log:
    """The order in which subtasks read, over all of them."""

    def __init__(self, driver):
        self.driver = driver
        self.values = []
        self.counts = [0] * driver.parallelism

    def round(self, size):
        for index, subtask in enumerate(self.driver.subtasks):
            if not subtask.ended:
                subtask.poll(size)
            self.values += subtask.values[self.counts[index] :]
            self.counts[index] = len(subtask.values)


@pytest.mark.parametrize("parallelism", [2, 3])
def test_no_subtask_begins_before_all_have_ended(drive, parallelism):
    source = (
        HybridSource.builder(NumberSequenceSource(0, 99))
        .add_source(NumberSequenceSource(100, 199))
        .add_source(IterableSource(range(200, 300)))
        .add_source(NumberSequenceSource(300, 399))
        .build()
    )
    log = Log(drive(source, parallelism))
    while not all(s.ended for s in log.driver.subtasks):
        log.round(7)
    assert sorted(log.values) == list(range(400))
    assert [v // 100 for v in log.values] == sorted(v // 100 for v in log.values)


def test_an_empty_source_between(drive):
    source = (
        HybridSource.builder(CollectionSource([]))
        .add_source(IterableSource(iter([])))
        .add_source(CollectionSource([1]))
        .add_source(DataGeneratorSource(int, 0))
        .build()
    )
    driver = drive(source, 2)
    driver.run()
    assert driver.values == [1]


def test_a_partitioned_source_in_the_middle_is_read_by_all(drive):
    source = (
        HybridSource.builder(CollectionSource([-1]))
        .add_source(IterableSource.partitioned(lambda i, n: [i] * 3 if i == 0 else []))
        .add_source(CollectionSource([9]))
        .build()
    )
    driver = drive(source, 3)
    driver.run()
    assert sorted(driver.values) == [-1, 0, 0, 0, 9]


def test_an_unbounded_last_source_goes_on(drive):
    source = (
        HybridSource.builder(CollectionSource([-1])).add_source(DataGeneratorSource(int)).build()
    )
    assert source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    driver = drive(source)
    driver.run(until=lambda: len(driver.values) >= 30, max_records=10)
    assert driver.values[:30] == list(range(-1, 29))


@pytest.mark.parametrize("read", [0, 5, 60, 99, 100, 120, 149, 150, 170, 199, 200])
@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("rescaled", [1, 2, 3])
def test_snapshot_anywhere(drive, read, parallelism, rescaled):
    first = drive(three(), parallelism)
    first.run(until=lambda: len(first.values) >= read, max_records=5)
    state = pickle.loads(pickle.dumps(first.snapshot()))
    second = drive(three(), rescaled, state=state)
    assert sorted(first.values + second.run(max_records=11)) == list(range(200))


def test_split_ids_of_the_sources_differ(drive):
    driver = drive(three())
    driver.run()
    assert driver.subtasks[0].finished_splits == ["0:1", "1:0", "2:0"]


def test_readers_are_closed_when_the_next_begins(drive):
    driver = drive(three())
    driver.run(until=lambda: len(driver.values) > 150)
    reader = driver.subtasks[0].reader
    assert type(reader._reader).__name__ == "CollectionReader"


def test_wrong_arguments():
    unbounded = DataGeneratorSource(int)
    with pytest.raises(ProgramError, match="source 1 of the hybrid source, DataGeneratorSource"):
        HybridSource.builder(unbounded).add_source(CollectionSource([]))
    with pytest.raises(ProgramError, match="made of sources, got 'x'"):
        HybridSource.builder("x")


def test_type_and_pickle(drive):
    source = (
        HybridSource.builder(CollectionSource(["a"], Types.STRING()))
        .add_source(CollectionSource(["b"], Types.STRING()))
        .build()
    )
    copy = pickle.loads(pickle.dumps(source))
    assert copy.produced_type == Types.STRING()
    assert copy.boundedness is Boundedness.BOUNDED
    assert drive(copy).run() == ["a", "b"]
