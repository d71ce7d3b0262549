"""Error policies of sources and sinks: nothing is left out without a word."""

from __future__ import annotations

import pytest

from hurtig.common import Encoder, WatermarkStrategy
from hurtig.common.errors import BadRecordError, HurtigError, JobExecutionError
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.connectors.file_system import FileSink, FileSource, StreamFormat

LINES = '{"n": 1}\n{"n": \n{"n": 2}\n[\n'


def json_lines(path, policy):
    env = StreamExecutionEnvironment.get_execution_environment()
    path.write_text(LINES)
    source = FileSource.for_record_stream_format(StreamFormat.json_lines_format(), str(path))
    strategy = WatermarkStrategy.no_watermarks()
    return env.from_source(source.build(), strategy, "lines").on_error(policy)


def test_fail_names_the_line(tmp_path):
    with pytest.raises(HurtigError, match=r"lines\.json, line 2"):
        list(json_lines(tmp_path / "lines.json", "fail").execute_and_collect())


def test_skip_warns_once(tmp_path, capsys):
    stream = json_lines(tmp_path / "lines.json", "skip")
    assert list(stream.execute_and_collect()) == [{"n": 1}, {"n": 2}]
    warned = capsys.readouterr().err
    assert warned.count("WARN [Source: lines]") == 1
    assert "lines.json, line 2" in warned


def test_dead_letters_of_a_source(tmp_path):
    stream = json_lines(tmp_path / "lines.json", "dead-letter")
    letters = list(stream.get_dead_letters().execute_and_collect())
    assert [letter.record for letter in letters] == ['{"n": ', "["]
    assert letters[1].location.endswith("lines.json, line 4")


def test_skip_of_a_sink_warns_once(capsys):
    written = []

    def write(value):
        if value % 2:
            raise ValueError(f"odd: {value}")
        written.append(value)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1, 2, 3, 4]).add_sink(write).name("even").on_error("skip")
    env.execute()
    warned = capsys.readouterr().err
    assert warned.count("WARN [even]") == 1
    assert "odd: 1" in warned


def test_bad_record_without_a_place():
    assert str(BadRecordError("odd", "", 1)) == "odd\n  content   1"


def test_a_sink_that_cannot_write_names_itself(tmp_path):
    (tmp_path / "file").write_text("")
    env = StreamExecutionEnvironment.get_execution_environment()
    sink = FileSink.for_row_format(str(tmp_path / "file/out"), Encoder.simple_string_encoder())
    env.from_collection(["a"]).sink_to(sink.build()).name("lines")
    with pytest.raises(
        JobExecutionError, match=r"'lines' cannot write: NotADirectoryError: .*/out"
    ):
        env.execute()
