"""FileSource and FileSink with the formats that are no plain lines."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from hurtig.common.errors import BadRecordError, ProgramError
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row
from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner
from hurtig.connectors.filesystem.sink import FileSink
from hurtig.connectors.filesystem.source import FileSource
from hurtig.connectors.filesystem.split import FileSourceSplit
from hurtig.connectors.source import SourceBatch
from hurtig.datastream.formats.avro import AvroBulkWriters, AvroFormat, AvroSchema
from hurtig.datastream.formats.orc import OrcBulkWriters, OrcColumnarRowInputFormat
from hurtig.datastream.formats.parquet import (
    ParquetBulkWriters,
    ParquetColumnarRowInputFormat,
)
from hurtig.formats.contract import StreamFormat

ROW = Types.ROW_NAMED(["n", "s"], [Types.LONG(), Types.STRING()])
AVRO = AvroSchema.parse_string(
    '{"type":"record","name":"R","fields":'
    '[{"name":"n","type":"long"},{"name":"s","type":["null","string"]}]}'
)
BULK = {
    "parquet": (ParquetBulkWriters.for_row_type(ROW), ParquetColumnarRowInputFormat(ROW)),
    "orc": (OrcBulkWriters.for_row_type(ROW), OrcColumnarRowInputFormat(ROW)),
    "avro": (AvroBulkWriters.for_generic_record(AVRO), AvroFormat(AVRO)),
}


def write(path, factory, sink_driver, records):
    sink = FileSink.for_bulk_format(str(path), factory).with_bucket_assigner(
        BucketAssigner.base_path_bucket_assigner()
    )
    driver = sink_driver(pickle.loads(pickle.dumps(sink.build())))
    driver.write(*records)
    driver.finish()


@pytest.mark.parametrize("kind", BULK)
def test_from_sink_to_source(tmp_path, sink_driver, read_all, kind):
    factory, format_ = BULK[kind]
    write(tmp_path, factory, sink_driver, [(1, "a"), (2, None), (3, "c")])
    source = FileSource.for_bulk_file_format(format_, str(tmp_path)).build()
    (records,) = read_all(source, max_records=2)
    assert [(r["n"], r["s"]) for r in records] == [(1, "a"), (2, None), (3, "c")]


@pytest.mark.parametrize("kind", BULK)
def test_a_bulk_sink_skips_what_does_not_fit(tmp_path, sink_driver, read_all, kind):
    factory, format_ = BULK[kind]
    sink = FileSink.for_bulk_format(str(tmp_path), factory).with_bucket_assigner(
        BucketAssigner.base_path_bucket_assigner()
    )
    driver = sink_driver(sink.build())
    with pytest.raises(BadRecordError, match="not fit"):
        driver.write((1, "a"), ("x", "b"))
    driver.writer.close()
    driver = sink_driver(sink.build())
    driver.bad_records.policy = "dead-letter"
    driver.write((1, "a"), ("x", "b"), (2, "c"))
    driver.finish()
    assert [record for _, _, record in driver.bad_records.dead] == [("x", "b")]
    source = FileSource.for_bulk_file_format(format_, str(tmp_path)).build()
    assert [r["n"] for r in read_all(source)[0]] == [1, 2]


def test_a_damaged_file_among_others(tmp_path, sink_driver, read_all, bad_records):
    factory, format_ = BULK["parquet"]
    write(tmp_path, factory, sink_driver, [(1, "a")])
    (tmp_path / "broken").write_bytes(b"PAR1 but nothing else")
    source = FileSource.for_bulk_file_format(format_, str(tmp_path)).build()
    with pytest.raises(BadRecordError, match=r"(?s)no Parquet file.*broken"):
        read_all(source)
    bad = bad_records("skip")
    assert read_all(source, bad=bad) == [[Row(n=1, s="a")]]
    assert bad.skipped == 1


def test_a_compressed_parquet_file_is_refused(tmp_path, read_all):
    (tmp_path / "a.gz").write_bytes(b"x")
    source = FileSource.for_bulk_file_format(BULK["parquet"][1], str(tmp_path)).build()
    with pytest.raises(ProgramError, match="cannot read compressed files"):
        read_all(source)


def test_typed_json_lines(tmp_path, read_all, bad_records):
    path = tmp_path / "a.json"
    path.write_bytes(b'{"n":1,"s":"x"}\n\nnull\n{"n":"2"}\n{"n":"two"}\n{"n":3}')
    format_ = StreamFormat.json_lines_format(ROW)
    source = FileSource.for_record_stream_format(format_, str(path)).build()
    assert source.produced_type == ROW
    bad = bad_records("dead-letter")
    assert read_all(source, bad=bad, max_records=2) == [
        [Row(n=1, s="x"), Row(n=2, s=None), Row(n=3, s=None)]
    ]
    assert bad.dead[0][1:] == (f"{path}, line 5", '{"n":"two"}')


def test_csv_files(tmp_path, read_all, bad_records):
    path = tmp_path / "a.csv"
    path.write_text("n,s\n1,x\ntwo,y\n3,\n")
    source = FileSource.for_record_stream_format(StreamFormat.csv_format(ROW), str(path)).build()
    with pytest.raises(BadRecordError, match=r"(?s)field 'n'.*a\.csv, line 3.*'two,y'"):
        read_all(source, parallelism=2)
    bad = bad_records("skip")
    assert read_all(source, bad=bad) == [[Row(n=1, s="x"), Row(n=3, s=None)]]


@pytest.mark.parametrize("name", ["a.txt", "a.txt.zst"])
def test_positions_where_the_file_cannot_jump(tmp_path, make_source_context, bad_records, name):
    pa = pytest.importorskip("pyarrow")
    charset = "utf-16" if name == "a.txt" else "utf-8"
    data = "".join(f"l{i}\n" for i in range(10)).encode(charset)
    path = tmp_path / name
    if name.endswith(".zst"):
        with pa.CompressedOutputStream(str(path), "zstd") as out:
            out.write(data)
    else:
        path.write_bytes(data)
    source = FileSource.for_record_stream_format(
        StreamFormat.text_line_format(charset), str(path)
    ).build()
    values: list[str] = []
    state = [FileSourceSplit("s", str(path))]
    for _ in range(4):
        reader = source.create_reader(make_source_context(bad_records()))
        reader.add_splits(state)
        result = reader.poll(3)
        assert isinstance(result, SourceBatch)
        values += result.values
        state = reader.snapshot_state(1)
        reader.close()
    assert values == [f"l{i}" for i in range(10)]
    assert state == []


def test_a_file_that_is_gone_when_it_is_to_be_read(tmp_path, make_source_context, bad_records):
    path = tmp_path / "a"
    path.write_text("x")
    source = FileSource.for_record_stream_format(
        StreamFormat.text_line_format(), str(tmp_path)
    ).build()
    split = source.create_enumerator(1).next_split(0)
    Path(split.path).unlink()
    reader = source.create_reader(make_source_context(bad_records()))
    reader.add_splits([split])
    with pytest.raises(ProgramError, match="is gone now"):
        reader.poll(1)
