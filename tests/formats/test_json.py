"""JSON schemas: round trips, Flink's conversions, options."""

from __future__ import annotations

import datetime
import json
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import MalformedRecordError
from hurtig.common.time import Instant
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row
from hurtig.datastream.formats.json import (
    JsonLinesEncoder,
    JsonRowDeserializationSchema,
    JsonRowSerializationSchema,
)

FLAT = Types.ROW_NAMED(
    ["s", "i", "d", "b"], [Types.STRING(), Types.INT(), Types.DOUBLE(), Types.BOOLEAN()]
)
RICH = Types.ROW_NAMED(
    ["dt", "t", "ts", "bd", "by", "l", "m", "r", "in"],
    [
        Types.SQL_DATE(),
        Types.SQL_TIME(),
        Types.SQL_TIMESTAMP(),
        Types.BIG_DEC(),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
        Types.OBJECT_ARRAY(Types.INT()),
        Types.MAP(Types.STRING(), Types.LONG()),
        Types.ROW_NAMED(["x"], [Types.STRING()]),
        Types.INSTANT(),
    ],
)


def reader(type_info=FLAT, **options):
    builder = JsonRowDeserializationSchema.builder().type_info(type_info)
    for name in options:
        getattr(builder, name)()
    return pickle.loads(pickle.dumps(builder.build()))


def writer(type_info=FLAT):
    return JsonRowSerializationSchema.builder().with_type_info(type_info).build()


# Input, and the fields that Flink makes of it; None for an error.
CONVERSIONS = [
    ('{"s":"a","i":1,"d":1.5,"b":true}', ["a", 1, 1.5, True]),
    ('{"s":"a"}', ["a", None, None, None]),
    ('{"s":1,"i":"1","d":"1.5","b":"true"}', ["1", 1, 1.5, True]),
    ('{"s":{"x":1},"i":1.7,"d":1,"b":1}', ['{"x":1}', 1, 1.0, False]),
    ('{"s":[1,2],"i":null,"d":null,"b":null}', ["[1,2]", None, None, None]),
    ('{"s":" a ","i":" 1 "}', [" a ", 1, None, None]),
    ('{"s":true}', ["true", None, None, None]),
    ('{"S":"a"}', [None, None, None, None]),
    ('{"s":"a","i":"x","d":1.5,"b":true}', None),
    ('{"s":"a","i":99999999999}', None),
    ('{"i":true}', None),
    ("[1]", None),
    ("3", None),
    ("", None),
    ('{"s":"a"', None),
]


@pytest.mark.parametrize(("message", "expected"), CONVERSIONS)
def test_conversions(message, expected):
    schema = reader()
    if expected is None:
        with pytest.raises(MalformedRecordError, match="cannot read JSON"):
            schema.deserialize(message.encode())
    else:
        assert schema.deserialize(message.encode()) == Row("s", "i", "d", "b")(*expected)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"s":"a","i":"x","d":1.5,"b":true}', ["a", None, 1.5, True]),
        ('{"s":1.50,"i":true,"d":"NaN","b":"yes"}', ["1.5", None, float("nan"), False]),
        ("[1]", None),
        ("null", None),
        ('{"s":"a"', None),
    ],
)
def test_ignored_errors(message, expected):
    result = reader(ignore_parse_errors=True).deserialize(message.encode())
    assert repr(result and list(result)) == repr(expected)


def test_missing_fields():
    schema = reader(fail_on_missing_field=True)
    assert schema.deserialize(b'{"s":null,"i":null,"d":null,"b":null}')[0] is None
    with pytest.raises(MalformedRecordError, match="there is no field 'i'"):
        schema.deserialize(b'{"s":"a"}')


def test_options_that_contradict():
    builder = JsonRowDeserializationSchema.builder().type_info(FLAT)
    with pytest.raises(ProgramError, match="failOnMissingField and ignoreParseErrors"):
        builder.fail_on_missing_field().ignore_parse_errors().build()
    with pytest.raises(ProgramError, match="needs type_info"):
        JsonRowDeserializationSchema.builder().build()
    with pytest.raises(ProgramError, match="needs a row type"):
        JsonRowDeserializationSchema.builder().type_info(Types.STRING())
    with pytest.raises(ProgramError, match="needs with_type_info"):
        JsonRowSerializationSchema.builder().build()


RICH_ROW = Row("dt", "t", "ts", "bd", "by", "l", "m", "r", "in")(
    datetime.date(2020, 1, 2),
    datetime.time(3, 4, 5),
    datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
    Decimal("1.50"),
    b"abc",
    [1, None],
    {"a": 1},
    Row(x="y"),
    Instant(1, 2000),
)


