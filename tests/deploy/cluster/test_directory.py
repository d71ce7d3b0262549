from __future__ import annotations

import os
import stat

import pytest

from hurtig.deploy.cluster.connect import connect
from hurtig.deploy.cluster.directory import ClusterDirectory, ClusterError, write_atomically
from hurtig.deploy.cluster.job_record import JobDirectory, JobRecord


@pytest.fixture
def folder(tmp_path):
    found = ClusterDirectory(str(tmp_path / "cluster"))
    found.create()
    return found


def test_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HURTIG_HOME", str(tmp_path))
    assert ClusterDirectory().root == str(tmp_path / "cluster")
    monkeypatch.delenv("HURTIG_HOME")
    monkeypatch.setenv("HOME", "/home/ann")
    assert ClusterDirectory().root == "/home/ann/.hurtig/cluster"
    assert ClusterDirectory("/x").root == "/x"


def test_only_its_owner_can_read_it(folder):
    folder.token()
    folder.announce({"pid": 1})
    for path in (folder.root, folder.jobs, f"{folder.root}/token", f"{folder.root}/daemon.json"):
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path


def test_one_holds_the_lock(folder):
    assert not folder.is_running()
    held = folder.lock()
    assert folder.lock() is None
    assert folder.is_running()
    held.close()
    assert not folder.is_running()


def test_what_a_killed_daemon_left_does_not_count(folder):
    folder.announce({"pid": 1, "port": 2})
    assert folder.daemon() is None
    with folder.lock():
        assert folder.daemon() == {"pid": 1, "port": 2}
        folder.withdraw()
        assert folder.daemon() is None
        folder.withdraw()


def test_token(folder):
    assert folder.known_token() is None
    token = folder.token()
    assert len(token) == 48
    assert folder.token() == folder.known_token() == token
    assert folder.token("mine") == folder.known_token() == "mine"


def test_atomic_write(tmp_path):
    path = tmp_path / "file"
    write_atomically(str(path), b"one")
    write_atomically(str(path), b"two", durable=False)
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]


def test_job_record(tmp_path):
    record = JobRecord("ab" * 16, "job", {"a": "b"}, 5, search_path=["/x"])
    record.enter("RUNNING", 7)
    job = JobDirectory(str(tmp_path / "job"))
    assert job.read() is None
    job.create(record, b"graph", {"x": 1})
    assert job.read() == record
    assert (job.graph(), job.details()) == (b"graph", {"x": 1})
    assert not record.ended
    assert record.ended_at == -1
    record.enter("FAILED", 9)
    assert record.ended
    assert record.ended_at == 9


def test_record_of_a_later_version(tmp_path):
    job = JobDirectory(str(tmp_path))
    (tmp_path / "job.json").write_text(
        '{"job_id": "1", "name": "n", "settings": {}, "submitted_at": 1, "new": 2}'
    )
    assert job.read().name == "n"
    (tmp_path / "job.json").write_text('{"job_id": ')
    assert job.read() is None


def test_result_of_an_attempt(tmp_path):
    job = JobDirectory(str(tmp_path))
    job.write_result(2, {"status": "FINISHED"})
    assert job.result(1) is None
    assert job.result(2) == {"status": "FINISHED"}


def test_connect(folder, monkeypatch):
    monkeypatch.delenv("HURTIG_REST_TOKEN", raising=False)
    here = {"hurtig.cluster.dir": folder.root}
    with pytest.raises(ClusterError, match="hurtig cluster start"):
        connect(here)
    with folder.lock():
        folder.announce({"pid": 1, "host": "0.0.0.0", "port": 5})
        folder.token("secret")
        found = connect(here)
        assert (found.address, found._token) == ("127.0.0.1:5", "secret")
        at = {**here, "rest.address": "localhost", "rest.port": "5"}
        assert connect(at)._token == "secret"
        elsewhere = connect({**at, "rest.address": "other.example"})
        assert (elsewhere.address, elsewhere._token) == ("other.example:5", None)
        assert connect({**at, "rest.port": "6"})._token is None
        assert connect({**at, "hurtig.rest.token": "t"})._token == "t"
        monkeypatch.setenv("HURTIG_REST_TOKEN", "e")
        assert connect(at)._token == "e"
