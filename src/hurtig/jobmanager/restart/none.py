"""No restarts."""

from __future__ import annotations

from hurtig.jobmanager.restart.backoff import RestartBackoff


class NoRestart(RestartBackoff):
    """The first failure ends the job."""

    def notify_failure(self, now: int) -> bool:
        """Nothing to remember."""
        return True

    def can_restart(self) -> bool:
        """Never."""
        return False

    @property
    def delay_ms(self) -> int:
        """Without meaning."""
        return 0
