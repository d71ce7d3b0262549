"""Parquet, ORC and Avro files: round trips, positions, damaged files."""

from __future__ import annotations

import datetime
import io
import json
import pickle
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.errors import BadRecordError, ProgramError
from hurtig.common.serialization import MalformedRecordError
from hurtig.common.time import Instant
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row
from hurtig.datastream.formats.avro import (
    AvroBulkWriters,
    AvroFormat,
    AvroInputFormat,
    AvroSchema,
    GenericRecordAvroTypeInfo,
)
from hurtig.datastream.formats.orc import OrcBulkWriters, OrcColumnarRowInputFormat
from hurtig.datastream.formats.parquet import (
    AvroParquetReaders,
    AvroParquetWriters,
    ParquetBulkWriters,
    ParquetColumnarRowInputFormat,
)
from hurtig.formats import parquet
from hurtig.formats.contract import FileRange, raise_bad_record

NAMES = ["i", "s", "d", "b", "by", "dt", "ts", "dec", "l", "m", "r", "in"]
FULL = Types.ROW_NAMED(
    NAMES,
    [
        Types.INT(),
        Types.STRING(),
        Types.DOUBLE(),
        Types.BOOLEAN(),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
        Types.SQL_DATE(),
        Types.SQL_TIMESTAMP(),
        Types.BIG_DEC(),
        Types.LIST(Types.LONG()),
        Types.MAP(Types.STRING(), Types.INT()),
        Types.ROW_NAMED(["x", "y"], [Types.STRING(), Types.LONG()]),
        Types.INSTANT(),
    ],
)
ROWS = [
    Row(*NAMES)(
        1,
        "é",
        1.5,
        True,
        b"\x00\xff",
        datetime.date(1969, 12, 31),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        Decimal("1.500000000000000000"),
        [1, None, 3],
        {"k": 1, "n": None},
        Row(x="a", y=2),
        Instant(-1, 500_000_000),
    ),
    Row(*NAMES)(*[None] * 12),
]
SMALL = Types.ROW_NAMED(["n"], [Types.LONG()])

AVRO = AvroSchema.parse_string(
    json.dumps(
        {
            "type": "record",
            "name": "R",
            "fields": [
                {"name": "n", "type": "long"},
                {"name": "s", "type": ["null", "string"]},
                {"name": "l", "type": {"type": "array", "items": "int"}},
                {"name": "m", "type": {"type": "map", "values": "double"}},
                {
                    "name": "ts",
                    "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}],
                },
            ],
        }
    )
)
RECORDS = [
    {"n": 1, "s": "x", "l": [1, 2], "m": {"a": 0.5}, "ts": None},
    {
        "n": -(2**40),
        "s": None,
        "l": [],
        "m": {},
        "ts": datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
    },
]


def write(factory, records, batch=100):
    out = io.BytesIO()
    writer = pickle.loads(pickle.dumps(factory)).create(out)
    for i in range(0, len(records), batch):
        writer.add_elements(records[i : i + batch])
    writer.flush()
    writer.finish()
    return out.getvalue()


def read(format_, data, batch=1000, on_bad=raise_bad_record, position=None, limit=None):
    reader = pickle.loads(pickle.dumps(format_)).create_reader(
        io.BytesIO(data), FileRange(position=position), on_bad
    )
    records = []
    while limit is None or len(records) < limit:
        got = reader.read(batch if limit is None else min(batch, limit - len(records)))
        if not got:
            break
        records += got
    return (records, reader.position()) if limit is not None else records


PAIRS = {
    "parquet": (ParquetBulkWriters.for_row_type, ParquetColumnarRowInputFormat),
    "orc": (OrcBulkWriters.for_row_type, OrcColumnarRowInputFormat),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_all_types(kind):
    writers, format_ = PAIRS[kind]
    assert read(format_(FULL), write(writers(FULL), ROWS, 1)) == ROWS
    assert read(format_(FULL), write(writers(FULL), [])) == []
    assert format_(FULL).get_produced_type().get_field_names() == NAMES


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.none() | st.text())), st.data())
def test_round_trip(values, data):
    type_info = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
    writers, format_ = PAIRS[data.draw(st.sampled_from(sorted(PAIRS)))]
    rows = read(format_(type_info), write(writers(type_info), values, 3), 2)
    assert [tuple(row) for row in rows] == values


def formats():
    yield (
        "parquet",
        ParquetBulkWriters.for_row_type(SMALL),
        ParquetColumnarRowInputFormat(SMALL, batch_size=7),
    )
    yield "orc", OrcBulkWriters.for_row_type(SMALL), OrcColumnarRowInputFormat(SMALL)
    avro = AvroSchema.parse_string(
        '{"type":"record","name":"R","fields":[{"name":"n","type":"long"}]}'
    )
    yield "avro", AvroBulkWriters.for_generic_record(avro), AvroFormat(avro)
    yield (
        "avro in parquet",
        AvroParquetWriters.for_generic_record(avro),
        AvroParquetReaders.for_generic_record(avro),
    )


