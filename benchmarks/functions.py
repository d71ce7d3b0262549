"""The user functions of all comparisons; no engine is imported here."""

# ruff: noqa: E731 - whether a function is a lambda is what is compared

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.data import Record

Pair = tuple[str, int]

WINDOW_MS = 10_000
"""The small window: 10,000 records."""
LOOP_WATERMARK_EVERY = 10_000
"""Records between two watermarks of the hand-written loops."""
WATERMARK_INTERVAL_MS = 10
"""The engines' interval: the records of 10 ms, about as many."""


def window_ms(keys: int) -> int:
    """A window of two records per key, but at least ``WINDOW_MS``."""
    return max(WINDOW_MS, 2 * keys)


# -- map, filter, map: functions of several statements, which nothing can inline ------------------


def scale(v: Record) -> Record:
    doubled = v[1] * 2
    return v[0], doubled, v[2]


def keep(v: Record) -> bool:
    rest = v[1] % 3
    return rest != 0


def shift(v: Record) -> Record:
    shifted = v[1] + 1
    return v[0], shifted, v[2]


# -- the same as single expressions ---------------------------------------------------------------

scale_expression: Callable[[Record], Record] = lambda v: (v[0], v[1] * 2, v[2])
keep_expression: Callable[[Record], bool] = lambda v: v[1] % 3 != 0
shift_expression: Callable[[Record], Record] = lambda v: (v[0], v[1] + 1, v[2])

# -- keys, reduce, windows, state -----------------------------------------------------------------


def key_of(v: Record) -> str:
    return v[0]


def time_of(v: Record) -> int:
    return v[2]


def add(a: Record, b: Record) -> Record:
    total = a[1] + b[1]
    return a[0], total, b[2]


add_expression: Callable[[Record, Record], Record] = lambda a, b: (a[0], a[1] + b[1], b[2])


class Total:
    """The aggregate function; engines that want a base class of theirs add it."""

    def create_accumulator(self) -> Pair:
        return "", 0

    def add(self, value: Record, accumulator: Pair) -> Pair:
        return value[0], accumulator[1] + value[1]

    def get_result(self, accumulator: Pair) -> Pair:
        return accumulator

    def merge(self, a: Pair, b: Pair) -> Pair:
        return a[0] or b[0], a[1] + b[1]


def count_and_tell(v: Record, count: int | None) -> tuple[int, list[Any]]:
    """The new count of the key, and every tenth time what it has come to."""
    count = (count or 0) + 1
    return count, [(v[0], count)] if count % 10 == 0 else []
