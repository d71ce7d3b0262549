"""Restarts while failures are rare enough."""

from __future__ import annotations

from collections import deque

from hurtig.jobmanager.restart.backoff import RestartBackoff


class FailureRate(RestartBackoff):
    """At most ``max_failures`` within any ``interval_ms``."""

    def __init__(self, max_failures: int, interval_ms: int, delay_ms: int) -> None:
        self._interval_ms = interval_ms
        self._delay_ms = delay_ms
        self._failures: deque[int] = deque(maxlen=max_failures + 1)

    def notify_failure(self, now: int) -> bool:
        """One more."""
        self._failures.append(now)
        return True

    def can_restart(self) -> bool:
        """Whether one failure more than allowed took longer than the interval."""
        failures = self._failures
        return (
            len(failures) < (failures.maxlen or 0) or failures[-1] - failures[0] > self._interval_ms
        )

    @property
    def delay_ms(self) -> int:
        """Always the same."""
        return self._delay_ms
