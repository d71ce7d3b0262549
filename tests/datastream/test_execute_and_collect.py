"""Records in the program that asks for them."""

from __future__ import annotations

import itertools

import pytest

from hurtig.common.errors import ProgramError, UserFunctionError


def test_an_iterator(env):
    records = env.from_collection([1, 2]).execute_and_collect("name")
    assert iter(records) is records
    assert [records.next(), next(records)] == [1, 2]
    with pytest.raises(StopIteration):
        next(records)
    records.close()
    with pytest.raises(StopIteration):
        next(records)


def test_a_limit_gives_a_list(env):
    stream = env.from_iterable(itertools.count, bounded=False)
    assert stream.execute_and_collect(limit=4) == [0, 1, 2, 3]


def test_a_limit_beyond_the_end(env):
    assert env.from_collection([1, 2]).execute_and_collect(limit=10) == [1, 2]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_positive(env, limit):
    with pytest.raises(ProgramError, match="Limit must be greater than 0"):
        env.from_collection([1]).execute_and_collect(limit=limit)


def test_records_come_before_the_end(env):
    """An unbounded stream is read while it runs."""
    records = env.from_iterable(itertools.count, bounded=False).execute_and_collect()
    assert list(itertools.islice(records, 1000)) == list(range(1000))
    records.close()


def test_closing_keeps_what_was_read(env):
    with env.from_collection([1, 2, 3]).execute_and_collect() as records:
        assert next(records) == 1


def test_a_failure_comes_behind_the_records_before_it(env):
    records = env.from_collection([4, 2, 0]).map(lambda x: 4 // x).execute_and_collect()
    assert [next(records), next(records)] == [1, 2]
    with pytest.raises(UserFunctionError):
        next(records)
    with pytest.raises(StopIteration):
        next(records)


def test_none_and_empty_values_are_records(env):
    assert list(env.from_collection([None, "", 0, [], ()]).execute_and_collect()) == [
        None, "", 0, [], ()
    ]  # fmt: skip


def test_the_rest_of_the_program_runs_too(env, capsys):
    env.from_collection(["printed"]).print()
    assert list(env.from_collection([1]).execute_and_collect()) == [1]
    assert capsys.readouterr().out == "printed\n"


def test_many_records(env):
    env.set_parallelism(2)
    assert sum(env.from_sequence(1, 200_000).execute_and_collect()) == 200_000 * 200_001 // 2


def test_an_iterator_that_is_dropped_ends_its_job(env):
    import gc

    from hurtig.client import running

    records = env.from_iterable(itertools.count, bounded=False).execute_and_collect()
    next(records)
    assert len(running.jobs()) == 1
    del records
    gc.collect()
    assert running.jobs() == []
