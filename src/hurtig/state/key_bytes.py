"""Stable bytes of a key: the same in every process, on every machine, for ever.

Keys that are equal in canonical form have equal bytes; keys of different types never do. They
decide the key group, so changing the format would break restores: it is fixed by tests.
"""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from io import BytesIO
from struct import pack
from typing import Any

from hurtig.state.typed_key import (
    BOOL,
    FLOAT,
    NAN,
    SET,
    TUPLE,
    TypedKey,
    compared_fields,
    is_row,
    unwrap_key,
)


def stable_key_bytes(key: Any) -> bytes:
    """Bytes that identify a key, its type included; canonical and raw keys give the same."""
    cls = type(key)
    encode = _ENCODERS.get(cls)
    if encode is None:
        encode = _ENCODERS[cls] = _pick(cls)
    return encode(key)


def _int(key: int) -> bytes:
    if -0x8000000000000000 <= key < 0x8000000000000000:
        return b"i%d" % key
    return b"I" + key.to_bytes(key.bit_length() // 8 + 1, "big", signed=True)


def _float(key: float) -> bytes:
    if key != key:
        return b"dnan"
    return b"d" + pack(">d", key + 0.0)  # -0.0 and 0.0 are equal: one key


def _framed(tag: bytes, parts: list[bytes]) -> bytes:
    return tag + b"".join([b"%d:%b" % (len(p), p) for p in parts])


def _tuple(key: Any) -> bytes:
    return _framed(b"t", [stable_key_bytes(k) for k in key])


def _frozenset(key: Any) -> bytes:
    return _framed(b"z", sorted([stable_key_bytes(k) for k in key]))


def _decimal(key: Decimal) -> bytes:
    sign, digits, exponent = key.as_tuple()
    if not isinstance(exponent, int):
        return b"D" + str(key).encode()
    text = "".join(map(str, digits))
    stripped = text.rstrip("0")
    if not stripped:
        return b"D0"
    exponent += len(text) - len(stripped)  # 1.0 and 1.00 are equal: one key
    return b"D%c%be%d" % (b"-" if sign else b"+", stripped.lstrip("0").encode(), exponent)


def _datetime(key: datetime.datetime) -> bytes:
    offset = key.utcoffset()
    if offset is None:
        return b"n" + key.replace(tzinfo=None).isoformat().encode()
    moment = key.replace(tzinfo=None) - datetime.datetime(1970, 1, 1) - offset
    return b"u" + _timedelta(moment)


def _timedelta(key: datetime.timedelta) -> bytes:
    return b"e%d" % ((key.days * 86_400 + key.seconds) * 1_000_000 + key.microseconds)


def _time(key: datetime.time) -> bytes:
    offset = key.utcoffset()
    since_midnight = datetime.timedelta(
        hours=key.hour, minutes=key.minute, seconds=key.second, microseconds=key.microsecond
    )
    if offset is None:
        return b"h" + _timedelta(since_midnight)
    return b"H" + _timedelta(since_midnight - offset)


def _typed_key(key: TypedKey) -> bytes:
    kind, payload = key[1], key[2]
    if kind in (FLOAT, NAN):
        return _float(float(payload))
    if kind == BOOL:
        return b"T" if payload else b"F"
    if kind == TUPLE:
        return _tuple(payload)
    if kind == SET:
        return _frozenset(payload)
    return stable_key_bytes(unwrap_key(key))


def class_name(cls: type) -> bytes:
    return f"{cls.__module__}.{cls.__qualname__}".encode()


def _enum(key: Enum) -> bytes:
    return _framed(b"E", [class_name(type(key)), str(key.name or key.value).encode()])


def _row(key: Any) -> bytes:
    names = key._names
    parts = [str(key.get_row_kind()).encode(), _tuple(names or ()), _tuple(key)]
    return _framed(b"R", parts)


def _pickled(key: Any) -> bytes:
    """Any other object. Without the memo, since equal objects may share their parts differently."""
    buffer = BytesIO()
    pickler = pickle.Pickler(buffer, 5)
    pickler.fast = True
    try:
        pickler.dump(key)
    except (RecursionError, ValueError):  # refers to itself
        return b"P" + pickle.dumps(key, 5)
    return b"P" + buffer.getvalue()


def _pick(cls: type) -> Callable[[Any], bytes]:
    if issubclass(cls, Enum):
        return _enum
    names = compared_fields(cls)
    if names is not None:
        return lambda key: _framed(
            b"C", [class_name(cls), *[stable_key_bytes(getattr(key, name)) for name in names]]
        )
    if issubclass(cls, tuple):  # a named tuple is not the plain tuple
        return lambda key: _framed(b"Q", [class_name(cls), _tuple(key)])
    if issubclass(cls, (int, str)):
        text: Callable[[Any], str] = int.__repr__ if issubclass(cls, int) else str.__str__
        return lambda key: _framed(b"S", [class_name(cls), text(key).encode()])
    if is_row(cls):
        return _row
    return _pickled


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda key: b"N",
    bool: lambda key: b"T" if key else b"F",
    int: _int,
    float: _float,
    str: lambda key: b"s" + key.encode("utf-8", "surrogatepass"),
    bytes: lambda key: b"b" + key,
    tuple: _tuple,
    frozenset: _frozenset,
    Decimal: _decimal,
    datetime.date: lambda key: b"a" + key.isoformat().encode(),
    datetime.datetime: _datetime,
    datetime.time: _time,
    datetime.timedelta: _timedelta,
    TypedKey: _typed_key,
}
