"""ExecutionMode of the older releases (``pyflink.common.execution_mode``)."""

from __future__ import annotations

from enum import Enum

__all__ = ["ExecutionMode"]


class ExecutionMode(Enum):
    """How a batch job exchanges data; kept for older programs, without effect."""

    PIPELINED = 0
    PIPELINED_FORCED = 1
    BATCH = 2
    BATCH_FORCED = 3
