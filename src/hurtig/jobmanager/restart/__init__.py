"""Restart strategies: whether a failed job is brought back, and after which pause."""

from hurtig.jobmanager.restart.backoff import RestartBackoff
from hurtig.jobmanager.restart.loader import restart_backoff_for

__all__ = ["RestartBackoff", "restart_backoff_for"]
