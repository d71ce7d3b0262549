"""The methods that make streams out of sources."""

from __future__ import annotations

import re
import socket
import threading

import pytest

from hurtig.common import Types, WatermarkStrategy
from hurtig.common.errors import ProgramError
from hurtig.datastream.connectors import FileSource, NumberSequenceSource, StreamFormat
from hurtig.datastream.functions import SourceFunction


def test_from_sequence(env):
    assert list(env.from_sequence(3, 6).execute_and_collect()) == [3, 4, 5, 6]
    assert env.from_sequence(1, 2).get_type() == Types.LONG()


@pytest.mark.parametrize("wrapped", [True, False])
def test_add_source(env, wrapped):
    source = NumberSequenceSource(1, 3)
    stream = env.add_source(SourceFunction(source) if wrapped else source, "numbers")
    assert stream.get_name() == "Source: numbers"
    assert list(stream.execute_and_collect()) == [1, 2, 3]


def test_the_declared_type_wins(env):
    stream = env.add_source(NumberSequenceSource(1, 3), type_info=Types.INT())
    assert stream.get_type() == Types.INT()


def test_from_source_names_the_stream_once(env):
    source, none = NumberSequenceSource(1, 1), WatermarkStrategy.no_watermarks()
    assert env.from_source(source, none, "x").get_name() == "Source: x"
    assert env.from_source(source, none, "Source: x").get_name() == "Source: x"


def test_read_text_file(env, tmp_path):
    (tmp_path / "words.txt").write_bytes("grün\nröd".encode("latin-1"))
    stream = env.read_text_file(str(tmp_path / "words.txt"), "ISO-8859-1")
    assert stream.get_type() == Types.STRING()
    assert list(stream.execute_and_collect()) == ["grün", "röd"]


def test_create_input(env, tmp_path):
    class Lines:
        """An input format: what it reads is a source."""

        def as_source(self):
            lines = StreamFormat.text_line_format()
            return FileSource.for_record_stream_format(lines, str(tmp_path / "a.txt")).build()

    (tmp_path / "a.txt").write_text("a\nb\n")
    stream = env.create_input(Lines(), Types.STRING())
    assert stream.get_type() == Types.STRING()
    assert list(stream.execute_and_collect()) == ["a", "b"]


@pytest.mark.parametrize("delimiter", ["\n", "|"])
def test_socket_text_stream(env, delimiter):
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(delimiter.join(["a", "bc", ""]).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    with server:
        stream = env.set_parallelism(3).socket_text_stream(*server.getsockname(), delimiter)
        assert stream.get_type() == Types.STRING()
        assert list(stream.execute_and_collect()) == ["a", "bc"]
        thread.join(10)


@pytest.mark.parametrize("method", ["add_source", "create_input"])
@pytest.mark.parametrize("given", [[1, 2], None, NumberSequenceSource])
def test_what_is_no_source(env, method, given):
    with pytest.raises(ProgramError, match=re.escape(f"{given!r} is not a source. For plain")):
        getattr(env, method)(given)
    with pytest.raises(ProgramError, match="is not a source"):
        env.from_source(given, WatermarkStrategy.no_watermarks(), "x")
