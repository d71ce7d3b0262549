"""Bare Python loops that call the user functions: what could be had without any engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import functions as f
from benchmarks.data import DISORDER_MS, Record

HANDED_ON = 8192


def run(workload: str, records: list[Record], keys: int, collected: list[Any] | None) -> None:
    """Results are thrown away, or collected for a check."""
    WORKLOADS[workload](records, keys, collected)


def map_filter_map(records: list[Record], keys: int, collected: list[Any] | None) -> None:
    scale, keep, shift = f.scale, f.keep, f.shift
    if collected is not None:
        collected += [shift(w) for w in map(scale, records) if keep(w)]
        return
    for v in records:
        w = scale(v)
        if keep(w):
            shift(w)


def map_filter_map_kept(records: list[Record], keys: int, collected: list[Any] | None) -> None:
    """Hands results on in lists, as engines must that do not know what comes next."""
    scale, keep, shift = f.scale, f.keep, f.shift
    for start in range(0, len(records), HANDED_ON):
        results = []
        for v in records[start : start + HANDED_ON]:
            w = scale(v)
            if keep(w):
                results.append(shift(w))
        if collected is not None:
            collected += results


def map_filter_map_expressions(
    records: list[Record], keys: int, collected: list[Any] | None
) -> None:
    scale, keep, shift = f.scale_expression, f.keep_expression, f.shift_expression
    if collected is not None:
        collected += [shift(w) for w in map(scale, records) if keep(w)]
        return
    for v in records:
        w = scale(v)
        if keep(w):
            shift(w)


def keyed_reduce(records: list[Record], keys: int, collected: list[Any] | None) -> None:
    key_of, add = f.key_of, f.add
    totals: dict[str, Record] = {}
    for v in records:
        key = key_of(v)
        total = totals[key] = add(totals[key], v) if key in totals else v
        if collected is not None:
            collected.append(total)


def keyed_reduce_expressions(records: list[Record], keys: int, collected: list[Any] | None) -> None:
    key_of, add = f.key_of, f.add_expression
    totals: dict[str, Record] = {}
    for v in records:
        key = key_of(v)
        total = totals[key] = add(totals[key], v) if key in totals else v
        if collected is not None:
            collected.append(total)


def tumbling_window(records: list[Record], keys: int, collected: list[Any] | None) -> None:
    key_of, time_of = f.key_of, f.time_of
    total = f.Total()
    create, add, result = total.create_accumulator, total.add, total.get_result
    size, bound, every = f.window_ms(keys), DISORDER_MS, f.LOOP_WATERMARK_EVERY
    windows: dict[int, dict[str, f.Pair]] = {}
    newest, watermark, late = 0, -1, 0

    def fire(limit: int) -> None:
        for start in sorted(windows):
            if start + size - 1 <= limit:
                for contents in windows.pop(start).values():
                    fired = result(contents)
                    if collected is not None:
                        collected.append(fired)

    for number, v in enumerate(records, 1):
        time = time_of(v)
        if time > newest:
            newest = time
        start = time - time % size
        if start + size - 1 <= watermark:
            late += 1
            continue
        window = windows.get(start)
        if window is None:
            window = windows[start] = {}
        key = key_of(v)
        window[key] = add(v, window[key] if key in window else create())
        if number % every == 0:
            watermark = newest - bound - 1
            fire(watermark)
    fire(newest + size)


def keyed_process(records: list[Record], keys: int, collected: list[Any] | None) -> None:
    key_of, step = f.key_of, f.count_and_tell
    counts: dict[str, int] = {}
    for v in records:
        key = key_of(v)
        counts[key], told = step(v, counts.get(key))
        for one in told:
            if collected is not None:
                collected.append(one)


WORKLOADS: dict[str, Callable[[list[Record], int, list[Any] | None], None]] = {
    "map_filter_map": map_filter_map,
    "map_filter_map_kept": map_filter_map_kept,
    "map_filter_map_expressions": map_filter_map_expressions,
    "keyed_reduce": keyed_reduce,
    "keyed_reduce_expressions": keyed_reduce_expressions,
    "tumbling_window": tumbling_window,
    "keyed_process": keyed_process,
}
