"""TimeCharacteristic of the older releases (``pyflink.datastream.time_characteristic``)."""

from __future__ import annotations

from enum import Enum

__all__ = ["TimeCharacteristic"]


class TimeCharacteristic(Enum):
    """Which time a whole program goes by; newer programs choose it in each window instead."""

    ProcessingTime = 0
    IngestionTime = 1
    EventTime = 2
