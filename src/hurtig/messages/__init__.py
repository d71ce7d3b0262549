"""What flows on an edge between two subtasks: batches of rows and control events."""

from hurtig.messages.batch import MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch
from hurtig.messages.events import (
    ACTIVE,
    IDLE,
    CancelBarrier,
    CheckpointBarrier,
    EndOfData,
    EndOfInput,
    Watermark,
    WatermarkStatus,
)

__all__ = [
    "ACTIVE",
    "IDLE",
    "MAX_TIMESTAMP",
    "MIN_TIMESTAMP",
    "CancelBarrier",
    "CheckpointBarrier",
    "EndOfData",
    "EndOfInput",
    "RowBatch",
    "Watermark",
    "WatermarkStatus",
]
