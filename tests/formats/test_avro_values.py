"""Values of all Avro types in Avro files and in Parquet files of Avro records."""

from __future__ import annotations

import datetime
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from hurtig.common import Instant, Row
from hurtig.common.errors import ProgramError
from hurtig.common.serialization import MalformedRecordError
from hurtig.datastream.formats.avro import AvroBulkWriters, AvroFormat, AvroSchema
from hurtig.datastream.formats.parquet import AvroParquetReaders, AvroParquetWriters
from hurtig.formats.contract import FileRange, raise_bad_record

MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 6000)
POINT = {"type": "record", "name": "P", "fields": [{"name": "x", "type": "int"}]}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}


def logical(type_: str, name: str) -> dict[str, Any]:
    return {"type": type_, "logicalType": name}


def schema_of(type_: Any) -> AvroSchema:
    fields = [{"name": "f", "type": type_}]
    return AvroSchema.parse_string(json.dumps({"type": "record", "name": "R", "fields": fields}))


class Files:
    def __init__(self, kind: str, type_: Any) -> None:
        schema = schema_of(type_)
        if kind == "avro":
            self.factory = AvroBulkWriters.for_generic_record(schema)
            self.format: Any = AvroFormat(schema)
        else:
            self.factory = AvroParquetWriters.for_generic_record(schema)
            self.format = AvroParquetReaders.for_generic_record(schema)

    def write(self, *batches: list[Any]) -> bytes:
        """A file of the batches; one that does not fit is left out, record by record."""
        out = io.BytesIO()
        writer = self.factory.create(out)
        for batch in batches:
            try:
                writer.add_elements(batch)
            except MalformedRecordError:
                assert batches != (batch,)
        writer.flush()
        writer.finish()
        return out.getvalue()

    def read(self, data: bytes) -> list[Any]:
        reader = self.format.create_reader(io.BytesIO(data), FileRange(), raise_bad_record)
        return [record["f"] for record in reader.read(100)]

    def refuses(self, value: Any, message: str) -> None:
        writer = self.factory.create(io.BytesIO())
        with pytest.raises(MalformedRecordError, match=message):
            writer.add_elements([{"f": value}])


@pytest.fixture(params=["avro", "parquet"])
def files(request):
    return lambda type_: Files(request.param, type_)


GOOD = [
    ("boolean", [True, False]),
    ("int", [-(2**31), 2**31 - 1]),
    ("long", [-(2**63), 2**63 - 1]),
    ("float", [1.5, -0.25]),
    ("double", [0.1, 1e300]),
    ("string", ["é", ""]),
    ("bytes", [b"\x00\xff", b""]),
    (["null", "string"], ["a", None]),
    (["string", "null"], ["a", None]),
    ({"type": "string", "avro.java.string": "String"}, ["a"]),
    (ENUM, ["A", "B"]),
    (["null", ENUM], ["A", None]),
    ({"type": "fixed", "name": "F", "size": 3}, [b"abc"]),
    (MONEY, [Decimal("-1.25"), Decimal("1234.50")]),
    (logical("int", "date"), [datetime.date(1969, 12, 31)]),
    (logical("int", "time-millis"), [datetime.time(1, 2, 3, 4000)]),
    (logical("long", "time-micros"), [datetime.time(1, 2, 3, 4)]),
    (logical("long", "timestamp-millis"), [MOMENT.replace(tzinfo=datetime.UTC)]),
    (logical("long", "timestamp-micros"), [MOMENT.replace(tzinfo=datetime.UTC, microsecond=7)]),
    (logical("long", "local-timestamp-millis"), [MOMENT]),
    (logical("long", "local-timestamp-micros"), [MOMENT.replace(microsecond=7)]),
    ({"type": "array", "items": "int"}, [[1, 2], []]),
    ({"type": "array", "items": ["null", "int"]}, [[1, None], []]),
    (["null", {"type": "array", "items": "int"}], [[1], None]),
    ({"type": "map", "values": "int"}, [{"a": 1, "b": 2}, {}]),
    ({"type": "map", "values": ["null", POINT]}, [{"a": {"x": 1}, "b": None}]),
    (["null", {"type": "map", "values": POINT}], [{"a": {"x": 1}}, None]),
    ({"type": "array", "items": POINT}, [[{"x": 1}, {"x": 2}], []]),
    (POINT, [{"x": 1}]),
    (["null", POINT], [{"x": 1}, None]),
]


