"""The records of all comparisons: made from their index, so every engine sees the same ones.

A record is ``(key, value, time)``: a string, an int from 0 to 999 and event time in epoch ms. The
index advances event time by one millisecond; a record is up to ``DISORDER_MS`` older than that.
Nothing here imports an engine: peers run this file in their own environments.
"""

from __future__ import annotations

SEED = 20130101
MASK = (1 << 64) - 1
BASE_MS = 1_356_998_400_000
"""2013-01-01T00:00Z, a multiple of every window size used here."""
DISORDER_MS = 1_000

Record = tuple[str, int, int]

_names: dict[int, list[str]] = {}


def names(keys: int) -> list[str]:
    """The ``keys`` different keys; equal keys are one object, as with interned or parsed ids."""
    table = _names.get(keys)
    if table is None:
        table = _names[keys] = [f"sensor-{i}" for i in range(keys)]
    return table


def mixed(index: int) -> int:
    """A well spread 64-bit number for an index (the finaliser of SplitMix64)."""
    h = (index + SEED) * 0x9E3779B97F4A7C15 & MASK
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & MASK
    h = (h ^ h >> 27) * 0x94D049BB133111EB & MASK
    return h ^ h >> 31


def record(index: int, keys: int) -> Record:
    """The record with this index among ``keys`` different keys."""
    h = mixed(index)
    key = names(keys)[h % keys]
    return key, (h >> 20) % 1000, BASE_MS + index - (h >> 32) % DISORDER_MS


def records(count: int, keys: int) -> list[Record]:
    """The first ``count`` records."""
    return [record(index, keys) for index in range(count)]
