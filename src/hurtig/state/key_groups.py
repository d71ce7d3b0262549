"""Key groups: the unit in which keyed state moves when the parallelism changes."""

from __future__ import annotations

from binascii import crc32
from typing import Any

from hurtig.state.key_bytes import stable_key_bytes

MAX_PARALLELISM_LIMIT = 1 << 15
"""Flink's upper bound of a maximum parallelism."""

_ROUTES_KEPT = 1 << 16


def default_max_parallelism(parallelism: int) -> int:
    """Flink's choice: 1.5 times the parallelism as a power of two, 128 at least."""
    wanted = parallelism + parallelism // 2
    return min(max(1 << (wanted - 1).bit_length(), 128), MAX_PARALLELISM_LIMIT)


def murmur_hash(code: int) -> int:
    """MurmurHash3 of one 32 bit integer, as Flink spreads hash codes; from 0 to 2**31 - 1."""
    code = code * 0xCC9E2D51 & 0xFFFFFFFF
    code = (code << 15 | code >> 17) * 0x1B873593 & 0xFFFFFFFF
    code = (code << 13 | code >> 19) & 0xFFFFFFFF
    code = code * 5 + 0xE6546B64 & 0xFFFFFFFF
    code ^= 4
    code = (code ^ code >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    code = (code ^ code >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    code ^= code >> 16
    # As Java: the absolute value of the signed number, 0 for the one that has none.
    if code < 0x80000000:
        return code
    return 0x100000000 - code if code != 0x80000000 else 0


def key_group_for(key: Any, max_parallelism: int) -> int:
    """The key group of a key, from 0 to ``max_parallelism - 1``.

    The 32 bit hash code that murmur spreads is the CRC of the key's stable bytes: in pure Python a
    murmur over the bytes costs five times as much, and the groups are filled as evenly.
    """
    return murmur_hash(crc32(stable_key_bytes(key))) % max_parallelism


def operator_index(key_group: int, max_parallelism: int, parallelism: int) -> int:
    """The subtask that owns a key group."""
    return key_group * parallelism // max_parallelism


def key_group_range(max_parallelism: int, parallelism: int, index: int) -> range:
    """The key groups that subtask ``index`` owns; empty where subtasks outnumber groups."""
    start = (index * max_parallelism + parallelism - 1) // parallelism
    end = ((index + 1) * max_parallelism - 1) // parallelism
    return range(start, end + 1)


class KeyRouter:
    """Sends canonical keys to subtasks. Remembers the routes of recent keys, a bounded number."""

    def __init__(self, max_parallelism: int, parallelism: int) -> None:
        if not 0 < parallelism <= max_parallelism:
            raise ValueError(
                f"parallelism {parallelism} must be from 1 to the maximum parallelism "
                f"{max_parallelism}: raise the latter with set_max_parallelism(...)"
            )
        self.parallelism = parallelism
        self._routes = _Routes(max_parallelism, parallelism)

    def route(self, keys: list[Any]) -> list[int]:
        """The subtask of each key of a batch."""
        if self.parallelism == 1:
            return [0] * len(keys)
        routes = self._routes
        if len(routes) > _ROUTES_KEPT:
            routes.clear()
        return list(map(routes.__getitem__, keys))


class _Routes(dict[Any, int]):
    __slots__ = ("_max_parallelism", "_parallelism")

    def __init__(self, max_parallelism: int, parallelism: int) -> None:
        self._max_parallelism = max_parallelism
        self._parallelism = parallelism

    def __missing__(self, key: Any) -> int:
        group = key_group_for(key, self._max_parallelism)
        route = self[key] = operator_index(group, self._max_parallelism, self._parallelism)
        return route
