"""Schemas between values and bytes, encoders, bulk writers (``pyflink.common.serialization``)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, BinaryIO

from hurtig.common.errors import HurtigError
from hurtig.common.rendering import render_value
from hurtig.common.types import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hurtig.common.typeinfo import TypeInformation

__all__ = [
    "BulkWriter",
    "BulkWriterFactory",
    "ByteArraySchema",
    "DeserializationSchema",
    "Encoder",
    "MalformedRecordError",
    "RowDataBulkWriterFactory",
    "RowFieldExtractorSchema",
    "SerializationSchema",
    "SimpleStringSchema",
]


class MalformedRecordError(HurtigError, ValueError):
    """Bytes that a schema cannot read, or a value that it cannot write; the text says why."""


class SerializationSchema:
    """Turns a value into bytes. Subclass it and override :meth:`serialize`."""

    def __init__(self, j_serialization_schema: object = None) -> None:
        super().__init__()

    def open(self) -> None:
        """Called once before the first value, where the schema is used."""

    def serialize(self, value: Any) -> bytes:
        """The bytes of ``value``; :class:`MalformedRecordError` where it does not fit."""
        raise NotImplementedError(f"{type(self).__name__} must override serialize(value)")

    def serialize_batch(self, values: Sequence[Any]) -> list[bytes]:
        """The bytes of each value."""
        return [self.serialize(value) for value in values]


class DeserializationSchema:
    """Turns bytes into a value. Subclass it and override :meth:`deserialize`."""

    def __init__(self, j_deserialization_schema: object = None) -> None:
        super().__init__()

    def open(self) -> None:
        """Called once before the first message, where the schema is used."""

    def deserialize(self, message: bytes) -> Any:
        """The value of ``message``; ``None`` for a message to leave out.

        :class:`MalformedRecordError` where it cannot be read.
        """
        raise NotImplementedError(f"{type(self).__name__} must override deserialize(message)")

    def deserialize_batch(self, messages: Sequence[bytes]) -> list[Any]:
        """One value a message, ``None`` where it is to be left out."""
        return [self.deserialize(message) for message in messages]

    def is_end_of_stream(self, element: Any) -> bool:
        """Whether ``element`` says that its source has ended."""
        return False

    def get_produced_type(self) -> TypeInformation | None:
        """The type of the values, where it is known."""
        return None


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Text in the given charset; bytes that it does not know become U+FFFD, as in Java."""

    def __init__(self, charset: str = "UTF-8") -> None:
        super().__init__()
        self._charset = check_charset(charset)

    def serialize(self, value: Any) -> bytes:
        """The encoded text; ``value`` must be a str."""
        if not isinstance(value, str):
            raise MalformedRecordError(
                f"SimpleStringSchema writes str, got {value!r} ({type(value).__name__}); "
                "map the stream to str first"
            )
        return value.encode(self._charset, "replace")

    def deserialize(self, message: bytes) -> str:
        """The decoded text."""
        return message.decode(self._charset, "replace")

    def deserialize_batch(self, messages: Sequence[bytes]) -> list[Any]:
        """The decoded text of each message."""
        charset = self._charset
        return [message.decode(charset, "replace") for message in messages]

    def get_produced_type(self) -> TypeInformation:
        """STRING."""
        from hurtig.common.typeinfo import Types

        return Types.STRING()


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """Bytes as they are."""

    def __init__(self) -> None:
        super().__init__()

    def serialize(self, value: Any) -> bytes:
        """``value`` itself, which must be bytes."""
        return _bytes_of(value, "ByteArraySchema writes bytes")

    def deserialize(self, message: bytes) -> bytes:
        """``message`` itself."""
        return message

    def get_produced_type(self) -> TypeInformation:
        """An array of bytes."""
        from hurtig.common.typeinfo import Types

        return Types.PRIMITIVE_ARRAY(Types.BYTE())


