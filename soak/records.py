"""The records of the soak, and its output as a plain Python program computes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

LANES = 2
"""Records of a lane stay in order up to the keyed operators: one range, or one file at a time."""
KEYS = 3000
"""Of each lane."""
WINDOW = 1000
"""Of event time, ms."""
BUCKET = 2500
"""Of the process function, ms; its timers fire at the end of one."""
STEP = 2
"""Event time between two records of a lane, ms."""
DISORDER = 500
"""How far records are out of order, ms."""
EMIT_EVERY = 5
"""Every n-th record of a key is put out."""

Record = tuple[str, str, int, int]
"""Key with its lane, key of the windows, event time in ms, value."""


def record(lane: int, number: int, start: int = 0) -> Record:
    """Record ``number`` of a lane whose event time begins at ``start``."""
    mixed = (number * 2654435761 + lane * 40503) & 0xFFFFFFFF
    key = (mixed >> 7) % KEYS
    time = start + number * STEP + (mixed >> 3) % DISORDER
    return f"{lane}-{key}", f"k{key % 101}", time, mixed % 1000


def generated(index: int, count: int) -> Record:
    """Record ``index`` of the generator, whose subtasks make one range of the numbers each: all
    ranges cover the same event time."""
    lane, number = divmod(index, count // LANES)
    return record(lane, number)


def file_records(file: int, files: int, count: int) -> Iterator[Record]:
    """Those of one file."""
    size = count // files
    for number in range(size):
        yield record(file, number, start=file * size * STEP)


def write_files(folder: Path, files: int, count: int) -> None:
    """The input of the file source."""
    folder.mkdir(parents=True)
    for file in range(files):
        with open(folder / f"input-{file:03}.txt", "w") as f:
            for values in file_records(file, files, count):
                print(*values, sep=",", file=f)


def expected(source: str, files: int, count: int) -> tuple[list[str], list[str]]:
    """Lines of the windows, and of the process function; in no order between keys."""
    if source == "generator":
        records = [generated(i, count) for i in range(count // LANES * LANES)]
    else:
        records = [r for file in range(files) for r in file_records(file, files, count)]
    windows: dict[tuple[str, int], list[int]] = defaultdict(list)
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    buckets: dict[tuple[str, int], int] = defaultdict(int)
    lines = []
    for key, window_key, time, value in records:
        windows[window_key, time - time % WINDOW].append(value)
        total = totals[key]
        total[0] += 1
        total[1] += value
        if total[0] % EMIT_EVERY == 0:
            lines.append(f"total,{key},{total[0]},{total[1]}")
        buckets[key, time - time % BUCKET + BUCKET] += value
    lines += [f"bucket,{key},{end},{value}" for (key, end), value in buckets.items()]
    return [
        f"window,{key},{start},{len(values)},{sum(values)}"
        for (key, start), values in windows.items()
    ], lines
