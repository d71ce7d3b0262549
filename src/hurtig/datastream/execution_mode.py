"""RuntimeExecutionMode (``pyflink.datastream.execution_mode``)."""

from __future__ import annotations

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """How a job runs, the value of ``execution.runtime-mode``; AUTOMATIC goes by the sources."""

    STREAMING = 0
    BATCH = 1
    AUTOMATIC = 2
