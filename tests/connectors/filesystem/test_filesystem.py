"""Paths and URLs, and file systems that are not local."""

from __future__ import annotations

import pytest

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import Encoder
from hurtig.connectors.filesystem import remote
from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner
from hurtig.connectors.filesystem.filesystem import LOCAL, is_hidden, resolve
from hurtig.connectors.filesystem.sink import FileSink
from hurtig.connectors.filesystem.source import FileSource
from hurtig.formats.contract import StreamFormat


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/a/b", "/a/b"),
        ("a/b", "a/b"),
        ("a:b", "a:b"),
        ("file:///a/b%20c", "/a/b c"),
        ("file:/a/b", "/a/b"),
        ("file://localhost/a", "/a"),
    ],
)
def test_local_paths(location, path):
    assert resolve(location) == (LOCAL, path)


def test_an_unknown_scheme():
    with pytest.raises(ProgramError, match=r"no file system for 'gopher://x/y'"):
        resolve("gopher://x/y")


@pytest.mark.parametrize(
    ("path", "hidden"), [("/a/.b", True), ("/a/_b/", True), ("/.a/b", False), ("b_", False)]
)
def test_hidden_names(path, hidden):
    assert is_hidden(path) is hidden


@pytest.fixture
def arrow_urls(monkeypatch):
    """``arrow:///path``: the local disk as pyarrow sees it."""
    fs = pytest.importorskip("pyarrow.fs")

    def find(url):
        return remote.ArrowFileSystem(fs.LocalFileSystem()), url.removeprefix("arrow://")

    monkeypatch.setattr(remote, "remote_filesystem", find)


def test_reading_through_arrow(tmp_path, read_all, arrow_urls):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_text("1\n2")
    (tmp_path / "sub" / "b").write_text("3\n")
    (tmp_path / ".c").write_text("4\n")
    source = FileSource.for_record_stream_format(
        StreamFormat.text_line_format(), f"arrow://{tmp_path}"
    ).build()
    assert read_all(source) == [["1", "2", "3"]]
    missing = FileSource.for_record_stream_format(
        StreamFormat.text_line_format(), f"arrow://{tmp_path}/x"
    ).build()
    with pytest.raises(ProgramError, match=r"no file or directory 'arrow://"):
        missing.create_enumerator(1).discover(0)


def test_writing_through_arrow(tmp_path, sink_driver, arrow_urls):
    sink = (
        FileSink.for_row_format(f"arrow://{tmp_path}/out", Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )
    driver = sink_driver(sink, checkpointing=True)
    driver.write("a")
    assert driver.checkpoint() == []  # it rolls: such files cannot be written on
    driver.commit()
    driver.write("b")
    driver.finish()
    written = [p.read_text() for p in (tmp_path / "out").iterdir()]
    assert sorted(written) == ["a\n", "b\n"]
