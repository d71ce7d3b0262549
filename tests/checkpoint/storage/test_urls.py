"""URLs, and the settings that name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.filesystem import LocalStateFileSystem
from hurtig.checkpoint.storage.filesystems import (
    FileSystems,
    absolute_url,
    join_url,
    name_of,
    parent_url,
)
from hurtig.checkpoint.storage.folders import FileSystemCheckpointStorage
from hurtig.checkpoint.storage.memory import JobManagerCheckpointStorage
from hurtig.checkpoint.storage.options import read_options
from hurtig.common.errors import ProgramError

CP = "execution.checkpointing"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("file:///a/b%20c", "/a/b c"),
        ("file:/a/b", "/a/b"),
        ("file://localhost/a", "/a"),
    ],
)
def test_local_urls(url: str, path: str) -> None:
    filesystem, found = FileSystems().resolve(url)
    assert isinstance(filesystem, LocalStateFileSystem)
    assert found == path


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute_url("ck") == str(tmp_path / "ck")
    assert absolute_url("s3://bucket/ck/") == "s3://bucket/ck"


@pytest.mark.parametrize(
    ("url", "below", "parent", "name"),
    [
        ("/a/b", "/a/b/x/y", "/a", "b"),
        ("s3://b/a", "s3://b/a/x/y", "s3://b", "a"),
        ("hdfs://h/a?user=u", "hdfs://h/a/x/y?user=u", "hdfs://h?user=u", "a"),
        ("/a/what?b", "/a/what?b/x/y", "/a", "what?b"),
    ],
)
def test_joining(url: str, below: str, parent: str, name: str) -> None:
    assert join_url(url, "x", "y") == below
    assert parent_url(url) == parent
    assert name_of(url) == name


def test_default_is_memory() -> None:
    assert isinstance(open_checkpoint_storage({}, "j"), JobManagerCheckpointStorage)


@pytest.mark.parametrize("key", [f"{CP}.dir", "state.checkpoints.dir"])
def test_a_directory_means_files(key: str, tmp_path: Path) -> None:
    storage = open_checkpoint_storage({key: str(tmp_path / "c")}, "j")
    assert type(storage) is FileSystemCheckpointStorage
    assert storage.checkpoint_location(7) == str(tmp_path / "c" / "j" / "chk-7")


def test_without_subdir(tmp_path: Path) -> None:
    settings = {f"{CP}.dir": str(tmp_path), f"{CP}.create-subdir": "false"}
    location = open_checkpoint_storage(settings, "j").checkpoint_location(7)
    assert location == str(tmp_path / "chk-7")


def test_options_with_their_older_names() -> None:
    options = read_options(
        {
            "state.checkpoints.dir": "/c",
            "state.savepoints.dir": "file:///s/",
            "state.storage.fs.memory-threshold": "1 kb",
            "state.checkpoints.create-subdir": "false",
            "state.checkpoint.cleaner.parallel-mode": "false",
            "hurtig.checkpointing.jobmanager.max-state-size": "7",
        }
    )
    assert options == (False, "/c", "file:///s", 1024, 7, False, False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({f"{CP}.storage": "filesystem"}, "execution.checkpointing.dir is not set"),
        ({f"{CP}.storage": "com.example.Factory"}, "'jobmanager' and 'filesystem'"),
        ({f"{CP}.dir": "/"}, "root folder"),
        ({f"{CP}.dir": "file:///"}, "root folder"),
        ({f"{CP}.data-inline-threshold": "2 mb"}, "from 0 to 1048576"),
        ({f"{CP}.dir": "nonsense://x/y"}, "no file system for 'nonsense://x/'"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        open_checkpoint_storage(settings, "j")


def test_no_directory_for_a_savepoint() -> None:
    with pytest.raises(ProgramError, match=r"execution\.checkpointing\.savepoint-dir"):
        open_checkpoint_storage({}, "j").savepoint_location(None)
