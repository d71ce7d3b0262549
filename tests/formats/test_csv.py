"""CSV schemas: Flink's text, options, round trips."""

from __future__ import annotations

import datetime
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.errors import ProgramError
from hurtig.common.serialization import MalformedRecordError
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row
from hurtig.datastream.formats.csv import CsvRowDeserializationSchema, CsvRowSerializationSchema

FLAT = Types.ROW_NAMED(
    ["s", "i", "d", "b"], [Types.STRING(), Types.INT(), Types.DOUBLE(), Types.BOOLEAN()]
)
NESTED = Types.ROW(
    [
        Types.STRING(),
        Types.OBJECT_ARRAY(Types.STRING()),
        Types.ROW([Types.INT(), Types.STRING()]),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
    ]
)
TIMES = Types.ROW([Types.SQL_DATE(), Types.SQL_TIME(), Types.SQL_TIMESTAMP(), Types.BIG_DEC()])


def write(value, type_info=FLAT, **options):
    builder = CsvRowSerializationSchema.Builder(type_info)
    for name, argument in options.items():
        getattr(builder, name)(*([] if argument is None else [argument]))
    return pickle.loads(pickle.dumps(builder.build())).serialize(value).decode()


def read(text, type_info=FLAT, **options):
    builder = CsvRowDeserializationSchema.Builder(type_info)
    for name, argument in options.items():
        getattr(builder, name)(argument)
    row = pickle.loads(pickle.dumps(builder.build())).deserialize(text.encode())
    return None if row is None else list(row)


# What Flink writes.
@pytest.mark.parametrize(
    ("values", "text"),
    [
        (("a", 1, 1.5, True), "a,1,1.5,true\n"),
        (("a b", 1, 1e10, False), '"a b",1,1.0E10,false\n'),
        (("a,b", 1, 0.1, None), '"a,b",1,0.1,\n'),
        (('q"q', None, None, None), '"q""q",,,\n'),
        (("", None, 1e-5, None), ",,1.0E-5,\n"),
        (("abcdefghijklmnopqrstuvwxy", 1, 2.0, None), '"abcdefghijklmnopqrstuvwxy",1,2.0,\n'),
        (("abcdefghijklmnopqrstuvwx", 1, 2.0, None), "abcdefghijklmnopqrstuvwx,1,2.0,\n"),
        (("x\ny", 1, 1.0, None), '"x\ny",1,1.0,\n'),
        (("a(b", 1, 1.0, True), '"a(b",1,1.0,true\n'),
        (("a-b", 1, 1.0, True), "a-b,1,1.0,true\n"),
        (("ü", 1, 1.0, True), "ü,1,1.0,true\n"),
    ],
)
def test_written_text(values, text):
    assert write(values) == text


@pytest.mark.parametrize(
    ("values", "options", "text"),
    [
        (("a,b", 1, 1.5, True), {"disable_quote_character": None}, "a,b,1,1.5,true\n"),
        (("b\\c", 1, 1.0, True), {"set_escape_character": "\\"}, '"b\\\\c",1,1.0,true\n'),
        ((None, None, None, None), {"set_null_literal": "n/a"}, "n/a,n/a,n/a,n/a\n"),
        (
            ("a,b", 2, 2.5, False),
            {"set_field_delimiter": ";", "set_line_delimiter": "\r\n", "set_quote_character": "'"},
            "'a,b';2;2.5;false\r\n",
        ),
        (("a", 1, 1.5, True), {"set_line_delimiter": ""}, "a,1,1.5,true"),
    ],
)
def test_writing_options(values, options, text):
    assert write(values, **options) == text


def test_nested_values():
    assert write(("a", ["x", "y z"], Row(None, "q r"), b"abc"), NESTED) == (
        'a,"x;y z",";q r",YWJj\n'
    )
    assert write(("a", ["x", "y"], (1, "q"), None), NESTED, set_array_element_delimiter=":") == (
        "a,x:y,1:q,\n"
    )
    assert read("a,x;y;z,1;q,YWJj", NESTED) == [
        "a",
        ["x", "y", "z"],
        Row("f0", "f1")(1, "q"),
        b"abc",
    ]
    assert read("a,,1;q,", NESTED)[1] == []
    with pytest.raises(MalformedRecordError, match="2 fields expected but was 3"):
        read("a,x,1;q;r,", NESTED)


