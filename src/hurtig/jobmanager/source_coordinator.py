"""Keeps the enumerator of one source and hands its splits to the readers that ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.connectors.source import SplitEnumerator


class SourceCoordinator:
    """One per source. ``schedule(at_ms, callback)`` and ``now`` are the JobManager's clock;
    ``wakeup`` tells the readers that there may be new splits, ``failed`` takes what the enumerator
    raises when it looks again."""

    def __init__(
        self,
        enumerator: SplitEnumerator,
        now: Callable[[], int],
        schedule: Callable[[int, Callable[[int], None]], object],
        wakeup: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._enumerator = enumerator
        self._now = now
        self._schedule = schedule
        self._wakeup = wakeup
        self._failed = failed
        self._closed = False

    def start(self) -> None:
        """Look for splits for the first time, and regularly where the enumerator wants it."""
        self._discover()

    def _discover(self) -> None:
        again = self._enumerator.discover(self._now())
        if again is not None:
            self._schedule(again, self._discover_again)
        self._wakeup()

    def _discover_again(self, _: int) -> None:
        if self._closed:
            return
        try:
            self._discover()
        except Exception as error:  # of the user's enumerator
            self._failed(error)

    def next_split(self, subtask_index: int) -> Any | None:
        """A split for this reader, or ``None`` when there is none now."""
        return self._enumerator.next_split(subtask_index)

    @property
    def finished(self) -> bool:
        """Whether there will never be another split."""
        return self._enumerator.finished

    def pending(self) -> list[Any]:
        """Nothing: a split is in hand as soon as it is asked for."""
        return []

    def snapshot_state(self) -> Any:
        """What a checkpoint keeps of the enumerator."""
        return self._enumerator.snapshot_state()

    def close(self) -> None:
        """Close the enumerator."""
        if not self._closed:
            self._closed = True
            self._enumerator.close()
