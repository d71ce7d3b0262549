"""CSV files: CsvReaderFormat, CsvSchema, the simple format, CsvBulkWriters."""

from __future__ import annotations

import csv
import gzip
import io
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.errors import BadRecordError, ProgramError
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row
from hurtig.datastream.formats.csv import CsvBulkWriters, CsvReaderFormat, CsvSchema
from hurtig.formats import lines
from hurtig.formats.contract import FileRange, StreamFormat, raise_bad_record


def schema(**options):
    builder = CsvSchema.builder().add_number_column("n").add_string_column("s")
    builder.add_array_column("a", "|").add_boolean_column("b")
    for name, argument in options.items():
        getattr(builder, name)(*([] if argument is None else [argument]))
    return builder.build()


def read(format_, data, batch=1000, on_bad=raise_bad_record, position=None):
    file = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    reader = pickle.loads(pickle.dumps(format_)).create_reader(
        file, FileRange(position=position), on_bad
    )
    records = []
    while got := reader.read(batch):
        assert len(got) <= batch
        records += got
    assert reader.finished
    return records


def for_schema(**options):
    return CsvReaderFormat.for_schema(schema(**options))


def row(*values):
    return Row("n", "s", "a", "b")(*values)


def test_columns():
    assert read(for_schema(), '1,x,p|q,true\n-2,"a\n""b""",,false') == [
        row(1, "x", ["p", "q"], True),
        row(-2, 'a\n"b"', [], False),
    ]
    assert len(schema()) == schema().size() == 4


def test_a_header_may_have_another_order():
    text = "s,b,a,n\nx,true,p,1\n"
    assert read(for_schema(set_use_header=None), text) == [row(1, "x", ["p"], True)]
    with pytest.raises(BadRecordError, match="the header names"):
        read(for_schema(set_use_header=None, set_strict_headers=None), text)
    with pytest.raises(BadRecordError, match="line 1"):
        read(for_schema(set_use_header=None), "s,b,a,x\n1,2,3,4\n")


def test_options():
    skipped = for_schema(set_skip_first_data_row=None, set_null_value="-")
    assert read(skipped, "garbage\n-,-,-,-\n") == [row(None, None, None, None)]
    commented = for_schema(set_allow_comments=None, set_column_separator=";")
    assert read(commented, "# x;\n1;x,y;p;true\n") == [row(1, "x,y", ["p"], True)]
    rest = for_schema(set_any_property_name="rest")
    assert read(rest, "1,x,p,true,more,and more\n")[0]["rest"] == ["more", "and more"]
    assert read(for_schema(disable_quote_char=None), '1,"x,p,true\n') == [row(1, '"x', ["p"], True)]
    assert read(for_schema(set_escape_char="\\"), "1,a\\,b,p,true\n")[0].s == "a,b"


BAD = '1,x,p,true\n\nx,"two\nlines",p,true\n3,x\n4,"y"z,p,true\n5,x,p,true\n'


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_bad_records_are_found_by_their_line(batch):
    bad = []
    records = read(for_schema(), BAD, batch, lambda *args: bad.append(args))
    assert [r.n for r in records] == [1, 5]
    assert [where for _, where, _ in bad] == ["line 3", "line 5", "line 6"]
    assert bad[0][0].startswith("field 'n'")
    assert bad[1][0] == "Row length mismatch. 4 fields expected but was 2."
    assert bad[2][2] == '4,"y"z,p,true'
    with pytest.raises(BadRecordError, match=r"(?s)field 'n'.*line 3"):
        read(for_schema(), BAD)


def test_an_open_quote():
    bad = []
    assert read(for_schema(), '1,x,p,true\n2,"x\n', 5, lambda *a: bad.append(a)) == [
        row(1, "x", ["p"], True)
    ]
    assert bad[0][1:] == ("line 2", '2,"x')


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1)),
    st.integers(1, 30),
    st.integers(0, 10),
    st.booleans(),
)
def test_reading_goes_on_from_a_position(texts, block, at, header):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if header:
        writer.writerow(["s"])
    writer.writerows([[text] for text in texts])
    data = out.getvalue().encode()
    format_ = StreamFormat.csv_format(Types.ROW_NAMED(["s"], [Types.STRING()]), has_header=header)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_SIZE", block)
        with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data))) as file:
            reader = format_.create_reader(file, FileRange(), raise_bad_record)
            first = []
            while len(first) < at and (got := reader.read(min(3, at - len(first)))):
                first += got
            position = pickle.loads(pickle.dumps(reader.position()))
        records = first + read(format_, data, position=position)
    assert [r.s for r in records] == texts


def test_the_simple_format():
    text = "﻿a;b\n1;x\n"
    assert read(StreamFormat.csv_format(field_delimiter=";"), text) == [{"a": "1", "b": "x"}]
    assert read(StreamFormat.csv_format(has_header=False), "1,x\n2,y") == [["1", "x"], ["2", "y"]]
    typed = StreamFormat.csv_format(Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]))
    assert read(typed, "b,a\nx,1\n,\n") == [Row(a=1, b="x"), Row(a=None, b=None)]
    assert read(StreamFormat.csv_format(), "") == []
    with pytest.raises(BadRecordError, match="2 fields expected but was 1"):
        read(StreamFormat.csv_format(), "a,b\n1\n")


def test_bulk_writer():
    out = io.BytesIO()
    factory = CsvBulkWriters.for_schema(schema(set_use_header=None, set_line_separator="\r\n"))
    writer = factory.create(out)
    writer.add_elements([(1, "x y", ["p", "q"], True), {"n": 2}])
    writer.finish()
    assert out.getvalue() == b'n,s,a,b\r\n1,"x y",p|q,true\r\n2,,,\r\n'
    assert factory.get_row_type().names == ("n", "s", "a", "b")


def test_schema_builder():
    builder = CsvSchema.builder().add_columns_from(schema())
    assert len(builder) == builder.size() == 4
    builder.remove_array_element_separator(2).set_array_element_separator("/")
    assert read(CsvReaderFormat.for_schema(builder.build()), "1,x,p/q|r,true")[0].a == ["p", "q|r"]
    assert builder.clear_columns().size() == 0
    with pytest.raises(ProgramError, match="two columns"):
        builder.add_string_column("x").add_string_column("x").build()
    with pytest.raises(ProgramError, match="is no number"):
        builder.add_number_column("y", Types.STRING())
    with pytest.raises(ProgramError, match="at least one column"):
        CsvReaderFormat.for_schema(CsvSchema.builder().build())
