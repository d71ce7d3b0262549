"""Batches of records to bytes and back, for channels and state.

``serializer_for(type)`` writes MessagePack under the declared type where every value has that type
to the letter, and pickle (protocol 5) otherwise, so that what is read is what was written:
values, Python types, row kinds and field names. The first byte says which of the two it is.
"""

from __future__ import annotations

import pickle
from typing import Any, Protocol

from hurtig.common.serializers.description import VERSION, describe, fingerprint, from_description
from hurtig.common.typeinfo import TypeInformation

__all__ = [
    "VERSION",
    "PickleSerializer",
    "RowSerializer",
    "TypedSerializer",
    "describe",
    "fingerprint",
    "from_description",
    "serializer_for",
]

_TYPED = b"\x01"
_PICKLED = b"\x02"


class RowSerializer(Protocol):
    """Writes and reads the records of one stream or one state."""

    def dumps(self, values: list[Any]) -> bytes:
        """A batch as bytes."""

    def loads(self, data: bytes | bytearray | memoryview) -> list[Any]:
        """The batch again; ValueError where the bytes were written under another type."""

    def dumps_value(self, value: Any) -> bytes:
        """A single record as bytes."""

    def loads_value(self, data: bytes | bytearray | memoryview) -> Any:
        """The record again."""

    def describe(self) -> dict[str, Any]:
        """The type as JSON, see :func:`describe`."""


class PickleSerializer:
    """Any values, pickled."""

    type_info: TypeInformation | None = None

    def dumps(self, values: list[Any]) -> bytes:
        """A batch as bytes."""
        return _PICKLED + pickle.dumps(values, 5)

    def loads(self, data: bytes | bytearray | memoryview) -> list[Any]:
        """The batch again."""
        if data[:1] != _PICKLED:
            raise ValueError(
                f"these bytes start with {bytes(data[:1])!r}: they were not written without a type"
            )
        values: list[Any] = pickle.loads(memoryview(data)[1:])
        return values

    def dumps_value(self, value: Any) -> bytes:
        """A single record as bytes."""
        return self.dumps([value])

    def loads_value(self, data: bytes | bytearray | memoryview) -> Any:
        """The record again."""
        return self.loads(data)[0]

    def describe(self) -> dict[str, Any]:
        """The type as JSON."""
        return describe(self.type_info)

    def __reduce__(self) -> Any:
        return serializer_for, (self.type_info,)


class TypedSerializer(PickleSerializer):
    """Values of a declared type, as MessagePack.

    ``trusted`` skips the check that every value has the type: for batches that went through the
    type's coercer just before.
    """

    def __init__(self, type_info: TypeInformation, trusted: bool = False) -> None:
        import msgspec.msgpack

        from hurtig.common.coercion.conform import batch_check
        from hurtig.common.serializers.wire import nullable, wire_of

        self.type_info = type_info
        self._trusted = trusted
        self._fits = batch_check(type_info, none_ok=True, exact=True)
        wire = wire_of(type_info)
        self._to_wire = nullable(wire.encode)
        self._from_wire = nullable(wire.decode)
        self._encode = msgspec.msgpack.Encoder().encode
        batch: Any = list.__class_getitem__(wire.python | None)
        self._decode = msgspec.msgpack.Decoder(batch).decode
        self._decode_error = msgspec.DecodeError

    def dumps(self, values: list[Any]) -> bytes:
        """A batch as bytes; pickled as a whole where one value does not have the type."""
        if self._trusted or self._fits(values):
            try:
                convert = self._to_wire
                wire = values if convert is None else list(map(convert, values))
                return _TYPED + self._encode(wire)
            except (UnicodeError, OverflowError, TypeError, AttributeError, ValueError):
                pass  # text with lone surrogates, or a value that only claims to be of its type
        return super().dumps(values)

    def loads(self, data: bytes | bytearray | memoryview) -> list[Any]:
        """The batch again; ValueError where the bytes were written under another type."""
        if data[:1] == _PICKLED:
            return super().loads(data)
        if data[:1] != _TYPED:
            raise ValueError(
                f"these bytes start with {bytes(data[:1])!r}: no serializer wrote them"
            )
        try:
            values: list[Any] = self._decode(memoryview(data)[1:])
        except self._decode_error as e:
            raise ValueError(
                f"these bytes were not written under the type {self.type_info!r}: {e}"
            ) from None
        convert = self._from_wire
        return values if convert is None else list(map(convert, values))

    def __reduce__(self) -> Any:
        return serializer_for, (self.type_info, self._trusted)


def serializer_for(type_info: TypeInformation | None, trusted: bool = False) -> PickleSerializer:
    """The serializer of a type; pickle where there is none. Serializers are shared."""
    from hurtig.common.coercion.containers import is_untyped, unwrapped

    if type_info is None or is_untyped(unwrapped(type_info)):
        return _PICKLE
    # Field names count here, while equality of row types ignores them.
    key = repr(describe(type_info)), trusted
    serializer = _serializers.get(key)
    if serializer is None:
        serializer = _serializers[key] = TypedSerializer(type_info, trusted)
    return serializer


_serializers: dict[tuple[str, bool], TypedSerializer] = {}
_PICKLE = PickleSerializer()