class RowFieldExtractorSchema(SerializationSchema):
    """Writes one field of a row, which must be bytes; ``None`` gives no bytes."""

    def __init__(self, field_index: int) -> None:
        super().__init__()
        if field_index < 0:
            raise ValueError(f"field_index counts from 0, got {field_index}")
        self._field_index = field_index

    def serialize(self, value: Any) -> bytes:
        """The bytes of the field; ``value`` is a Row or a tuple."""
        if not isinstance(value, Row | tuple):
            raise MalformedRecordError(
                f"RowFieldExtractorSchema reads rows, got {value!r} ({type(value).__name__})"
            )
        if self._field_index >= len(value):
            raise MalformedRecordError(
                f"there is no field {self._field_index} in {value!r}, it has {len(value)} fields"
            )
        field = value[self._field_index]
        return b"" if field is None else _bytes_of(field, f"field {self._field_index} is no bytes")


class Encoder:
    """Writes one record of a row-format file. Subclass it and override :meth:`encode`."""

    def __init__(self, j_encoder: object = None) -> None:
        super().__init__()

    @staticmethod
    def simple_string_encoder(charset_name: str = "UTF-8") -> Encoder:
        """Each record as Flink prints it, and a line feed."""
        return _SimpleStringEncoder(charset_name)

    def encode(self, element: Any) -> bytes:
        """All that is to be written for ``element``, its line end included."""
        raise NotImplementedError(f"{type(self).__name__} must override encode(element)")

    def encode_all(self, elements: Sequence[Any]) -> bytes | None:
        """The bytes of all elements together where that is faster; else ``None``.

        :meth:`encode` may be called for the same elements after it.
        """
        return None


class _SimpleStringEncoder(Encoder):
    def __init__(self, charset_name: str) -> None:
        super().__init__()
        self._charset = check_charset(charset_name)

    def encode(self, element: Any) -> bytes:
        return f"{render_value(element)}\n".encode(self._charset, "replace")

    def encode_all(self, elements: Sequence[Any]) -> bytes | None:
        if self._charset != "utf-8":
            return None  # UTF-16 begins each record with its mark
        try:
            text = "\n".join(elements)
        except TypeError:
            text = "\n".join(map(render_value, elements))
        return f"{text}\n".encode("utf-8", "replace")


class BulkWriter(ABC):
    """Writes records into one file whose format needs more than one record at a time."""

    @abstractmethod
    def add_elements(self, elements: Sequence[Any]) -> None:
        """Take these records, all or none; they may stay in memory until :meth:`finish`.

        :class:`MalformedRecordError` where one of them cannot be written.
        """

    def flush(self) -> None:
        """Write what can be written now."""

    @abstractmethod
    def finish(self) -> None:
        """Complete the file; the stream itself is closed by the caller."""


class BulkWriterFactory:
    """Makes the writer of each new file. Subclass it and override :meth:`create`."""

    def __init__(self, j_bulk_writer_factory: object = None) -> None:
        super().__init__()

    def create(self, stream: BinaryIO) -> BulkWriter:
        """A writer that writes to ``stream`` from its start."""
        raise NotImplementedError(f"{type(self).__name__} must override create(stream)")


class RowDataBulkWriterFactory(BulkWriterFactory):
    """A factory for rows of a declared type."""

    def __init__(
        self,
        create_writer: Callable[[BinaryIO], BulkWriter] | None = None,
        row_type: Any = None,
    ) -> None:
        super().__init__()
        self._create_writer = create_writer
        self._row_type = row_type

    def create(self, stream: BinaryIO) -> BulkWriter:
        if self._create_writer is None:
            return super().create(stream)
        return self._create_writer(stream)

    def get_row_type(self) -> Any:
        """The row type as it was declared."""
        return self._row_type


def check_charset(name: str) -> str:
    """Python's name of a charset; ``ValueError`` for one that does not exist."""
    import codecs

    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"unknown charset {name!r}; use for example 'UTF-8'") from None


def _bytes_of(value: Any, problem: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    raise MalformedRecordError(f"{problem}, got {value!r} ({type(value).__name__})")
