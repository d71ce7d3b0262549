"""The line on stderr that tells how far running jobs are."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from hurtig.cli.terminal import LineGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hurtig.client.running import JobMetrics

__all__ = ["ProgressLine", "describe"]

_MAX_WATERMARK = 2**63 - 1
_YEAR_1 = -62_135_596_800_000  # epoch ms; what a date can show
_YEAR_10000 = 253_402_300_800_000
_ERASE = "\r\x1b[K"


class ProgressLine:
    """Polls metrics from a daemon thread and keeps one line up to date; a context manager.

    ``poll`` gives (job name, metrics) of each running job; nothing is shown while there is none.
    ``interval`` is in seconds. While it is active and both streams are terminals, ``sys.stdout``
    takes the line away before the program prints, so that the two do not mix.
    """

    def __init__(
        self,
        poll: Callable[[], Sequence[tuple[str, JobMetrics]]],
        stream: TextIO | None = None,
        interval: float = 0.5,
    ) -> None:
        self._poll = poll
        self._stream = sys.stderr if stream is None else stream
        self._interval = interval
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._shown = False
        self._guard: LineGuard | None = None
        self._last: dict[str, tuple[float, int]] = {}
        self._thread = threading.Thread(target=self._run, name="hurtig-progress", daemon=True)

    def __enter__(self) -> ProgressLine:
        if self._stream.isatty() and sys.stdout.isatty():
            self._guard = LineGuard(sys.stdout, self.erase)
            sys.stdout = self._guard
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.erase()
        if self._guard is not None and sys.stdout is self._guard:
            sys.stdout = self._guard.stream

    def erase(self) -> None:
        """Take the line away; the next tick shows it again."""
        with self._lock:
            if self._shown:
                self._write(_ERASE)
                self._shown = False

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                jobs = self._poll()
            except Exception:  # a job that is just ending; the next tick knows more
                continue
            self._show(jobs)

    def _show(self, jobs: Sequence[tuple[str, JobMetrics]]) -> None:
        if not jobs:
            self._last.clear()
            self.erase()
            return
        now = time.monotonic()
        parts = []
        for name, metrics in jobs:
            before = self._last.get(name)
            self._last[name] = (now, metrics["records_in"])
            rate = None
            if before is not None and now > before[0]:
                rate = (metrics["records_in"] - before[1]) / (now - before[0])
            parts.append(describe(name, metrics, rate))
        text = " | ".join(parts)[: self._width() - 1]
        with self._lock:
            # Within an unfinished line of the program's there is no place for ours.
            if self._guard is None or self._guard.at_line_start:
                self._write(_ERASE + text)
                self._shown = True

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone: so is the need for progress
            self._stop.set()

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError, AttributeError):
            return 200


def describe(name: str, metrics: JobMetrics, rate: float | None = None) -> str:
    """One job in words. ``rate`` is in records a second."""
    parts = [f"{name}  {metrics['records_in']:,} in  {metrics['records_out']:,} out"]
    if rate is not None:
        parts.append(f"{_short(rate)}/s")
    watermark = metrics["watermark"]
    if watermark is not None and watermark > -_MAX_WATERMARK:
        parts.append(f"watermark {_utc(watermark)}")
    if metrics["late"]:
        parts.append(f"{metrics['late']:,} late")
    return "  ".join(parts)


def _short(number: float) -> str:
    if number < 1000:
        return f"{number:.0f}"
    if number < 1_000_000:
        return f"{number / 1000:.0f}k"
    return f"{number / 1_000_000:.1f}M"


def _utc(millis: int) -> str:
    if millis == _MAX_WATERMARK:
        return "end of input"
    if not _YEAR_1 <= millis < _YEAR_10000:
        return f"{millis} ms"
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(millis // 1000))
