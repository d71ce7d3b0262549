"""Values of the database: stored forms (see :mod:`hurtig.state.values`) to bytes and back.

The first byte tells: 0x80 starts a pickle, 0xC1 (which MessagePack never writes) one of the forms
below, anything else is MessagePack of a plain value or of a list of them.

``t``  written by the serializer of the declared type;
``T``  eight bytes of time (time to live), then a value;
``L``  MessagePack list of values; of pairs of time and value for state with a time to live;
``K``  pickle of the key and map key that the entry's name does not give back, then a value.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import shorten
from hurtig.state.backends.rocksdb.layout import pickled, unpickled
from hurtig.state.values import IMMUTABLE, Copied, Packed, StateValueError, pack, unpack

if TYPE_CHECKING:
    from hurtig.common.serializers import PickleSerializer
    from hurtig.common.typeinfo import TypeInformation

PLAIN = frozenset({int, str, float, bool, bytes, type(None)})
"""Types that MessagePack keeps to the letter."""

_PICKLE, _FORM = 0x80, 0xC1
_TYPED, _TIMED, _LIST, _KEYED = b"\xc1t", b"\xc1T", b"\xc1L", b"\xc1K"
_TIME_BIAS = 1 << 63


class Wire(bytes):
    """A value as the serializer of its type wrote it."""

    __slots__ = ()


class Codec:
    """Encodes the entries of one state.

    ``kind``   of the state; the parts of a map are encoded one by one, as values;
    ``timed``  entries, or their parts, are pairs of stored form and time of writing;
    ``raw``    entries are an operator's own objects.

    The states of values and maps know :class:`Wire`; the others, which are those of the heap
    backend, get the heap's stored forms.
    """

    def __init__(
        self, name: str, kind: str, value_type: TypeInformation | None, timed: bool, raw: bool
    ) -> None:
        import msgspec.msgpack

        self._name = name
        self._list = kind == "list"
        self._timed = timed
        self._wires = not timed and kind in ("value", "map")
        self.raw = raw
        self._pack: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
        self._unpack: Callable[[Any], Any] = msgspec.msgpack.Decoder().decode
        self.serializer = _composite_serializer(value_type)

    def encode(self, entry: Any) -> bytes:
        """An entry as bytes. Raises ``StateValueError`` for what cannot be written."""
        if self.raw:
            if entry.__class__ in PLAIN:
                return self._value(entry)
            return self._pickled(entry)
        if self._list:
            return self._elements(entry)
        if self._timed:
            value, written = entry
            time: bytes = (written + _TIME_BIAS).to_bytes(8, "big")
            return _TIMED + time + self._value(value)
        return self._value(entry)

    def decode(self, data: bytes) -> Any:
        """The entry again."""
        first = data[0]
        if first == _PICKLE:
            return pickle.loads(data) if self.raw else Packed(data)
        if first != _FORM:
            return self._unpack(data)
        form = data[:2]
        if form == _TIMED:
            return self.decode(data[10:]), int.from_bytes(data[2:10], "big") - _TIME_BIAS
        if form == _KEYED:
            return self.decode(data[unpickled(data, 2)[1] :])
        if form == _LIST:
            parts = self._unpack(data[2:])
            if self._timed:
                return [(self.decode(value), written) for written, value in parts]
            return [self.decode(part) for part in parts]
        wire = Wire(data[2:])
        if self.raw:
            return self.live(wire)
        return wire if self._wires else self.heap_form(wire)

    def time_of(self, data: bytes) -> int | None:
        """When a single value was written, without decoding it."""
        if data[:2] == _KEYED:
            data = data[unpickled(data, 2)[1] :]
        return int.from_bytes(data[2:10], "big") - _TIME_BIAS if data[:2] == _TIMED else None

    def store(self, value: Any) -> Any:
        """The stored form of a user's value, see ``pack``."""
        cls = value.__class__
        if self.serializer is None or not self._wires or cls in IMMUTABLE:
            return pack(value)
        if cls is tuple:
            stored = pack(value)
            if stored.__class__ is not Packed:
                return stored
        try:
            return Wire(self.serializer.dumps_value(value))
        except Exception:
            return pack(value)

    def live(self, stored: Any) -> Any:
        """The user's value behind a stored form."""
        if stored.__class__ is Wire:
            assert self.serializer is not None
            return self.serializer.loads_value(stored)
        return unpack(stored)

    def heap_form(self, stored: Any) -> Any:
        """A stored form as the heap backend keeps it."""
        return pack(self.live(stored)) if stored.__class__ is Wire else stored

    def _value(self, stored: Any) -> bytes:
        cls = stored.__class__
        if cls in PLAIN:
            try:
                return self._pack(stored)
            except (OverflowError, UnicodeError):
                return pickle.dumps(stored, 5)
        if cls is Wire:
            wire: bytes = stored
            return _TYPED + wire
        if cls is Copied:
            return self._pickled(stored.value)
        if self.serializer is not None:
            return _TYPED + self.serializer.dumps_value(unpack(stored))
        return bytes(stored) if cls is Packed else self._pickled(stored)

    def _elements(self, entry: list[Any]) -> bytes:
        if self._timed:
            return _LIST + self._pack([(t, self._value(v)) for v, t in entry])
        if PLAIN.issuperset(map(type, entry)):
            try:
                return self._pack(entry)
            except (OverflowError, UnicodeError):
                pass
        return _LIST + self._pack([self._value(v) for v in entry])

    def _pickled(self, value: Any) -> bytes:
        try:
            return pickle.dumps(value, 5)
        except Exception as e:
            raise StateValueError(
                f"state {self._name!r}: {shorten(value)} of type {type(value).__name__} cannot be "
                f"written to RocksDB ({e}): store plain data, or move its class to module level"
            ) from e


def with_keys(keys: Any, data: bytes) -> bytes:
    """Encoded bytes with the keys that their name does not give back."""
    return _KEYED + pickled(keys) + data


def keys_of(data: bytes) -> Any:
    """What :func:`with_keys` was given; ``None`` where the name gives the keys back."""
    return unpickled(data, 2)[0] if data[:2] == _KEYED else None


def _composite_serializer(value_type: TypeInformation | None) -> PickleSerializer | None:
    """The serializer of types whose values may change shape; plain ones describe themselves."""
    if value_type is None:
        return None
    from hurtig.common.serializers import serializer_for
    from hurtig.common.typeinfo import BasicTypeInfo

    serializer = serializer_for(value_type)
    if isinstance(value_type, BasicTypeInfo) or serializer.type_info is None:
        return None
    return serializer
