"""S3, by HTTP with a server in this process."""

from __future__ import annotations

import logging
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checkpoint.helpers import JOB, Files, checkpoint

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError
from hurtig.checkpoint.handles import OperatorSubtaskState
from hurtig.checkpoint.metadata import read_checkpoint
from hurtig.checkpoint.restore import load_operator
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.checkpoint.storage.filesystems import FileSystems
from hurtig.checkpoint.storage.s3 import s3_arguments
from hurtig.checkpoint.upload import SubtaskUpload
from hurtig.common.errors import ProgramError
from hurtig.state.files_snapshot import FilesSnapshot

AWS = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")


@pytest.fixture(autouse=True)
def no_aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in AWS:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    pytest.importorskip("pyarrow")
    server_module = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def settings(endpoint: str, request: pytest.FixtureRequest) -> dict[str, str]:
    bucket = f"bucket{abs(hash(request.node.name))}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT"))
    return {
        "execution.checkpointing.dir": f"s3://{bucket}/ck",
        "execution.checkpointing.savepoint-dir": f"s3://{bucket}/sp",
        "execution.checkpointing.data-inline-threshold": "0",
        "s3.endpoint": endpoint,
        "s3.access-key": "key",
        "s3.secret-key": "secret",
        "s3.path.style.access": "true",
        "s3.region": "us-east-1",
    }


@pytest.fixture
def storage(settings: dict[str, str]) -> CheckpointStorage:
    return open_checkpoint_storage(settings, JOB)


def names(settings: dict[str, str], below: str = "") -> list[str]:
    """All objects of the bucket, without markers of folders."""
    from pyarrow import fs

    bucket = settings["execution.checkpointing.dir"].split("/")[2]
    selector = fs.FileSelector(f"{bucket}{below}", recursive=True, allow_not_found=True)
    arguments = s3_arguments(f"s3://{bucket}", settings)
    found = fs.S3FileSystem(**arguments).get_file_info(selector)
    return sorted(f.path.partition("/")[2] for f in found if f.is_file)


def take(
    storage: CheckpointStorage, task: SubtaskUpload, files: Files, number: int, *shared: str
) -> str:
    location = storage.checkpoint_location(number)
    snapshot = files.snapshot({name: name.encode() for name in shared}, {"M": b"m"})
    state = task.upload(number, location, {"op": snapshot})
    storage.write_metadata(checkpoint(number, location, {0: state.operators["op"]}))
    task.notify_complete(number)
    return location


def test_checkpoints_there_and_back(
    storage: CheckpointStorage, settings: dict[str, str], tmp_path: Path
) -> None:
    task, files = SubtaskUpload(storage, 0), Files(tmp_path / "db")
    first = take(storage, task, files, 1, "1.sst", "2.sst")
    second = take(storage, task, files, 2, "2.sst", "3.sst")
    shared = [n.rsplit("/", 1)[1].partition("-")[0] for n in names(settings) if "/shared/" in n]
    assert shared == ["1", "2", "3"]
    assert [c.checkpoint_id for c in storage.completed_checkpoints()] == [1, 2]

    found = read_checkpoint(second, settings)
    (snapshot,) = load_operator(
        storage, [found.operators["op"].subtasks[0]], str(tmp_path / "work")
    )
    assert isinstance(snapshot.keyed, FilesSnapshot)
    assert sorted(os.listdir(snapshot.keyed.directory)) == ["2.sst", "3.sst", "M"]

    storage.discard_location(first)
    assert [c.checkpoint_id for c in storage.completed_checkpoints()] == [2]
    storage.delete(found.operators["op"].subtasks[0].files.values())
    assert len([n for n in names(settings) if "/shared/" in n]) == 1
    storage.discard_location(second)
    storage.discard_job()
    assert names(settings) == []


