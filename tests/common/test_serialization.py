"""Base schemas and encoders."""

from __future__ import annotations

import io

import pytest

from hurtig.common.serialization import (
    BulkWriter,
    BulkWriterFactory,
    ByteArraySchema,
    DeserializationSchema,
    Encoder,
    MalformedRecordError,
    RowDataBulkWriterFactory,
    RowFieldExtractorSchema,
    SerializationSchema,
    SimpleStringSchema,
)
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row


def test_simple_string_schema():
    schema = SimpleStringSchema()
    assert schema.serialize("é") == b"\xc3\xa9"
    assert schema.deserialize(b"\xc3\xa9\xff") == "é�"
    assert schema.deserialize_batch([b"a", b"b"]) == ["a", "b"]
    assert SimpleStringSchema("ISO-8859-1").serialize("é") == b"\xe9"
    assert schema.get_produced_type() == Types.STRING()
    with pytest.raises(MalformedRecordError, match="writes str, got 5"):
        schema.serialize(5)
    with pytest.raises(ValueError, match="unknown charset"):
        SimpleStringSchema("UTF-9")


def test_byte_array_schema():
    schema = ByteArraySchema()
    assert schema.serialize(bytearray(b"a")) == b"a"
    assert schema.deserialize(b"a") == b"a"
    assert schema.get_produced_type() == Types.PRIMITIVE_ARRAY(Types.BYTE())
    with pytest.raises(MalformedRecordError, match="writes bytes"):
        schema.serialize("a")


def test_row_field_extractor():
    schema = RowFieldExtractorSchema(1)
    assert schema.serialize(Row(1, b"key")) == b"key"
    assert schema.serialize((1, None)) == b""
    with pytest.raises(MalformedRecordError, match="no field 1"):
        schema.serialize(Row(1))
    with pytest.raises(MalformedRecordError, match="field 1 is no bytes"):
        schema.serialize(Row(1, "text"))
    with pytest.raises(MalformedRecordError, match="reads rows"):
        schema.serialize("x")
    with pytest.raises(ValueError, match="counts from 0"):
        RowFieldExtractorSchema(-1)


def test_schemas_of_ones_own():
    class Doubling(SerializationSchema, DeserializationSchema):
        def serialize(self, value):
            return value * 2

        def deserialize(self, message):
            return message[: len(message) // 2]

    schema = Doubling()
    assert schema.serialize_batch([b"a", b"b"]) == [b"aa", b"bb"]
    assert schema.deserialize_batch([b"aa"]) == [b"a"]
    assert not schema.is_end_of_stream(b"a")
    with pytest.raises(NotImplementedError, match=r"must override serialize\(value\)"):
        SerializationSchema().serialize(1)
    with pytest.raises(NotImplementedError, match=r"must override deserialize"):
        DeserializationSchema().deserialize(b"")


def test_encoders():
    encoder = Encoder.simple_string_encoder()
    assert encoder.encode("a") == b"a\n"
    assert encoder.encode(1) == b"1\n"
    assert Encoder().encode_all(["a"]) is None
    assert encoder.encode_all(["a", "b"]) == b"a\nb\n"
    assert encoder.encode_all(["a", (1, 2.0)]) == b"a\n(1,2.0)\n"
    assert Encoder.simple_string_encoder("UTF-16").encode_all(["a"]) is None
    with pytest.raises(NotImplementedError, match=r"must override encode\(element\)"):
        Encoder().encode("a")


def test_bulk_writer_factories():
    class Joined(BulkWriter):
        def __init__(self, stream):
            self.stream = stream

        def add_elements(self, elements):
            self.stream.write("".join(elements).encode())

        def finish(self):
            self.stream.write(b".")

    out = io.BytesIO()
    factory = RowDataBulkWriterFactory(Joined, "the type")
    writer = factory.create(out)
    writer.add_elements(["a", "b"])
    writer.finish()
    assert out.getvalue() == b"ab."
    assert factory.get_row_type() == "the type"
    for empty in (BulkWriterFactory(), RowDataBulkWriterFactory()):
        with pytest.raises(NotImplementedError, match="must override create"):
            empty.create(out)