def test_rich_types():
    text = writer(RICH).serialize(RICH_ROW)
    assert text == (
        b'{"dt":"2020-01-02","t":"03:04:05Z","ts":"2020-01-02T03:04:05.678Z","bd":1.50,'
        b'"by":"YWJj","l":[1,null],"m":{"a":1},"r":{"x":"y"},"in":"1970-01-01T00:00:01.000002Z"}'
    )
    assert reader(RICH).deserialize(text) == RICH_ROW
    assert reader(RICH).get_produced_type().get_field_names() == list(RICH.get_field_names())


@pytest.mark.parametrize(
    "message",
    ['{"t":"03:04:05"}', '{"ts":"2020-01-02 03:04:05"}', '{"r":5}', '{"l":5}', '{"by":"!"}'],
)
def test_rich_types_that_do_not_fit(message):
    with pytest.raises(MalformedRecordError, match="field"):
        reader(RICH).deserialize(message.encode())
    assert list(reader(RICH, ignore_parse_errors=True).deserialize(message.encode())) == [None] * 9


@pytest.mark.parametrize("value", [("a", 1, 1.0, True), {"i": 1, "s": "a", "d": 1, "b": True}])
def test_what_can_be_written(value):
    assert writer().serialize(value) == b'{"s":"a","i":1,"d":1.0,"b":true}'
    assert writer().serialize_batch([value]) == [b'{"s":"a","i":1,"d":1.0,"b":true}']


@pytest.mark.parametrize("value", [("a", 1), 5, ("a", 1, "x", True), ("a", object(), 1.0, True)])
def test_what_cannot_be_written(value):
    with pytest.raises(MalformedRecordError):
        writer().serialize(value)


@given(
    st.text(),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.booleans(),
)
def test_round_trip(s, i, d, b):
    row = Row(s=s, i=i, d=d, b=b)
    text = writer().serialize(row)
    assert json.loads(text) == row.as_dict()
    assert reader().deserialize(text) == row


def test_json_schema():
    schema = {
        "type": "object",
        "definitions": {"d": {"type": "string", "format": "date"}},
        "properties": {
            "a": {"type": "string"},
            "n": {"type": ["null", "integer"]},
            "o": {"type": "object", "properties": {"x": {"type": "boolean"}}},
            "l": {"type": "array", "items": {"type": "number"}},
            "t": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]},
            "u": {"oneOf": [{"type": "null"}, {"type": "string"}]},
            "d": {"$ref": "#/definitions/d"},
            "b": {"type": "string", "contentEncoding": "base64"},
        },
    }
    built = JsonRowDeserializationSchema.builder().json_schema(json.dumps(schema)).build()
    row = built.deserialize(
        b'{"a":"x","n":1,"o":{"x":true},"l":[1.5],"t":["q",2],"u":"v","d":"2020-01-02","b":"YQ=="}'
    )
    assert list(row) == [
        "x",
        Decimal(1),
        Row(x=True),
        [Decimal("1.5")],
        ("q", Decimal(2)),
        "v",
        datetime.date(2020, 1, 2),
        b"a",
    ]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "no JSON"),
        ('{"type":"string"}', "root"),
        ('{"type":"object","properties":{"a":{"anyOf":[]}}}', "<root>/a: 'anyOf'"),
        ('{"type":"object","properties":{"a":{"$ref":"http://x"}}}', "within the document"),
        ('{"type":"object","properties":{"a":{"type":"blob"}}}', "'blob' is not supported"),
    ],
)
def test_wrong_json_schemas(schema, message):
    with pytest.raises(ProgramError, match=message):
        JsonRowDeserializationSchema.builder().json_schema(schema)


def test_json_lines_encoder():
    encoder = pickle.loads(pickle.dumps(JsonLinesEncoder()))
    assert encoder.encode({"a": [1, Decimal("1.0")]}) == b'{"a":[1,1.0]}\n'
    assert encoder.encode(Row(a=1)) == b'{"a":1}\n'
    assert encoder.encode(Row(1, "x")) == b'[1,"x"]\n'
    assert JsonLinesEncoder(FLAT).encode(("a", 1, 2.0, None)).endswith(b'"b":null}\n')


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["1", " 2 ", "true", "1.5", "x"]),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@given(st.dictionaries(st.sampled_from(["s", "i", "d", "b", "other"]), JSON_VALUES))
def test_the_fast_path_gives_what_the_general_way_gives(fields):
    schema = reader()
    message = json.dumps(fields).encode()

    def outcome(read):
        try:
            return repr(read(message))
        except (MalformedRecordError, ValueError):
            return "error"

    assert outcome(schema.deserialize) == outcome(lambda m: schema._convert(schema._decode(m)))