@pytest.mark.parametrize(("type_", "values"), GOOD)
def test_round_trip(files, type_, values):
    both = files(type_)
    as_dicts = both.read(both.write([{"f": value} for value in values]))
    assert as_dicts == values
    assert [type(value) for value in as_dicts] == [type(value) for value in values]
    assert both.read(both.write([Row(f=value) for value in values])) == values
    assert both.read(both.write([(value,) for value in values])) == values


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int", 2**31),
        ("int", "1"),
        ("int", True),
        ("string", 5),
        ("boolean", 1),
        ("int", None),
        (ENUM, "C"),
        (["null", ENUM], "C"),
        ({"type": "array", "items": ENUM}, ["A", "C"]),
        ({"type": "fixed", "name": "F", "size": 3}, b"ab"),
        (MONEY, Decimal("1.255")),
        (MONEY, Decimal("12345.67")),
        ({"type": "array", "items": "int"}, [1, None]),
        ({"type": "map", "values": "int"}, {"a": None}),
        (["null", {"type": "map", "values": "int"}], {"a": None}),
        (POINT, {"x": None}),
        (["null", POINT], {"x": None}),
        ({"type": "array", "items": POINT}, [{"x": 1}, {"x": None}]),
        ({"type": "map", "values": ["null", POINT]}, {"a": {"x": None}}),
    ],
)
def test_values_that_do_not_fit(files, type_, value):
    files(type_).refuses(value, "does not fit the Avro schema")


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [(MONEY, Decimal("1.50"), Decimal("1.555")), (POINT, {"x": 1}, {"x": None}), (ENUM, "A", "C")],
)
def test_a_record_that_does_not_fit_leaves_the_others(files, type_, good, bad):
    both = files(type_)
    data = both.write([{"f": good}], [{"f": bad}], [{"f": good}, {"f": good}])
    assert both.read(data) == [good] * 3


@pytest.mark.parametrize(
    ("type_", "bad", "path"),
    [
        (POINT, {"x": None}, "f.x"),
        ({"type": "array", "items": POINT}, [{"x": None}], r"f\[\].x"),
        ({"type": "map", "values": "int"}, {"a": None}, r"f\{\}"),
    ],
)
def test_parquet_names_the_field_that_is_none(type_, bad, path):
    Files("parquet", type_).refuses(bad, f"field '{path}' is None and must not be")


def test_none_above_hides_nothing_below():
    """The values that Arrow keeps under a None are not looked at."""
    both = Files("parquet", ["null", POINT])
    assert both.read(both.write([{"f": None}, {"f": {"x": 3}}, {"f": None}])) == [
        None,
        {"x": 3},
        None,
    ]


@pytest.mark.parametrize("kind", ["timestamp-millis", "timestamp-micros"])
def test_instants_of_rows(files, kind):
    both = files(logical("long", kind))
    instants = [Instant(5, 7_000_000), Instant(-1, 500_000_000)]
    assert both.read(both.write([Row(f=instant) for instant in instants])) == [
        datetime.datetime(1970, 1, 1, 0, 0, 5, 7000, datetime.UTC),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 500_000, datetime.UTC),
    ]


def test_an_instant_that_no_datetime_can_be(files):
    both = files(logical("long", "timestamp-millis"))
    with pytest.raises(MalformedRecordError, match="not within the years 1 to 9999"):
        both.factory.create(io.BytesIO()).add_elements([Row(f=Instant(2**50, 0))])


def test_rows_within_records(files):
    both = files({"type": "map", "values": POINT})
    assert both.read(both.write([Row(f={"a": Row(x=1)})])) == [{"a": {"x": 1}}]
    with pytest.raises(MalformedRecordError, match="needs field names"):
        both.factory.create(io.BytesIO()).add_elements([Row(f={"a": Row(1)})])


@pytest.mark.parametrize(
    ("type_", "message"),
    [(["int", "string"], "'f': Parquet has no unions of several types"), ("null", "'null'")],
)
def test_types_that_parquet_has_not(type_, message):
    with pytest.raises(ProgramError, match=message):
        Files("parquet", type_).write([])
