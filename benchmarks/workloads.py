"""The workloads: names, sizes and targets."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.figures import Target

FEW_KEYS, SOME_KEYS, MANY_KEYS = 1_000, 10_000, 1_000_000


class Workload(NamedTuple):
    """One program at one size; ``target`` is its speed relative to the bare loop."""

    name: str
    title: str
    records: int
    keys: int
    target: Target | None


AGAINST_LOOP = [
    Workload(
        "map_filter_map", "map-filter-map, functions called", 4_000_000, FEW_KEYS, Target(0.85)
    ),
    Workload(
        "map_filter_map_kept",
        "map-filter-map, functions called, loop keeps results",
        4_000_000,
        FEW_KEYS,
        None,
    ),
    Workload(
        "map_filter_map_expressions",
        "map-filter-map, expressions inlined",
        4_000_000,
        FEW_KEYS,
        Target(1.3),
    ),
    Workload("keyed_reduce", "keyed reduce, 1,000 keys", 4_000_000, FEW_KEYS, Target(0.7)),
    Workload(
        "keyed_reduce_expressions",
        "keyed reduce, expression inlined, 1,000 keys",
        4_000_000,
        FEW_KEYS,
        Target(0.7),
    ),
    Workload("tumbling_window", "tumbling window, 1,000 keys", 4_000_000, FEW_KEYS, Target(0.7)),
    Workload("keyed_reduce", "keyed reduce, a million keys", 4_000_000, MANY_KEYS, Target(0.7)),
    Workload(
        "tumbling_window", "tumbling window, a million keys", 4_000_000, MANY_KEYS, Target(0.7)
    ),
    Workload("keyed_process", "keyed process function, 10,000 keys", 2_000_000, SOME_KEYS, None),
]
