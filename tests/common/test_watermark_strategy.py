from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common import Duration, Time, WatermarkStrategy
from hurtig.common.constants import MIN_LONG_VALUE
from hurtig.common.watermark_generators import (
    BoundedOutOfOrdernessWatermarks,
    NoWatermarks,
    WatermarkGenerator,
    WatermarkOutput,
    WatermarksWithIdleness,
)
from hurtig.common.watermark_strategy import (
    AssignerWithPeriodicWatermarksWrapper,
    TimestampAssigner,
)


class Output(WatermarkOutput):
    def __init__(self) -> None:
        self.said: list[Any] = []

    def emit_watermark(self, watermark: int) -> None:
        self.said.append(watermark)

    def mark_idle(self) -> None:
        self.said.append("idle")

    def mark_active(self) -> None:
        self.said.append("active")


class Second(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


def test_bounded_out_of_orderness() -> None:
    generator = WatermarkStrategy.for_bounded_out_of_orderness(
        Duration.of_millis(5)
    ).create_generator()
    output = Output()
    generator.on_periodic_emit(output)
    generator.on_event("a", 100, output)
    generator.on_event("b", 90, output)
    generator.on_periodic_emit(output)
    assert output.said == [MIN_LONG_VALUE, 94]


def test_monotonous_and_none() -> None:
    output = Output()
    ascending = WatermarkStrategy.for_monotonous_timestamps().create_generator()
    ascending.on_event("a", 100, output)
    ascending.on_periodic_emit(output)
    none = WatermarkStrategy.no_watermarks().create_generator()
    none.on_event("a", 100, output)
    none.on_periodic_emit(output)
    assert output.said == [99]
    assert isinstance(none, NoWatermarks)


@given(st.lists(st.integers(-(2**40), 2**40)), st.integers(0, 1000))
def test_a_batch_is_the_same_as_its_events(timestamps: list[int], bound: int) -> None:
    output = Output()
    by_event, by_batch = (BoundedOutOfOrdernessWatermarks(bound) for _ in range(2))
    for timestamp in timestamps:
        by_event.on_event(None, timestamp, output)
    by_batch.on_batch([None] * len(timestamps), timestamps)
    by_event.on_periodic_emit(output)
    by_batch.on_periodic_emit(output)
    assert output.said[0] == output.said[1]


def test_a_batch_without_timestamps_changes_nothing() -> None:
    output = Output()
    generator = BoundedOutOfOrdernessWatermarks(0)
    generator.on_batch(["a"], None)
    generator.on_periodic_emit(output)
    assert output.said == [MIN_LONG_VALUE]


@pytest.mark.parametrize("by_batch", [True, False])
def test_idleness(by_batch: bool) -> None:
    now = [0]
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_idleness(Duration.of_millis(100))
    generator = strategy.create_generator(lambda: now[0])
    output = Output()

    def record(timestamp: int) -> None:
        if by_batch:
            generator.on_batch(["x"], [timestamp])  # type: ignore[attr-defined]
        else:
            generator.on_event("x", timestamp, output)

    def tick(at: int) -> list[Any]:
        now[0] = at
        output.said.clear()
        generator.on_periodic_emit(output)
        return list(output.said)

    record(10)
    assert tick(0) == [9]
    assert tick(50) == [9]  # the first look without records
    assert tick(149) == [9]
    assert tick(150) == ["idle"]
    assert tick(200) == ["idle"]
    record(20)
    assert tick(250) == ["active", 19]
    assert tick(300) == [19]


def test_idleness_keeps_per_event_generators_per_event() -> None:
    class Punctuated(WatermarkGenerator):
        def on_event(self, event: Any, timestamp: int, output: WatermarkOutput) -> None:
            output.emit_watermark(timestamp)

        def on_periodic_emit(self, output: WatermarkOutput) -> None:
            output.emit_watermark(-1)

    strategy = WatermarkStrategy.for_generator(Punctuated).with_idleness(Time.seconds(1))
    generator = strategy.create_generator(lambda: 0)
    output = Output()
    generator.on_event("a", 5, output)
    assert isinstance(generator, WatermarksWithIdleness)
    assert not hasattr(generator, "on_batch")
    assert output.said == [5]


def test_strategy_attributes() -> None:
    first = WatermarkStrategy.for_bounded_out_of_orderness(Time.seconds(1))
    assert first.with_timestamp_assigner(Second()) is first
    second = first.with_idleness(Duration.of_seconds(2))
    third = second.with_watermark_alignment("g", Duration.of_seconds(3))
    fourth = third.with_watermark_alignment("g", 5, Duration.of_millis(7))
    assert first.idle_timeout_ms is None
    assert second.idle_timeout_ms == 2000
    assert third.idle_timeout_ms == 2000
    assert third.alignment == ("g", 3000, 1000)
    assert fourth.alignment == ("g", 5, 7)
    assert third.timestamp_assigner is first.timestamp_assigner
    assert third.timestamp_assigner is not None
    assert third.timestamp_assigner.extract_timestamp(("a", 7), 0) == 7


def test_a_function_as_assigner() -> None:
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(lambda v, ts: v + ts)
    assert strategy.timestamp_assigner is not None
    assert strategy.timestamp_assigner.extract_timestamp(1, 2) == 3


def test_strategies_can_be_pickled() -> None:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(5).with_idleness(7)
    again = pickle.loads(pickle.dumps(strategy))
    assert again.idle_timeout_ms == 7
    assert isinstance(again.create_generator(lambda: 0), WatermarksWithIdleness)


def test_wrong_arguments() -> None:
    strategy = WatermarkStrategy.no_watermarks()
    with pytest.raises(TypeError, match="max_out_of_orderness"):
        WatermarkStrategy.for_bounded_out_of_orderness("5 s")
    with pytest.raises(ValueError, match="negative"):
        WatermarkStrategy.for_bounded_out_of_orderness(-1)
    with pytest.raises(ValueError, match="idle_timeout"):
        strategy.with_idleness(Duration.of_millis(0))
    with pytest.raises(ValueError, match="alignment"):
        strategy.with_watermark_alignment("g", 1, 0)
    with pytest.raises(TypeError, match="TimestampAssigner"):
        strategy.with_timestamp_assigner(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="for_generator"):
        WatermarkStrategy.for_generator(5)  # type: ignore[arg-type]


def test_the_older_contract() -> None:
    class Assigner:
        largest = -1

        def extract_timestamp(self, value: int, record_timestamp: int) -> int:
            self.largest = max(self.largest, value)
            return value

        def get_current_watermark(self) -> int | None:
            return self.largest - 1 if self.largest >= 0 else None

    wrapper = AssignerWithPeriodicWatermarksWrapper(Assigner())
    output = Output()
    wrapper.on_periodic_emit(output)
    assert wrapper.extract_timestamp(10, 0) == 10
    wrapper.on_event(10, 10, output)
    wrapper.on_periodic_emit(output)
    assert output.said == [9]
