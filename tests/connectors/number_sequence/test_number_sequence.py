"""Consecutive numbers, divided as Flink divides them."""

from __future__ import annotations

import pickle

import pytest

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.connectors.number_sequence.source import NumberSequenceSource, split_range


@pytest.mark.parametrize("parallelism", [1, 2, 3, 7])
@pytest.mark.parametrize(("start", "end"), [(1, 10), (-3, 3), (5, 5), (0, 2)])
def test_every_number_once(drive, start, end, parallelism):
    driver = drive(NumberSequenceSource(start, end), parallelism)
    assert sorted(driver.run(max_records=3)) == list(range(start, end + 1))


def test_one_subtask_reads_in_order(drive):
    driver = drive(NumberSequenceSource(1, 10_000))
    assert driver.run() == list(range(1, 10_001))
    assert len(driver.subtasks[0].batches) == 10


def test_the_first_parts_are_the_longer_ones():
    assert [(s.position, s.stop) for s in split_range(0, 10, 4)] == [
        (0, 3), (3, 6), (6, 8), (8, 10),
    ]  # fmt: skip
    assert [(s.position, s.stop) for s in split_range(0, 2, 4)] == [(0, 1), (1, 2)]


@pytest.mark.parametrize("rescaled", [1, 2, 3])
def test_snapshot_in_the_middle(drive, rescaled):
    source = NumberSequenceSource(1, 100)
    first = drive(source, 2)
    first.run(until=lambda: len(first.values) > 40, max_records=7)
    second = drive(source, rescaled, state=first.snapshot())
    assert sorted(first.values + second.run(max_records=9)) == list(range(1, 101))


def test_ends_of_long():
    source = NumberSequenceSource(-(2**63), 2**63 - 1)
    splits = source.create_enumerator(2).snapshot_state()
    assert [s.stop - s.position for s in splits] == [2**63, 2**63]


def test_wrong_order_is_an_error():
    with pytest.raises(ProgramError, match="3 > 2"):
        NumberSequenceSource(3, 2)


def test_type_name_and_pickle():
    from hurtig.datastream.connectors.number_seq import NumberSequenceSource as Exported

    assert Exported is NumberSequenceSource
    copy = pickle.loads(pickle.dumps(NumberSequenceSource(1, 2)))
    assert (copy.start, copy.end, copy.produced_type) == (1, 2, Types.LONG())
