"""Lines of ``print()`` as PyFlink writes them."""

from __future__ import annotations

import datetime
import pickle
import sys

import pytest

from hurtig.common.errors import UserFunctionError
from hurtig.common.typeinfo import ExternalTypeInfo, LocalTimeTypeInfo, Types
from hurtig.common.types import Row
from hurtig.connectors.print.rendering import line_renderer
from hurtig.connectors.print.sink import PrintSink

LOCAL = LocalTimeTypeInfo.TimeType


def test_looks_as_in_pyflink(recorded_type, values, lines, write_to, capsys):
    write_to(PrintSink(type_info=recorded_type)).write(*values)
    assert capsys.readouterr().out.split("\n") == [*lines, ""]


def test_prefix(identifier, parallelism, printed, write_to, capsys):
    write_to(PrintSink(identifier), parallelism - 1, parallelism).write("x")
    assert capsys.readouterr().out == printed + "\n"


def test_prefix_stands_before_every_record(write_to, capsys):
    write_to(PrintSink("a")).write(1, "", 3)
    assert capsys.readouterr().out == "a> 1\na> \na> 3\n"


def test_standard_error(write_to, capsys):
    write_to(PrintSink(to_stderr=True)).write("x")
    assert tuple(capsys.readouterr()) == ("", "x\n")


class Stream:
    def __init__(self):
        self.calls = []

    def write(self, text):
        self.calls.append(text)

    def flush(self):
        self.calls.append("flush")


def test_one_write_a_batch_shown_at_once(write_to, monkeypatch):
    stream = Stream()
    writer = write_to(PrintSink())
    monkeypatch.setattr(sys, "stdout", stream)
    writer.write(1, 2, 3)
    writer.write(4)
    assert stream.calls == ["1\n2\n3\n", "flush", "4\n", "flush"]


def test_a_str_that_raises_names_the_record(write_to):
    class Bad:
        def __repr__(self):
            return "<bad>"

        def __str__(self):
            return 1 // 0

    with pytest.raises(UserFunctionError) as caught:
        write_to(PrintSink()).write("a", Bad(), "b")
    text = caught.value.render()
    assert "ZeroDivisionError" in text
    assert "return 1 // 0" in text
    assert "record    <bad>" in text
    assert "Sink: test" in text
    assert "print/sink.py" not in text


@pytest.mark.parametrize("type_info", [Types.STRING(), Types.DOUBLE(), Types.ROW([Types.INT()])])
def test_none_of_a_declared_type(type_info):
    assert line_renderer(type_info)(None) == "null"


@pytest.mark.parametrize(
    ("type_info", "value", "text"),
    [
        # Flink prints the identity of an array, and loses fractions of times.
        (Types.PRIMITIVE_ARRAY(Types.INT()), [1, 2], "[1, 2]"),
        (Types.OBJECT_ARRAY(Types.STRING()), ["a", None], "[a, null]"),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"\x01\xff", "[1, -1]"),
        (Types.SQL_TIME(), datetime.time(1, 2, 3, 456000), "01:02:03.456"),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2024, 1, 2, 3, 4, 5, 678901),
         "2024-01-02 03:04:05.678901"),
        (Types.CHAR(), "c", "c"),
        (None, b"ab", "b'ab'"),
        (Types.PICKLED_BYTE_ARRAY(), ("a", 1), "('a', 1)"),
        (ExternalTypeInfo(Types.ROW([Types.INT()])), Row(None), "+I[None]"),
        # As java.time prints them.
        (LocalTimeTypeInfo(LOCAL.LOCAL_DATE), datetime.date(2024, 1, 2), "2024-01-02"),
        (LocalTimeTypeInfo(LOCAL.LOCAL_TIME), datetime.time(3, 4), "03:04"),
        (LocalTimeTypeInfo(LOCAL.LOCAL_TIME), datetime.time(3, 4, 5, 100000), "03:04:05.100"),
        (LocalTimeTypeInfo(LOCAL.LOCAL_DATE_TIME), datetime.datetime(2024, 1, 2, 3, 4, 5),
         "2024-01-02T03:04:05"),
        (LocalTimeTypeInfo(LOCAL.LOCAL_DATE_TIME), datetime.datetime(2024, 1, 2, 3, 4),
         "2024-01-02T03:04"),
    ],
)  # fmt: skip
def test_what_pyflink_cannot_print_or_prints_badly(type_info, value, text):
    assert line_renderer(type_info)(value) == text


def test_pickles(write_to, capsys):
    sink = pickle.loads(pickle.dumps(PrintSink("id", False, Types.BOOLEAN())))
    write_to(sink).write(True)
    assert capsys.readouterr().out == "id> true\n"
