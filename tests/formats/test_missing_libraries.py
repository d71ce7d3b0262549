"""A format whose library is not installed says which extra brings it."""

from __future__ import annotations

import sys

import pytest

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.datastream.formats.avro import AvroFormat, AvroSchema
from hurtig.datastream.formats.orc import OrcBulkWriters
from hurtig.datastream.formats.parquet import ParquetBulkWriters, ParquetColumnarRowInputFormat

ROW = Types.ROW_NAMED(["a"], [Types.INT()])


@pytest.mark.parametrize(
    ("module", "make", "extra"),
    [
        ("pyarrow", lambda: ParquetBulkWriters.for_row_type(ROW), "arrow"),
        ("pyarrow", lambda: ParquetColumnarRowInputFormat(ROW), "arrow"),
        ("pyarrow", lambda: OrcBulkWriters.for_row_type(ROW), "arrow"),
        ("fastavro", lambda: AvroFormat(), "avro"),
        ("fastavro", lambda: AvroSchema.parse_string('"int"'), "avro"),
    ],
)
def test_the_extra_is_named(monkeypatch, module, make, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ProgramError, match=rf"pip install 'hurtig\[{extra}\]'"):
        make()
