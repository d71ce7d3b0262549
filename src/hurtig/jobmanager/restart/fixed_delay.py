"""So many restarts, each after the same pause."""

from __future__ import annotations

from hurtig.jobmanager.restart.backoff import RestartBackoff


class FixedDelay(RestartBackoff):
    """``attempts`` restarts over the whole life of the job."""

    def __init__(self, attempts: int, delay_ms: int) -> None:
        self._attempts = attempts
        self._delay_ms = delay_ms
        self._failures = 0

    def notify_failure(self, now: int) -> bool:
        """One more."""
        self._failures += 1
        return True

    def can_restart(self) -> bool:
        """Until the attempts are used up."""
        return self._failures <= self._attempts

    @property
    def delay_ms(self) -> int:
        """Always the same."""
        return self._delay_ms
