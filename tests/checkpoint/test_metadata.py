"""The metadata file: what it says, and what is said about one that cannot be used."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.checkpoint.helpers import checkpoint, inline

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.handles import (
    CompletedCheckpoint,
    OperatorState,
    OperatorSubtaskState,
    StateHandle,
)
from hurtig.checkpoint.metadata import read_checkpoint
from hurtig.checkpoint.metadata_format import parse, serialize

FOLDERS = ("", "/ck/job/chk-1", "s3://bucket/ck/job/chk-1", "hdfs://h/ck/job/chk-1?user=u")
FILES = (
    "/ck/job/chk-1/a",
    "/ck/job/shared/b.sst",
    "/elsewhere/c",
    "s3://bucket/ck/job/chk-1/a",
    "s3://bucket/ck/job/shared/b.sst",
    "s3://bucket/ck/job/chk-10/x",
    "hdfs://h/ck/job/chk-1/a?user=u",
)
texts = st.text(string.printable + "äß→\u2028", max_size=8)
handles = st.one_of(
    st.builds(
        StateHandle,
        st.integers(0, 2**40),
        st.sampled_from(FILES),
        st.none(),
        st.just(-1) | st.integers(0, 2**32 - 1),
    ),
    st.builds(inline, st.binary(max_size=20)),
)
subtasks = st.dictionaries(
    st.integers(0, 99),
    st.builds(OperatorSubtaskState, handles, st.dictionaries(texts, handles, max_size=3)),
    max_size=3,
)
operators = st.builds(
    OperatorState,
    texts,
    texts,
    st.integers(1, 99),
    st.integers(1, 99),
    subtasks,
    st.none() | handles,
)
checkpoints = st.builds(
    CompletedCheckpoint,
    job_id=texts,
    job_name=texts,
    checkpoint_id=st.integers(1, 2**60),
    timestamp=st.integers(0, 2**50),
    is_savepoint=st.booleans(),
    operators=st.lists(operators, max_size=3).map(lambda found: {o.uid: o for o in found}),
    in_flight=st.dictionaries(
        texts, st.dictionaries(st.integers(0, 9), handles, max_size=2), max_size=2
    ),
    location=st.sampled_from(FOLDERS),
    completed_at=st.integers(0, 2**50),
)


def content(of: CompletedCheckpoint) -> list[object]:
    fields = [getattr(of, name) for name in CompletedCheckpoint.__slots__ if name != "operators"]
    rows = [[getattr(o, name) for name in OperatorState.__slots__] for o in of.operators.values()]
    return [fields, list(of.operators), rows]


@given(checkpoints)
def test_what_is_written_is_read(original: CompletedCheckpoint) -> None:
    again = parse(serialize(original), original.location, "x")
    assert content(again) == content(original)


@given(checkpoints, st.data())
def test_any_change_is_noticed(original: CompletedCheckpoint, data: st.DataObject) -> None:
    text = bytearray(serialize(original))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CheckpointDamagedError, match="the-path"):
        parse(bytes(text), original.location, "the-path")


@given(checkpoints, st.data())
def test_any_cut_is_noticed(original: CompletedCheckpoint, data: st.DataObject) -> None:
    text = serialize(original)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(CheckpointDamagedError, match=r"the-path is (cut off|empty|damaged)"):
        parse(cut, original.location, "the-path")


def test_a_person_can_read_it() -> None:
    state = OperatorSubtaskState(
        StateHandle(3, "/ck/job/chk-1/op-0-x", None, 0xAB),
        {"1.sst": StateHandle(9, "/ck/job/shared/1-x.sst", None, 1)},
    )
    text = serialize(
        checkpoint(1, "/ck/job/chk-1", {0: state, 1: OperatorSubtaskState(inline(b"abc"), {})})
    )
    document = json.loads(text)
    assert document["format"] == "hurtig checkpoint"
    assert document["version"] == 1
    assert document["kind"] == "checkpoint"
    (operator,) = document["operators"]
    assert operator["name"] == "Operator"
    assert operator["subtasks"]["0"] == {
        "snapshot": {"size": 3, "crc32": "000000ab", "path": "op-0-x"},
        "files": {"1.sst": {"size": 9, "crc32": "00000001", "path": "../shared/1-x.sst"}},
    }
    assert operator["subtasks"]["1"]["snapshot"]["base64"] == "YWJj"
    assert text.startswith(b'{\n "format": "hurtig checkpoint",\n "version": 1,\n "checksum": "')


class TestReading:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "job" / "chk-1"
        folder.mkdir(parents=True)
        (folder / "_metadata").write_bytes(serialize(checkpoint(1, str(folder))))
        return folder

    def error(self, path: object) -> str:
        with pytest.raises(CheckpointDamagedError) as e:
            read_checkpoint(str(path))
        return str(e.value)

    def test_by_folder_file_or_url(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder.parent)
        for name in (folder, f"{folder}/", folder / "_metadata", f"file://{folder}", "chk-1"):
            found = read_checkpoint(str(name))
            assert found.checkpoint_id == 1
            assert found.location.endswith(str(folder))

    def test_not_there(self, tmp_path: Path) -> None:
        text = self.error(tmp_path / "nowhere")
        assert text.startswith(f"there is no checkpoint at {tmp_path}/nowhere: name the folder")
        (tmp_path / "chk-7").mkdir()
        assert "deleted, or never completed" in self.error(tmp_path / "chk-7")

    def test_the_folder_of_a_job(self, folder: Path) -> None:
        for number in (9, 10):
            (folder.parent / f"chk-{number}").mkdir()
            (folder.parent / f"chk-{number}" / "_metadata").write_bytes(b"")
        (folder.parent / "chk-11").mkdir()
        assert self.error(folder.parent).endswith(f"such as {folder.parent}/chk-10")

    def test_one_of_flink(self, folder: Path) -> None:
        path = folder / "_metadata"
        path.write_bytes(bytes.fromhex("4960672d00000004") + os.urandom(50))
        assert f"{path} is a checkpoint or savepoint of Apache Flink" in self.error(folder)

    @pytest.mark.parametrize("data", [b"PK\3\4...", b'{"a": 1}', bytes(9)])
    def test_something_else(self, folder: Path, data: bytes) -> None:
        (folder / "_metadata").write_bytes(data)
        assert "is not the metadata of a hurtig checkpoint" in self.error(folder)

    def test_cut_off(self, folder: Path) -> None:
        path = folder / "_metadata"
        path.write_bytes(path.read_bytes()[:-10])
        text = self.error(folder)
        assert f"{path} is cut off" in text
        assert "restore an earlier checkpoint" in text

    def test_damaged(self, folder: Path) -> None:
        path = folder / "_metadata"
        path.write_bytes(path.read_bytes().replace(b"Operator", b"0perator"))
        assert f"{path} is damaged: its checksum does not fit" in self.error(folder)

    def test_newer(self, folder: Path) -> None:
        path = folder / "_metadata"
        path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 12'))
        text = self.error(folder)
        assert "has format version 12, this release reads up to 1" in text
        assert "with the release that wrote it" in text

    def test_a_right_checksum_over_nonsense(self, folder: Path) -> None:
        whole = serialize(checkpoint(1, str(folder)))
        document = json.loads(whole)
        del document["operators"][0]["uid"]
        document["checksum"] = "00000000"
        text = json.dumps(document, indent=1).encode() + b"\n"
        import zlib

        text = text.replace(b'"00000000"', b'"%08x"' % zlib.crc32(text))
        (folder / "_metadata").write_bytes(text)
        assert "is damaged: KeyError: 'uid'" in self.error(folder)

    def test_not_allowed(self, folder: Path) -> None:
        (folder / "_metadata").unlink()
        (folder / "_metadata").mkdir()
        assert f"cannot read {folder}/_metadata: " in self.error(folder)