def test_large_files(storage: CheckpointStorage, tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 12  # in several parts
    (tmp_path / "1.sst").write_bytes(data)
    handle = storage.writer(storage.checkpoint_location(1)).upload_shared(str(tmp_path / "1.sst"))
    storage.download(handle, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == data


def test_savepoints(storage: CheckpointStorage, settings: dict[str, str]) -> None:
    location = storage.savepoint_location(None)
    state = OperatorSubtaskState(storage.writer(location).write("op-0", b"own"), {})
    storage.write_metadata(checkpoint(1, location, {0: state}, savepoint=True))
    found = read_checkpoint(f"{location}/_metadata", settings)
    assert storage.read(found.operators["op"].subtasks[0].snapshot) == b"own"
    assert len(names(settings, "/sp")) == 2


def test_damage(storage: CheckpointStorage, settings: dict[str, str]) -> None:
    handle = storage.writer(storage.checkpoint_location(1)).write("op-0", b"own")
    filesystem, path = FileSystems(settings).resolve(handle.path)
    filesystem.write(path, b"0wn")
    with pytest.raises(CheckpointDamagedError, match=r"s3://bucket.*is damaged"):
        storage.read(handle)
    filesystem.delete_file(path)
    with pytest.raises(CheckpointDamagedError, match=r"s3://bucket.*is missing"):
        storage.read(handle)
    with pytest.raises(CheckpointDamagedError, match="there is no checkpoint at s3://bucket"):
        read_checkpoint(settings["execution.checkpointing.dir"], settings)


def test_a_failed_checkpoint(
    storage: CheckpointStorage, settings: dict[str, str], tmp_path: Path
) -> None:
    task, files = SubtaskUpload(storage, 0), Files(tmp_path / "db")
    location = storage.checkpoint_location(1)
    task.upload(1, location, {"op": files.snapshot({"1.sst": b"1"}, {"M": b"m"})})
    discard = task.notify_aborted(1)
    assert discard is not None
    discard()
    assert names(settings) == []


def test_a_bucket_that_is_not_there(settings: dict[str, str]) -> None:
    storage = open_checkpoint_storage(
        {**settings, "execution.checkpointing.dir": "s3://nowhere/ck"}, JOB
    )
    writer = storage.writer("s3://nowhere/ck/chk-1")
    with pytest.raises(CheckpointError, match=r"cannot write .*s3://nowhere/ck/chk-1/op-0-.*exist"):
        writer.write("op-0", b"own")


class TestArguments:
    BASE = {"s3.region": "eu-west-1"}  # noqa: RUF012

    def test_flinks_keys(self) -> None:
        found = s3_arguments(
            "s3://b/x",
            {"s3.endpoint": "http://h:1/", "s3.access.key": "a", "s3.secret.key": "s", **self.BASE},
        )
        assert found == {
            "endpoint_override": "h:1",
            "scheme": "http",
            "access_key": "a",
            "secret_key": "s",
            "region": "eu-west-1",
        }

    @pytest.mark.parametrize(("text", "virtual"), [("true", False), ("false", True)])
    def test_path_style(self, text: str, virtual: bool) -> None:
        keys = {"s3.endpoint": "h:1", "s3.path-style-access": text, **self.BASE}
        found = s3_arguments("s3a://b/x", keys)
        assert found.get("force_virtual_addressing", False) == virtual
        assert found["scheme"] == "https"

    def test_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "https://h:1")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
        assert s3_arguments("s3://b/x", {}) == {
            "endpoint_override": "h:1",
            "scheme": "https",
            "region": "eu-north-1",
        }

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ({"s3.access-key": "a"}, "s3.access-key is set, but s3.secret-key is not"),
            ({"s3.secret-key": "a"}, "s3.secret-key is set, but s3.access-key is not"),
            ({"s3.endpoint": "ftp://h"}, "s3.endpoint is 'ftp://h'; write http"),
            ({"s3.endpoint": "h", "s3.path.style.access": "yes"}, "s3.path.style.access: 'yes'"),
        ],
    )
    def test_settings_that_cannot_be(self, keys: dict[str, str], message: str) -> None:
        with pytest.raises(ProgramError, match=message):
            s3_arguments("s3://b/x", {**self.BASE, **keys})

    def test_no_bucket(self) -> None:
        with pytest.raises(ProgramError, match="names no bucket"):
            FileSystems(self.BASE).resolve("s3:///x")
