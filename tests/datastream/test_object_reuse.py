"""Several readers of one stream do not see what another one does to a record."""

from __future__ import annotations

import pytest

from hurtig.testing import collect, collect_all


def grown(value):
    value.append("changed")
    return value


@pytest.mark.parametrize("chained", [True, False])
def test_branches_have_records_of_their_own(env, chained):
    stream = env.from_collection([[1], [2]]).map(lambda v: v)
    if not chained:
        stream.disable_chaining()
    got = collect_all(
        first=stream.map(grown), second=stream.map(lambda v: v), third=stream.map(grown)
    )
    changed = [[1, "changed"], [2, "changed"]]
    assert got == {"first": changed, "second": [[1], [2]], "third": changed}


def test_union_with_itself(env):
    stream = env.from_collection([[1]]).map(lambda v: v)
    assert collect(stream.union(stream).map(grown)) == [[1, "changed"]] * 2


def test_broadcast_gives_each_subtask_its_own(env):
    stream = env.from_collection([[1], [2]]).broadcast().map(grown).set_parallelism(3)
    assert sorted(collect(stream)) == sorted([[1, "changed"], [2, "changed"]] * 3)


def test_object_reuse_shares(env_in):
    env = env_in(**{"pipeline.object-reuse": "true"})
    stream = env.from_collection([[1]]).map(lambda v: v)
    got = collect_all(first=stream.map(grown), second=stream.map(lambda v: v))
    assert got["second"] == [[1, "changed"]]


def test_the_programs_own_collection_is_left_alone(env):
    data = [[1], [2]]
    collect(env.from_collection(data).map(grown))
    assert data == [[1], [2]]
