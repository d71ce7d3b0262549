"""Enumerations have PyFlink's members, by name and by value."""

from __future__ import annotations

import pytest

from hurtig.datastream.checkpointing_mode import CheckpointingMode
from hurtig.datastream.execution_mode import RuntimeExecutionMode
from hurtig.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention
from hurtig.datastream.state_backend import PredefinedOptions
from hurtig.datastream.time_characteristic import TimeCharacteristic


@pytest.mark.parametrize(
    ("enum", "names"),
    [
        (RuntimeExecutionMode, ["STREAMING", "BATCH", "AUTOMATIC"]),
        (CheckpointingMode, ["EXACTLY_ONCE", "AT_LEAST_ONCE"]),
        (
            ExternalizedCheckpointRetention,
            ["DELETE_ON_CANCELLATION", "RETAIN_ON_CANCELLATION", "NO_EXTERNALIZED_CHECKPOINTS"],
        ),
        (
            PredefinedOptions,
            [
                "DEFAULT",
                "SPINNING_DISK_OPTIMIZED",
                "SPINNING_DISK_OPTIMIZED_HIGH_MEM",
                "FLASH_SSD_OPTIMIZED",
            ],
        ),
        (TimeCharacteristic, ["ProcessingTime", "IngestionTime", "EventTime"]),
    ],
)
def test_members(enum, names):
    assert [(member.name, member.value) for member in enum] == [
        (name, value) for value, name in enumerate(names)
    ]
