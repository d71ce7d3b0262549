"""Reading every kind of state back out of savepoints of real jobs."""

from __future__ import annotations

import pytest
from shop_job import savepoint_of

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.inspect import describe
from hurtig.savepoint import Savepoint, SavepointReadError


@pytest.fixture(scope="module", params=[("hashmap", 1), ("hashmap", 3), ("rocksdb", 2)])
def path(request, tmp_path_factory):
    backend, parallelism = request.param
    return savepoint_of(tmp_path_factory.mktemp("savepoints"), backend, parallelism)


@pytest.fixture
def savepoint(path):
    return Savepoint.load(path)


def rows(table):
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def test_what_is_listed(savepoint):
    assert (savepoint.job_name, savepoint.is_savepoint) == ("shop", True)
    shop = next(o for o in savepoint.operators() if o.name == "shop")
    states = {s.name: (s.scope, s.entries) for s in shop.states}
    assert states["sums"] == states["last"] == states["amounts"] == ("keyed", 3)
    assert shop.timers == {"PROCESSING_TIME": 4}
    assert all(s.size > 0 for s in shop.states)


def test_value_state(savepoint):
    table = savepoint.read_keyed_state("shop", "sums")
    assert rows(table) == [
        ("anna", {"n": 2, "total": 7}),
        ("ben", {"n": 1, "total": 5}),
        ("cleo", {"n": 1, "total": 1200}),
    ]


def test_state_with_a_time_to_live_says_when_it_was_written(savepoint):
    table = savepoint.read_keyed_state("shop", "last")
    assert table.column_names == ["key", "value", "written"]
    assert [row[:2] for row in rows(table)] == [("anna", 4), ("ben", 5), ("cleo", 1200)]
    assert all(abs(t - savepoint.timestamp) < 600_000 for t in table["written"].to_pylist())


def test_list_and_map_state(savepoint):
    assert rows(savepoint.read_keyed_state("shop", "amounts")) == [
        ("anna", 3),
        ("anna", 4),
        ("ben", 5),
        ("cleo", 1200),
    ]
    assert rows(savepoint.read_keyed_state("shop", "orders"))[:2] == [
        ("anna", 3, {"user": "anna", "amount": 3}),
        ("anna", 4, {"user": "anna", "amount": 4}),
    ]


def test_windows(savepoint):
    windows = next(o for o in savepoint.operators() if o.name == "windows")
    (name,) = [s.name for s in windows.states if s.scope == "keyed" and s.entries]
    table = savepoint.read_keyed_state("windows", name)
    found = {(r["key"], r["window_start"], r["window_end"]) for r in table.to_pylist()}
    assert found == {("anna", 0, 1000), ("ben", 0, 1000), ("cleo", 1000, 2000)}


def test_timers(savepoint):
    table = savepoint.read_timers("shop")
    assert sorted(rows(table)) == [
        ("PROCESSING_TIME", 10**14 + amount, key)
        for amount, key in [(3, "anna"), (4, "anna"), (5, "ben"), (1200, "cleo")]
    ]


def test_broadcast_state(savepoint):
    assert rows(savepoint.read_operator_state("rules", "rules")) == [("bonus", 1), ("limit", 7)]


def test_what_is_not_there_is_named(savepoint, tmp_path):
    with pytest.raises(SavepointReadError, match=r"no operator 'shp'.*[0-9a-f]{32} \(shop\)"):
        savepoint.read_keyed_state("shp", "sums")
    with pytest.raises(SavepointReadError, match=r"no keyed state 'x': it has .*'sums'"):
        savepoint.read_keyed_state("shop", "x")
    with pytest.raises(CheckpointDamagedError, match="no checkpoint"):
        Savepoint.load(str(tmp_path))


def test_the_description(path):
    text = describe(path)
    assert text.startswith("savepoint ")
    assert " of job 'shop' (" in text
    line = next(line for line in text.splitlines() if line.split()[:1] == ["amounts"])
    assert line.split()[1:4] == ["keyed", "list<Long>", "3"]
    assert any(
        line.split()[:4] == ["PROCESSING_TIME", "timers", "timers", "4"]
        for line in text.splitlines()
    )
