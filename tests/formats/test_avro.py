"""Avro row schemas."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import MalformedRecordError
from hurtig.common.types import Row
from hurtig.datastream.formats.avro import (
    AvroRowDeserializationSchema,
    AvroRowSerializationSchema,
    AvroSchema,
)

SCHEMA = """{"type":"record","name":"R","fields":[
  {"name":"n","type":"int"},
  {"name":"s","type":["null","string"]},
  {"name":"o","type":["null",{"type":"record","name":"O","fields":[{"name":"x","type":"long"}]}]},
  {"name":"l","type":{"type":"array","items":"O"}},
  {"name":"m","type":{"type":"map","values":"double"}}]}"""


def reader():
    return pickle.loads(pickle.dumps(AvroRowDeserializationSchema(avro_schema_string=SCHEMA)))


def writer():
    return pickle.loads(pickle.dumps(AvroRowSerializationSchema(avro_schema_string=SCHEMA)))


@given(
    st.integers(-(2**31), 2**31 - 1),
    st.none() | st.text(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.lists(st.integers(0, 9)),
    st.dictionaries(st.text(), st.floats(allow_nan=False)),
)
def test_round_trip(n, s, x, numbers, m):
    inner = None if x is None else Row(x=x)
    row = Row(n=n, s=s, o=inner, l=[Row(x=i) for i in numbers], m=m)
    schema = AvroRowSerializationSchema(avro_schema_string=SCHEMA)
    data = schema.serialize(row)
    result = AvroRowDeserializationSchema(avro_schema_string=SCHEMA).deserialize(data)
    assert (result.n, result.s, result.o, result.m) == (n, s, inner, m)
    assert [inner.x for inner in result.l] == numbers


def test_tuples_and_dicts():
    data = writer().serialize((1, "a", None, [], {}))
    assert data == writer().serialize({"n": 1, "s": "a", "o": None, "l": [], "m": {}})
    assert list(reader().deserialize(data)) == [1, "a", None, [], {}]
    assert reader().deserialize(b"") is None


def test_errors():
    with pytest.raises(MalformedRecordError, match="cannot read Avro"):
        reader().deserialize(b"\x02")
    with pytest.raises(MalformedRecordError, match="as Avro"):
        writer().serialize(("x", None, None, [], {}))
    with pytest.raises(MalformedRecordError, match="has 2 fields"):
        writer().serialize((1, 2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AvroRowDeserializationSchema(), "needs avro_schema_string"),
        (lambda: AvroRowSerializationSchema("org.example.R"), "Java class"),
        (lambda: AvroRowSerializationSchema(avro_schema_string="{"), "no JSON"),
        (lambda: AvroRowSerializationSchema(avro_schema_string='{"type":"blob"}'), "is wrong"),
        (lambda: AvroRowSerializationSchema(avro_schema_string='"int"'), "of type record"),
        (lambda: AvroSchema.parse_file("/nowhere.avsc"), "no Avro schema file"),
    ],
)
def test_wrong_schemas(make, message):
    with pytest.raises(ProgramError, match=message):
        make()


def test_schema_file(tmp_path):
    path = tmp_path / "r.avsc"
    path.write_text(SCHEMA)
    assert AvroSchema.parse_file(str(path)) == AvroSchema.parse_string(SCHEMA)
