"""Resident memory of processes over time."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable

YOUNG = 4.0
"""A process is counted from this age on, seconds: its growth while it starts is none."""


def resident(pid: int) -> float | None:
    """MiB; None where the process is gone."""
    try:
        with open(f"/proc/{pid}/statm") as f:
            return int(f.read().split()[1]) * 4096 / 2**20
    except (OSError, IndexError):
        return None


class MemorySampler(threading.Thread):
    """Samples all processes every half second."""

    def __init__(self, processes: Callable[[], dict[str, list[int]]]) -> None:
        super().__init__(daemon=True)
        self._processes = processes
        self._done = threading.Event()
        self._begun = time.monotonic()
        self._born: dict[int, float] = {}
        self.samples: dict[str, list[tuple[float, float]]] = defaultdict(list)
        """By part: seconds since the start, MiB."""

    def run(self) -> None:
        while not self._done.wait(0.5):
            now = time.monotonic() - self._begun
            for part, pids in self._processes().items():
                for pid in pids:
                    size = resident(pid)
                    if now - self._born.setdefault(pid, now) >= YOUNG and size is not None:
                        self.samples[part].append((now, size))

    def stop(self) -> None:
        self._done.set()
        self.join()

    def trends(self) -> dict[str, dict[str, float]]:
        """By part: median and largest MiB, MiB a minute of the line through all samples, and the
        growth of the median from the first to the last third."""
        found = {}
        for part, samples in self.samples.items():
            times, sizes = zip(*samples, strict=True)
            slope = 0.0
            if len(set(times)) > 2:
                slope = statistics.linear_regression(times, sizes).slope * 60
            third = max(1, len(sizes) // 3)
            found[part] = {
                "samples": len(sizes),
                "median": statistics.median(sizes),
                "max": max(sizes),
                "slope": slope,
                "growth": statistics.median(sizes[-third:]) - statistics.median(sizes[:third]),
            }
        return found
