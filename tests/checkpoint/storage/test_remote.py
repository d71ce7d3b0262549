"""HDFS, Google's storage, and what fsspec has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.checkpoint.helpers import JOB, checkpoint

from hurtig.checkpoint.metadata import read_checkpoint
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.filesystems import FileSystems
from hurtig.checkpoint.storage.remote import ArrowStateFileSystem
from hurtig.common.errors import ProgramError

fs = pytest.importorskip("pyarrow.fs")


class TestHdfs:
    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
        """What HadoopFileSystem is called with; a folder plays the cluster."""
        calls: list[Any] = []

        def hadoop(host: str, port: int = 8020, **options: Any) -> Any:
            calls.append((host, port, options))
            return fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())

        monkeypatch.setattr(fs, "HadoopFileSystem", hadoop)
        return calls

    @pytest.mark.parametrize(
        ("url", "call", "path"),
        [
            ("hdfs://nn:9000/a/b", ("nn", 9000, {}), "/a/b"),
            ("hdfs://ann@nn:9000/a", ("nn", 9000, {"user": "ann"}), "/a"),
            ("hdfs://ns1/a", ("ns1", 0, {}), "/a"),
            ("hdfs:///a/b", ("default", 0, {}), "/a/b"),
            ("viewfs://ns1/a", ("viewfs://ns1", 0, {}), "/a"),
            (
                "hdfs://nn:1/a?user=bob&replication=2",
                ("nn", 1, {"user": "bob", "replication": 2}),
                "/a",
            ),
        ],
    )
    def test_urls(self, calls: list[Any], url: str, call: Any, path: str) -> None:
        filesystem, found = FileSystems().resolve(url)
        assert isinstance(filesystem, ArrowStateFileSystem)
        assert (calls, found) == ([call], path)

    def test_layout(self, calls: list[Any], tmp_path: Path) -> None:
        url = "hdfs://nn:9000/ck?user=u"
        storage = open_checkpoint_storage({"execution.checkpointing.dir": url}, JOB)
        location = storage.checkpoint_location(1)
        assert location == f"hdfs://nn:9000/ck/{JOB}/chk-1?user=u"
        handle = storage.writer(location).write("op-0", b"1" * 30_000)
        storage.write_metadata(checkpoint(1, location))
        assert storage.read(handle) == b"1" * 30_000
        folder = tmp_path / "ck" / JOB / "chk-1"
        assert sorted(p.name[:5] for p in folder.iterdir()) == ["_meta", "op-0-"]
        assert [c.location for c in storage.completed_checkpoints()] == [location]
        assert len(calls) == 1
        storage.discard_location(location)
        assert storage.completed_checkpoints() == []
        storage.discard_job()
        assert list((tmp_path / "ck").iterdir()) == []

    def test_no_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ARROW_LIBHDFS_DIR", "/nowhere")
        monkeypatch.delenv("HADOOP_HOME", raising=False)
        with pytest.raises(ProgramError, match="no access to 'hdfs://nn:9000/'") as e:
            FileSystems().resolve("hdfs://nn:9000/a")
        assert "CLASSPATH=$(hadoop classpath --glob)" in str(e.value)


def test_google() -> None:
    filesystem, path = FileSystems().resolve("gs://anonymous@bucket/ck/x")
    assert isinstance(filesystem, ArrowStateFileSystem)
    assert path == "bucket/ck/x"


def test_fsspec(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    settings = {
        "execution.checkpointing.dir": "memory://ck/jobs",
        "execution.checkpointing.data-inline-threshold": "0",
    }
    storage = open_checkpoint_storage(settings, JOB)
    location = storage.checkpoint_location(1)
    (tmp_path / "1.sst").write_bytes(b"sst")
    writer = storage.writer(location)
    handle, shared = writer.write("op-0", b"own"), writer.upload_shared(str(tmp_path / "1.sst"))
    storage.write_metadata(checkpoint(1, location))
    assert storage.read(handle) == b"own"
    storage.download(shared, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"sst"
    assert read_checkpoint(location).checkpoint_id == 1
    assert len(storage.completed_checkpoints()) == 1
    writer.discard()
    storage.discard_location(location)
    assert storage.completed_checkpoints() == []
    storage.discard_job()


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ProgramError, match=r"needs pyarrow.*pip install 'hurtig\[arrow\]'"):
        open_checkpoint_storage({"execution.checkpointing.dir": "s3://b/x"}, JOB)


def test_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ProgramError, match="pip install fsspec and its package for this scheme"):
        FileSystems().resolve("memory://ck")
