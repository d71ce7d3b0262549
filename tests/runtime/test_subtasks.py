"""Subtasks share nothing: not the functions, not the operators."""

from __future__ import annotations

from typing import Any

from hurtig.common import Time, Types, WatermarkStrategy
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.datastream import (
    AggregateFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    StreamExecutionEnvironment,
)
from hurtig.datastream.window import TumblingEventTimeWindows


def environment() -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(3)
    return env


class MapWithIndex(MapFunction):
    def open(self, runtime_context: Any) -> None:
        self.index = runtime_context.get_index_of_this_subtask()
        self.opened = getattr(self, "opened", 0) + 1

    def map(self, value: Any) -> Any:
        return value, self.index, self.opened


class ProcessWithIndex(MapWithIndex, ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield self.map(value)


class ByTimer(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(value[1])

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), timestamp


class Count(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, a: int, b: int) -> int:
        return a + b


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value[1]


def test_each_subtask_has_its_own_map_function() -> None:
    stream = environment().from_collection(list(range(9))).rebalance().map(MapWithIndex())
    found = list(stream.execute_and_collect())
    assert sorted(value for value, _, _ in found) == list(range(9))
    assert {(index, opened) for _, index, opened in found} == {(0, 1), (1, 1), (2, 1)}


def test_each_subtask_has_its_own_process_function() -> None:
    stream = environment().from_collection(list(range(9))).rebalance().process(ProcessWithIndex())
    found = list(stream.execute_and_collect())
    assert sorted(value for value, _, _ in found) == list(range(9))
    assert {(index, opened) for _, index, opened in found} == {(0, 1), (1, 1), (2, 1)}


def test_two_operators_do_not_share_a_function() -> None:
    function = MapWithIndex()
    stream = environment().from_collection([1]).map(function).map(function)
    ((_, _, opened),) = stream.execute_and_collect()
    assert opened == 1


def timed(env: StreamExecutionEnvironment) -> Any:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
    return (
        env.from_collection([(f"k{i % 7}", i) for i in range(700)])
        .map(lambda pair: pair)
        .assign_timestamps_and_watermarks(strategy)
        .key_by(lambda pair: pair[0], key_type=Types.STRING())
    )


def test_windows_fire_in_all_subtasks() -> None:
    windows = timed(environment()).window(TumblingEventTimeWindows.of(Time.milliseconds(350)))
    counts = windows.aggregate(Count()).execute_and_collect()
    assert list(counts) == [50] * 14


def test_timers_fire_in_all_subtasks() -> None:
    fired = list(timed(environment()).process(ByTimer()).execute_and_collect())
    assert sorted(fired) == sorted((f"k{i % 7}", i) for i in range(700))
