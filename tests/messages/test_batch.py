"""Row batches."""

from __future__ import annotations

import pickle

import pytest

from hurtig.messages import RowBatch


@pytest.fixture
def full() -> RowBatch:
    return RowBatch(["a", "b", "c"], [1, 2, 3], ["x", "y", "z"])


def columns(batch: RowBatch) -> tuple[object, object, object]:
    return batch.values, batch.timestamps, batch.keys


def test_slice(full):
    assert len(full) == 3
    assert columns(full.slice(1, 3)) == (["b", "c"], [2, 3], ["y", "z"])
    assert columns(RowBatch(["a", "b"]).slice(0, 1)) == (["a"], None, None)


def test_select_keeps_the_given_order(full):
    assert columns(full.select([2, 0])) == (["c", "a"], [3, 1], ["z", "x"])
    assert columns(RowBatch([5, 6]).select([1])) == ([6], None, None)


def test_slices_are_lists_of_their_own(full):
    full.slice(0, 3).values.append("d")
    assert len(full) == 3


def test_travels_between_processes(full):
    assert columns(pickle.loads(pickle.dumps(full))) == columns(full)


def test_repr_shows_all_columns(full):
    assert repr(full) == "RowBatch(['a', 'b', 'c'], [1, 2, 3], ['x', 'y', 'z'])"