FORMATS = {name: (factory, format_) for name, factory, format_ in formats()}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("at", [0, 1, 49, 50, 51, 120, 200])
def test_reading_goes_on_from_a_position(kind, at, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 50)
    monkeypatch.setattr("hurtig.formats.avro_files._BLOCK_BYTES", 100)
    factory, format_ = FORMATS[kind]
    data = write(factory, [(i,) for i in range(200)], 25)
    first, position = read(format_, data, 10, limit=at)
    rest = read(format_, data, 10, position=pickle.loads(pickle.dumps(position)))
    values = [r["n"] for r in first + rest]
    assert len(first) == at
    assert values == list(range(200))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_another_kind(kind):
    _, format_ = FORMATS[kind]
    with pytest.raises(BadRecordError, match="this is no"):
        read(format_, b"some text that is nothing else")
    assert read(format_, b"some text that is nothing else", on_bad=lambda *_: None) == []


def test_a_file_that_is_cut_off():
    data = write(FORMATS["avro"][0], [(i,) for i in range(50_000)])
    bad = []
    read(FORMATS["avro"][1], data[: len(data) // 2], on_bad=lambda *args: bad.append(args))
    assert "damaged" in bad[0][0]
    assert bad[0][1].startswith("block ")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_record_that_does_not_fit_leaves_the_others(kind):
    factory, format_ = FORMATS[kind]
    out = io.BytesIO()
    writer = factory.create(out)
    with pytest.raises(MalformedRecordError, match="not fit"):
        writer.add_elements([(1,), ("x",)])
    writer.add_elements([(2,)])
    writer.finish()
    assert [r["n"] for r in read(format_, out.getvalue())] == [2]


def test_parquet_columns_by_name():
    data = write(ParquetBulkWriters.for_row_type(FULL), ROWS)
    some = Types.ROW_NAMED(["s", "absent", "i"], [Types.STRING(), Types.INT(), Types.LONG()])
    assert read(ParquetColumnarRowInputFormat(some), data)[0] == Row(s="é", absent=None, i=1)
    upper = Types.ROW_NAMED(["S"], [Types.STRING()])
    assert read(ParquetColumnarRowInputFormat(upper), data)[0].S is None
    insensitive = ParquetColumnarRowInputFormat(upper, is_case_sensitive=False)
    assert read(insensitive, data)[0].S == "é"


def test_parquet_options():
    import pyarrow.parquet as pq

    options = {"parquet.compression": "GZIP"}
    data = write(ParquetBulkWriters.for_row_type(SMALL, options, True), [(1,)])
    file = pq.ParquetFile(io.BytesIO(data))
    assert file.metadata.row_group(0).column(0).compression == "GZIP"
    with pytest.raises(ProgramError, match="cannot be written"):
        write(ParquetBulkWriters.for_row_type(SMALL, {"parquet.compression": "best"}), [(1,)])
    with pytest.raises(ValueError, match="batch_size"):
        ParquetColumnarRowInputFormat(SMALL, batch_size=0)


def test_orc_options():
    from pyarrow import orc

    data = write(OrcBulkWriters.for_row_type(SMALL, {"orc.compress": "SNAPPY"}), [(1,)])
    assert orc.ORCFile(io.BytesIO(data)).compression == "SNAPPY"


class BigIntType:
    """As the Table API has it."""


class DecimalType:
    precision, scale = 10, 2


class RowField:
    def __init__(self, name, data_type):
        self.name, self.data_type = name, data_type


class RowType:
    fields = (RowField("n", BigIntType()), RowField("d", DecimalType()))


def test_table_data_types():
    data = write(ParquetBulkWriters.for_row_type(RowType()), [(1, Decimal("1.25"))])
    assert read(ParquetColumnarRowInputFormat(RowType()), data) == [Row(n=1, d=Decimal("1.25"))]
    with pytest.raises(ProgramError, match="neither a TypeInformation nor"):
        ParquetBulkWriters.for_row_type(5)
    with pytest.raises(ProgramError, match="needs a row type"):
        ParquetBulkWriters.for_row_type(Types.INT())


def test_avro_files():
    data = write(AvroBulkWriters.for_generic_record(AVRO), RECORDS)
    assert read(AvroFormat(AVRO), data) == RECORDS
    assert read(AvroFormat(), data, 1) == RECORDS
    assert AvroFormat(AVRO).get_produced_type() == GenericRecordAvroTypeInfo(AVRO)
    narrower = AvroSchema.parse_string(
        '{"type":"record","name":"R","fields":[{"name":"s","type":["null","string"]}]}'
    )
    assert read(AvroFormat(narrower), data) == [{"s": "x"}, {"s": None}]


def test_avro_records_in_parquet():
    data = write(AvroParquetWriters.for_generic_record(AVRO), RECORDS)
    assert read(AvroParquetReaders.for_generic_record(AVRO), data) == RECORDS
    with pytest.raises(MalformedRecordError, match="'n' is None"):
        write(AvroParquetWriters.for_generic_record(AVRO), [RECORDS[0] | {"n": None}])


def test_avro_input_format(tmp_path):
    (tmp_path / "a.avro").write_bytes(write(AvroBulkWriters.for_generic_record(AVRO), RECORDS))
    input_format = AvroInputFormat(str(tmp_path), AVRO)
    source = input_format.as_source()
    assert source.produced_type == input_format.get_produced_type()
    assert source.create_enumerator(1).next_split(0).path.endswith("a.avro")
