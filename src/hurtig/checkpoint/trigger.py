"""When the next checkpoint is due. Pure: told the time."""

from __future__ import annotations

from hurtig.checkpoint.settings import CheckpointSettings

LAST_RETRY_MS = 1000
"""Pause before the last checkpoint of a drained job is tried again."""


class TriggerSchedule:
    """The periodic checkpoints, and the last one of a job that has read everything.

    All times are epoch ms. A periodic checkpoint is due one interval after the one before began
    (the first: after the start), but not before ``min_pause`` has passed since any ended.
    """

    def __init__(self, settings: CheckpointSettings) -> None:
        self._settings = settings
        self._begun_at: int | None = None
        """When the interval began that runs now; ``None`` while stopped."""
        self._ended_at: int | None = None
        self._last_due: int | None = None
        self._waits_for_last = False
        self._last_completed = False

    def start(self, now: int) -> None:
        """The job runs."""
        self._begun_at = now

    def stop(self) -> None:
        """The job does not run: nothing is due, and what was drained will be read again."""
        self._begun_at = None
        self._last_due = None
        self._waits_for_last = False
        self._last_completed = False

    def reconfigure(self, settings: CheckpointSettings, now: int) -> None:
        """Other settings from now on."""
        if self._settings.interval is None and self._begun_at is not None:
            self._begun_at = now
        self._settings = settings

    def begun(self, now: int) -> None:
        """A checkpoint begins, whoever wanted it; or there is a reason to leave it out."""
        if self._begun_at is not None:
            self._begun_at = now
        if self._last_due is not None:
            self._last_due = now + LAST_RETRY_MS  # should it fail before its barriers are sent

    def ended(self, now: int) -> None:
        """A checkpoint is complete or given up."""
        self._ended_at = now

    def drained(self, now: int) -> None:
        """The job has read everything: a last checkpoint is due."""
        if not self._waits_for_last and not self._last_completed:
            self._waits_for_last = True
            self._last_due = now

    @property
    def waits_for_last(self) -> bool:
        """Whether a checkpoint that is sent now is the last one, and none is under way."""
        return self._waits_for_last

    def last_is_under_way(self) -> None:
        """The barriers of the last checkpoint were sent."""
        self._waits_for_last = False
        self._last_due = None

    def last_completed(self) -> None:
        """It is complete: all subtasks will finish by themselves."""
        self._last_completed = True

    def last_failed(self, now: int) -> None:
        """It has to be taken again."""
        if self._begun_at is not None:
            self._waits_for_last = True
            self._last_due = now + LAST_RETRY_MS

    def due(self) -> int | None:
        """When the next checkpoint may begin; ``None`` for never."""
        if self._begun_at is None:
            return None
        times = []
        if self._settings.interval is not None:
            periodic = self._begun_at + self._settings.interval
            if self._ended_at is not None:
                periodic = max(periodic, self._ended_at + self._settings.min_pause)
            times.append(periodic)
        if self._last_due is not None:
            times.append(self._last_due)
        return min(times, default=None)
