"""Keys of the database.

An entry of keyed state is under ``key group | state | namespace | key [| map key]``: a range of
key groups is one range of the database, a window of a key group one within that. Group and state
take two bytes; namespace and key are preceded by their length in four.

Key groups end at 0x7FFF. Above them: timers, the namespaces of each state, and blocks of
snapshots that no state has claimed.
"""

from __future__ import annotations

import pickle
from binascii import crc32
from typing import Any

from hurtig.state.key_bytes import stable_key_bytes
from hurtig.state.key_groups import murmur_hash

GROUPS_END = b"\x80\x00"
TIMERS = b"\xff\xfe"
NAMESPACES = b"\xff\xfd"
PARKED = b"\xff\xfc"

_RAW = frozenset({int, str, bytes, type(None)})
_NUMBERS = frozenset({float, bool})


def group_of(key_bytes: bytes, max_parallelism: int) -> int:
    """The key group of a key with these stable bytes."""
    return murmur_hash(crc32(key_bytes)) % max_parallelism


def sized(part: bytes) -> bytes:
    """A part behind its length."""
    return len(part).to_bytes(4, "big") + part


def group_prefix(group: int, state: int) -> bytes:
    """What the entries of a state in a key group begin with."""
    return group.to_bytes(2, "big") + state.to_bytes(2, "big")


def after(prefix: bytes) -> bytes:
    """The first key behind all that begin with ``prefix``; prefixes here are never all 0xFF."""
    cut = prefix.rstrip(b"\xff")
    return cut[:-1] + bytes([cut[-1] + 1])


def split_name(name: bytes) -> tuple[bytes, bytes, bytes]:
    """Namespace, key and map key (empty where there is none) of an entry's name."""
    start = 8 + int.from_bytes(name[4:8], "big")
    end = start + 4 + int.from_bytes(name[start : start + 4], "big")
    return name[8:start], name[start + 4 : end], name[end:]


def is_readable(key: Any) -> bool:
    """Whether :func:`read_key` gives the key back; others stand with the value as well."""
    return key.__class__ in _RAW or (key.__class__ is tuple and _RAW.issuperset(map(type, key)))


def read_key(data: bytes) -> Any:
    """The key behind stable bytes, where :func:`is_readable` of it is true."""
    tag, text = data[:1], data[1:]
    if tag == b"s":
        return text.decode("utf-8", "surrogatepass")
    if tag == b"i":
        return int(text)
    if tag == b"b":
        return text
    if tag == b"N":
        return None
    if tag == b"I":
        return int.from_bytes(text, "big", signed=True)
    if tag == b"t":
        parts = []
        at = 1
        while at < len(data):
            colon = data.index(b":", at)
            end = colon + 1 + int(data[at:colon])
            parts.append(read_key(data[colon + 1 : end]))
            at = end
        return tuple(parts)
    raise ValueError(f"no key: {data!r}")


def map_key_bytes(key: Any) -> bytes:
    """Bytes of a map key. Keys that are equal in a dict are equal here: 1, 1.0 and True."""
    if key.__class__ in _NUMBERS and key % 1 == 0:
        key = int(key)
    return stable_key_bytes(key)


def namespace_bytes(namespace: Any) -> bytes:
    """Bytes of a namespace; equal namespaces have equal ones."""
    return b"" if namespace == "" else stable_key_bytes(namespace)


def pickled(value: Any) -> bytes:
    """A pickle that stands before other bytes, with its length."""
    return sized(pickle.dumps(value, 5))


def unpickled(data: bytes, at: int) -> tuple[Any, int]:
    """The value of :func:`pickled` at a position, and where it ends."""
    start = at + 4
    end = start + int.from_bytes(data[at:start], "big")
    return pickle.loads(data[start:end]), end
