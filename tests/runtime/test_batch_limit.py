"""The batch limit follows how long records take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hurtig.runtime import batch_limit
from hurtig.runtime.batch_limit import MAX_RECORDS, BatchLimit


def run(limit: BatchLimit, seconds_per_record: float, slices: int = 40) -> int:
    for _ in range(slices):
        limit.observe(limit.limit, limit.limit * seconds_per_record)
    return limit.limit


def test_starts_at_one_record():
    assert BatchLimit().limit == 1


def test_quick_records_get_full_batches():
    assert run(BatchLimit(), 1e-7) == MAX_RECORDS


def test_slow_records_go_one_by_one():
    limit = BatchLimit()
    run(limit, 1e-7)
    limit.observe(limit.limit, limit.limit * 0.1)
    assert limit.limit == 1
    assert run(limit, 0.1) == 1


def test_recovers_from_a_slow_moment():
    limit = BatchLimit()
    run(limit, 1e-7)
    limit.observe(limit.limit, 1.0)
    assert limit.limit < MAX_RECORDS
    assert run(limit, 1e-7) == MAX_RECORDS


def test_short_slices_say_nothing_about_larger_ones():
    limit = BatchLimit()
    run(limit, 1e-5, 5)
    before = limit.limit
    limit.observe(before - 1, 0.0)
    assert limit.limit == before


@given(st.floats(1e-8, 0.01), st.integers(1, 60))
def test_a_slice_stays_near_the_target(seconds, slices):
    """Never more than the target allows, or one record; never stuck below half of it."""
    limit = BatchLimit(0.005)
    run(limit, seconds, slices)
    assert 1 <= limit.limit <= MAX_RECORDS
    assert limit.limit == 1 or limit.limit * seconds <= 0.005 * 1.01
    if slices > 30 and seconds < 0.001:
        assert limit.limit == MAX_RECORDS or limit.limit * seconds >= 0.005 / 4


def test_the_largest_batch_is_looked_up_when_a_limit_is_made(monkeypatch):
    monkeypatch.setattr(batch_limit, "MAX_RECORDS", 3)  # as the random jobs do
    assert run(BatchLimit(), 1e-7) == 3
    assert run(BatchLimit(max_records=5), 1e-7) == 5
