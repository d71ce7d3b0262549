"""The contract of restart strategies. Add one: subclass, and enter it in ``loader.py``."""

from __future__ import annotations

from abc import ABC, abstractmethod


class RestartBackoff(ABC):
    """Mirrors Flink's ``RestartBackoffTimeStrategy``. Pure: told when the job failed."""

    @abstractmethod
    def notify_failure(self, now: int) -> bool:
        """The job failed (epoch ms). False where that belongs to the failure before, for which a
        restart is still to come."""

    @abstractmethod
    def can_restart(self) -> bool:
        """Whether the job is brought back after the last failure."""

    @property
    @abstractmethod
    def delay_ms(self) -> int:
        """Pause from the last failure to the restart."""
