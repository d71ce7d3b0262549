"""Environments and events for the tests of the streams."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common import Duration, WatermarkStrategy
from hurtig.common.configuration import Configuration
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.datastream import StreamExecutionEnvironment


class Last(TimestampAssigner):
    """The last field of a tuple is its event time."""

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value[-1]


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def env_in():
    """An environment with settings: ``env_in("BATCH", **{"key": "value"})``."""

    def make(mode: str = "STREAMING", parallelism: int = 1, **settings: str):
        made = StreamExecutionEnvironment.get_execution_environment(
            Configuration.from_dict({"execution.runtime-mode": mode, **settings})
        )
        return made.set_parallelism(parallelism)

    return make


@pytest.fixture
def ordered_by_event_time():
    """A strategy for records whose last field is their event time, ``bound`` ms out of order."""

    def make(bound: int = 0):
        strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(bound))
        return strategy.with_timestamp_assigner(Last())

    return make


@pytest.fixture
def timed(ordered_by_event_time):
    """A stream of tuples whose last field is their event time."""

    def make(env: StreamExecutionEnvironment, records: list[Any], bound: int = 0):
        stream = env.from_collection(records)
        timed = stream.assign_timestamps_and_watermarks(ordered_by_event_time(bound))
        return timed.set_parallelism(1)  # keeps the order of each key

    return make
