"""CheckpointingMode (``pyflink.datastream.checkpointing_mode``)."""

from __future__ import annotations

from enum import Enum

__all__ = ["CheckpointingMode"]


class CheckpointingMode(Enum):
    """What a job guarantees after a restore: each record counts once, or once or more."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