def test_times_and_decimals():
    values = [
        datetime.date(2020, 1, 2),
        datetime.time(3, 4, 5),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
        Decimal("1.50"),
    ]
    text = '2020-01-02,03:04:05,"2020-01-02 03:04:05.678",1.50\n'
    assert write(tuple(values), TIMES) == text
    assert read(text, TIMES) == values
    with pytest.raises(MalformedRecordError, match="yyyy-mm-dd hh:mm:ss"):
        read("2020-01-02,03:04:05,2020-01-02T03:04:05Z,1.50", TIMES)


# What Flink reads: strictly, and with ignored errors. ERROR and None stand for a failure.
ERROR = object()


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("a,1,1.5,true", ["a", 1, 1.5, True], ["a", 1, 1.5, True]),
        ("a,1,1.5", ERROR, ["a", 1, 1.5, None]),
        ("a,1,1.5,true,x", ERROR, None),
        ("a,,1.5,true", ERROR, ["a", None, 1.5, True]),
        (",1,1.5,true", ["", 1, 1.5, True], ["", 1, 1.5, True]),
        ("a,x,1.5,true", ERROR, ["a", None, 1.5, True]),
        (" a , 1 , 1.5 , true ", [" a ", 1, 1.5, True], [" a ", 1, 1.5, True]),
        ('"a,b",1,1.5,true', ["a,b", 1, 1.5, True], ["a,b", 1, 1.5, True]),
        ('"a""b",1,1.5,TRUE', ['a"b', 1, 1.5, True], ['a"b', 1, 1.5, True]),
        ("a,1,1.5,yes", ["a", 1, 1.5, False], ["a", 1, 1.5, False]),
        ("", ERROR, None),
        ("#a,1,1.5,true", ["#a", 1, 1.5, True], ["#a", 1, 1.5, True]),
        ("a,1,1.5,true\nb,2,2.5,false", ["a", 1, 1.5, True], ["a", 1, 1.5, True]),
        ("a,1.0,1.5,true", ERROR, ["a", None, 1.5, True]),
        ("a,99999999999,1.5,true", ERROR, ["a", None, 1.5, True]),
        ('"a,1,1.5,true', ERROR, None),
        ('a"b,1,1.5,true', ['a"b', 1, 1.5, True], ['a"b', 1, 1.5, True]),
    ],
)
def test_read_text(text, strict, lenient):
    if strict is ERROR:
        with pytest.raises(MalformedRecordError, match="cannot read CSV"):
            read(text)
    else:
        assert read(text) == strict
    assert read(text, set_ignore_parse_errors=True) == lenient


def test_reading_options():
    assert read("a,n/a,n/a,n/a", set_null_literal="n/a") == ["a", None, None, None]
    assert read(",,,", set_null_literal="") == [None] * 4
    assert read("# c\na,1,1.5,true", set_allow_comments=True) == ["a", 1, 1.5, True]
    assert read("a\\,b,1,1.5,true", set_escape_character="\\") == ["a,b", 1, 1.5, True]
    assert read(
        "a;'b;c'", Types.ROW([Types.STRING()] * 2), set_field_delimiter=";", set_quote_character="'"
    ) == ["a", "b;c"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda b: b.set_field_delimiter(",,"),
        lambda b: b.set_line_delimiter("x"),
        lambda b: b.set_array_element_delimiter(""),
    ],
)
def test_wrong_options(wrong):
    with pytest.raises(ProgramError):
        wrong(CsvRowSerializationSchema.Builder(FLAT))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"))


@given(
    TEXT,
    st.integers(-(2**31), 2**31 - 1),
    st.floats(allow_nan=False),
    st.booleans(),
    st.sampled_from(",;|\t"),
)
def test_round_trip(s, i, d, b, delimiter):
    if d in (float("inf"), float("-inf")):
        d = 0.0
    text = write((s, i, d, b), set_field_delimiter=delimiter)
    assert read(text, set_field_delimiter=delimiter) == [s, i, d, b]
