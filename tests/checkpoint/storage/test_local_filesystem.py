"""The local file system: whole files or none."""

from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

import pytest

from hurtig.checkpoint.storage.filesystem import Entry, LocalStateFileSystem

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


def test_write_read_list_delete(tmp_path: Path) -> None:
    fs = LocalStateFileSystem()
    folder = str(tmp_path / "a" / "b")
    fs.make_folder(folder)
    fs.make_folder(folder)
    fs.write(f"{folder}/x", b"12345")
    assert fs.read(f"{folder}/x") == b"12345"
    assert fs.list(str(tmp_path / "a")) == [Entry("b", 0, True)]
    assert fs.list(folder) == [Entry("x", 5, False)]
    fs.delete_empty_folder(folder)
    assert fs.list(folder) == [Entry("x", 5, False)]
    fs.delete_file(f"{folder}/x")
    fs.delete_file(f"{folder}/x")
    fs.delete_empty_folder(folder)
    assert fs.list(folder) == fs.list(str(tmp_path / "a")) == []
    fs.delete_folder(str(tmp_path / "a"))
    fs.delete_folder(str(tmp_path / "a"))


def test_uploads_and_downloads_tell_size_and_checksum(tmp_path: Path) -> None:
    fs = LocalStateFileSystem()
    data = os.urandom(3_000_000)
    (tmp_path / "local").write_bytes(data)
    expected = (len(data), zlib.crc32(data))
    assert fs.upload(str(tmp_path / "stored"), str(tmp_path / "local")) == expected
    assert fs.download(str(tmp_path / "stored"), str(tmp_path / "again")) == expected
    assert (tmp_path / "again").read_bytes() == data


def test_replace_shows_the_old_or_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fs = LocalStateFileSystem()
    path = tmp_path / "_metadata"
    fs.replace(str(path), b"old")

    def refuse(source: str, target: str) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no"):
        fs.replace(str(path), b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["_metadata"]
    fs.replace(str(path), b"new")
    assert path.read_bytes() == b"new"


@needs_full
@pytest.mark.parametrize("operation", ["write", "replace", "upload"])
def test_a_full_disk_leaves_no_file(tmp_path: Path, operation: str) -> None:
    fs = LocalStateFileSystem()
    target = tmp_path / "state"
    (tmp_path / "local").write_bytes(b"1" * 100_000)
    real = tmp_path / ("state.inprogress" if operation == "replace" else "state")
    real.symlink_to(FULL)
    content = str(tmp_path / "local") if operation == "upload" else b"1" * 100_000
    with pytest.raises(OSError) as e:
        getattr(fs, operation)(str(target), content)
    assert e.value.errno == errno.ENOSPC
    assert os.listdir(tmp_path) == ["local"]


def test_entries_that_vanish_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "x").write_bytes(b"1")
    assert LocalStateFileSystem().list(str(tmp_path)) == [Entry("x", 1, False)]
