"""The records of all comparisons: made from their index, so every engine sees the same ones.

A record is ``(key, value, time)``: a string, an int from 0 to 999 and event time in epoch ms. The
index advances event time by one millisecond; a record is up to ``DISORDER_MS`` older than that.
Nothing here imports an engine: peers run this file in their own environments.
"""

from __future__ import annotations

from collections.abc import Callable

SEED = 20130101
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


def recorder(keys: int) -> Callable[[int], Record]:
    """The function from an index to its record, among ``keys`` different keys (at most a million).

    Cheap, since jobs that make their records themselves pay for it: one multiplication spreads the
    index over 32 bits.
    """
    table = names(keys)

    def record(index: int) -> Record:
        h = (index + SEED) * 2654435761 & 0xFFFFFFFF
        return table[(h >> 12) % keys], h % 1000, BASE_MS + index - (h >> 7) % DISORDER_MS

    return record


class Cycler:
    """The function from an index to one of the first 65,536 records: the same ones again.

    Costs next to nothing, for jobs that make their records themselves and use no event time. The
    table is made where the job runs.
    """

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._table: list[Record] = []

    def __call__(self, index: int) -> Record:
        try:
            return self._table[index & 0xFFFF]
        except IndexError:
            self._table = records(1 << 16, self._keys)
            return self._table[index & 0xFFFF]


def records(count: int, keys: int) -> list[Record]:
    """The first ``count`` records."""
    return list(map(recorder(keys), range(count)))
