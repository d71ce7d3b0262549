"""FileSource: files, directories, splits, positions, compression, watching."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.errors import BadRecordError, ProgramError
from hurtig.connectors.filesystem import file_enumerator
from hurtig.connectors.filesystem.file_enumerator import FileEnumeratorProvider
from hurtig.connectors.filesystem.source import FileSource
from hurtig.connectors.filesystem.split import FileSourceSplit
from hurtig.connectors.source import Boundedness, ReadStatus, SourceBatch
from hurtig.formats import lines
from hurtig.formats.contract import StreamFormat


def text(*paths, **kwargs):
    return FileSource.for_record_stream_format(
        StreamFormat.text_line_format(**kwargs), *map(str, paths)
    ).build()


def flat(outputs):
    return [value for output in outputs for value in output]


def test_lines_of_one_file(tmp_path, read_all):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\r\ntwo\n\nthree\xc3\xa9")
    assert flat(read_all(text(path))) == ["one", "two", "", "threeé"]
    assert flat(read_all(text(path), max_records=1)) == ["one", "two", "", "threeé"]
    assert flat(read_all(text(path.as_uri()))) == ["one", "two", "", "threeé"]


def test_unknown_bytes_become_the_replacement_character(tmp_path, read_all):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\xffb\n")
    assert flat(read_all(text(path))) == ["a�b"]
    assert flat(read_all(text(path, charset_name="ISO-8859-1"))) == ["aÿb"]


def test_utf_16(tmp_path, read_all):
    path = tmp_path / "a.txt"
    path.write_bytes("ein\r\nzweiĊ\ndrei".encode("utf-16"))
    assert flat(read_all(text(path, charset_name="UTF-16"), max_records=1)) == [
        "ein",
        "zweiĊ",
        "drei",
    ]


def test_unknown_charset():
    with pytest.raises(ValueError, match="unknown charset 'UTF-9'"):
        StreamFormat.text_line_format("UTF-9")


def test_directories_recursively_without_hidden_files(tmp_path, read_all):
    for name in (
        "b.txt",
        "a.txt",
        ".hidden",
        "_SUCCESS",
        "sub/c.txt",
        ".git/x",
        "_tmp/y",
        "sub/_z",
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name + "\n")
    assert flat(read_all(text(tmp_path))) == ["a.txt", "b.txt", "sub/c.txt"]


def test_empty_files_end_at_once(tmp_path, read_all):
    (tmp_path / "a").write_text("")
    (tmp_path / "b").write_text("x")
    assert flat(read_all(text(tmp_path), parallelism=2)) == ["x"]


def test_a_missing_path_is_named(tmp_path):
    source = text(tmp_path / "nothing")
    with pytest.raises(ProgramError, match=r"no file or directory '.*nothing'"):
        source.create_enumerator(1).discover(0)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="at least one path"):
        FileSource.for_record_stream_format(StreamFormat.text_line_format())
    with pytest.raises(TypeError, match="takes paths"):
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), 5)
    with pytest.raises(TypeError, match="needs a format"):
        FileSource.for_record_stream_format("text", "x")


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_compressed_files(tmp_path, read_all, suffix, compress):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(compress(b"".join(b"line %d\n" % i for i in range(5000))))
    assert flat(read_all(text(path), parallelism=2)) == [f"line {i}" for i in range(5000)]


def test_zstd(tmp_path, read_all):
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "a.txt.zst"
    with pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(b"one\ntwo\n")
    assert flat(read_all(text(path))) == ["one", "two"]


def test_a_damaged_gzip_file(tmp_path, read_all, bad_records):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(os.urandom(100_000))[:50_000])
    (tmp_path / "b").write_text("fine\n")
    with pytest.raises(BadRecordError, match=r"(?s)damaged.*a\.gz"):
        read_all(text(tmp_path))
    bad = bad_records("skip")
    assert flat(read_all(text(tmp_path), bad=bad))[-1:] == ["fine"]
    assert bad.skipped == 1


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("at", [0, 1, 2, 7, 20])
def test_reading_goes_on_from_a_position(
    tmp_path, monkeypatch, make_source_context, bad_records, compressed, at
):
    monkeypatch.setattr(lines, "BLOCK_SIZE", 16)
    content = b"".join(b"l%d\n" % i for i in range(20))
    path = tmp_path / ("a.gz" if compressed else "a")
    path.write_bytes(gzip.compress(content) if compressed else content)
    source = text(path)

    def drain(reader, limit):
        values = []
        while len(values) < limit:
            result = reader.poll(min(3, limit - len(values)))
            if not isinstance(result, SourceBatch):
                break
            values += result.values
        state = reader.snapshot_state(1)
        reader.close()
        return values, pickle.loads(pickle.dumps(state))

    first = source.create_reader(make_source_context(bad_records()))
    first.add_splits([FileSourceSplit("s", str(path))])
    before, state = drain(first, at)
    second = source.create_reader(make_source_context(bad_records()))
    second.add_splits(state)
    assert before + drain(second, 100)[0] == [f"l{i}" for i in range(20)]


LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12))


@settings(max_examples=150, deadline=None)
@given(
    content=LINES,
    cuts=st.lists(st.integers(0, 200), max_size=4),
    block=st.integers(1, 40),
    tail=st.booleans(),
    batch=st.integers(1, 5),
)
def test_splits_cover_every_line_once(
    tmp_path_factory, make_source_context, bad_records, content, cuts, block, tail, batch
):
    data = "".join(line + "\n" for line in content).encode()
    if tail:
        data += b"tail"
    path = tmp_path_factory.mktemp("f") / "a"
    path.write_bytes(data)
    bounds = sorted({0, *(c for c in cuts if c < len(data))})
    splits = [
        FileSourceSplit(str(start), str(path), start, end)
        for start, end in zip(bounds, [*bounds[1:], None], strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_SIZE", block)
        reader = text(path).create_reader(make_source_context(bad_records()))
        reader.add_splits(splits)
        reader.no_more_splits()
        values, ended = [], []
        while (result := reader.poll(batch)) is not ReadStatus.END_OF_INPUT:
            assert isinstance(result, SourceBatch)
            values += result.values
            ended += [result.split_id] if result.split_finished else []
    assert values == content + (["tail"] if tail else [])
    assert ended == [s.split_id for s in splits]


def test_large_files_are_cut_when_there_are_several_readers(tmp_path, monkeypatch, read_all):
    monkeypatch.setattr(file_enumerator, "MIN_SPLIT_SIZE", 100)
    path = tmp_path / "a"
    path.write_text("".join(f"{i}\n" for i in range(1000)))
    source = text(path)
    outputs = read_all(source, parallelism=3, max_records=50)
    assert all(outputs)
    assert sorted(map(int, flat(outputs))) == list(range(1000))
    assert len(read_all(source)[0]) == 1000
    whole = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(path))
    whole.set_file_enumerator(FileEnumeratorProvider.default_non_splittable_file_enumerator())
    assert [len(o) for o in read_all(whole.build(), parallelism=2)] in ([1000, 0], [0, 1000])


def test_a_directory_is_watched(tmp_path):
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(tmp_path))
    source = builder.monitor_continuously(50).build()
    assert source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    enumerator = source.create_enumerator(1)
    (tmp_path / "a").write_text("x\n")
    assert enumerator.discover(1000) == 1050
    assert Path(enumerator.next_split(0).path).name == "a"
    assert enumerator.next_split(0) is None
    assert not enumerator.finished
    (tmp_path / "b").write_text("x\n")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "c").write_text("x\n")
    enumerator.discover(1050)
    restored = source.create_enumerator(1)
    restored.restore_state(pickle.loads(pickle.dumps(enumerator.snapshot_state())))
    (tmp_path / "new" / "d").write_text("x\n")
    restored.discover(1100)
    names = []
    while (split := restored.next_split(0)) is not None:
        names.append(Path(split.path).name)
    assert names == ["b", "c", "d"]


def test_an_unchanged_directory_is_not_listed_again(tmp_path, monkeypatch):
    for i in range(20):
        (tmp_path / f"{i}").write_text("x")
    old = 1_600_000_000
    os.utime(tmp_path, (old, old))
    listings = []
    listing = file_enumerator.resolve("/")[0].list
    monkeypatch.setattr(
        type(file_enumerator.resolve("/")[0]),
        "list",
        lambda self, path: listings.append(path) or listing(path),
    )
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(tmp_path))
    enumerator = builder.monitor_continuously(10).build().create_enumerator(1)
    for now in range(5):
        enumerator.discover(now)
    assert listings == [str(tmp_path)]
    (tmp_path / "new").write_text("x")
    enumerator.discover(5)
    assert len(listings) == 2


def test_paused_splits_wait(tmp_path, make_source_context, bad_records):
    for name in "ab":
        (tmp_path / name).write_text(f"{name}1\n{name}2\n")
    reader = text(tmp_path).create_reader(make_source_context(bad_records()))
    reader.add_splits([FileSourceSplit(n, str(tmp_path / n)) for n in "ab"])
    assert reader.poll(1).values == ["a1"]
    reader.pause_splits({"a"})
    assert reader.poll(1).values == ["b1"]
    reader.pause_splits({"a", "b"})
    assert reader.poll(1) is ReadStatus.NOTHING_AVAILABLE
    reader.pause_splits(set())
    assert reader.poll(9).values == ["a2"]
    reader.close()


def test_splits_come_back_first(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text("x")
    enumerator = text(tmp_path).create_enumerator(1)
    first = enumerator.next_split(0)
    enumerator.add_splits_back([first])
    assert enumerator.next_split(0) == first


JSON = b'{"a":1}\n\nnot json\n{"a":2}\r\n'


def test_bad_json_lines(tmp_path, read_all, bad_records):
    path = tmp_path / "a.json"
    path.write_bytes(JSON)
    source = FileSource.for_record_stream_format(
        StreamFormat.json_lines_format(), str(path)
    ).build()
    with pytest.raises(BadRecordError, match=r"(?s)a\.json, line 3.*'not json'"):
        read_all(source)
    skip, dead = bad_records("skip"), bad_records("dead-letter")
    assert flat(read_all(source, bad=skip)) == [{"a": 1}, {"a": 2}]
    assert skip.skipped == 1
    assert flat(read_all(source, bad=dead, max_records=1)) == [{"a": 1}, {"a": 2}]
    ((_, location, content),) = dead.dead
    assert (location, content) == (f"{path}, line 3", "not json")


def test_a_bad_line_in_the_middle_of_a_file_is_found_by_its_offset(
    tmp_path, make_source_context, bad_records
):
    path = tmp_path / "a.json"
    path.write_bytes(b"1\n22\n333\nbad\n5\n")
    bad = bad_records("dead-letter")
    source = FileSource.for_record_stream_format(StreamFormat.json_lines_format(), str(path))
    reader = source.build().create_reader(make_source_context(bad))
    reader.add_splits([FileSourceSplit("s", str(path), 3, None)])
    assert reader.poll(10).values == [333, 5]
    assert bad.dead[0][1:] == (f"{path}, byte 9", "bad")
