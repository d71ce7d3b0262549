"""A job without output says what it waits for and who holds the watermark."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from hurtig.common import Configuration, Duration, Time, WatermarkStrategy
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.window import TumblingEventTimeWindows


def quiet_after_three() -> Iterator[int]:
    yield from (0, 1000, 2000)
    time.sleep(0.9)


def timed(strategy: WatermarkStrategy) -> WatermarkStrategy:
    return strategy.with_timestamp_assigner(lambda value, _: value)


def run(
    second: WatermarkStrategy, records: Callable[[], Iterator[int]] = quiet_after_three
) -> None:
    settings = Configuration().set_string("hurtig.watermark-stall-warning", "200 ms")
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    env.get_config().set_auto_watermark_interval(10)
    first = timed(WatermarkStrategy.for_monotonous_timestamps())
    streams = [
        env.from_iterable(records, name, watermark_strategy=strategy)
        for name, strategy in (("first", first), ("second", timed(second)))
    ]
    windows = streams[0].union(streams[1]).key_by(lambda value: 0)
    reduced = windows.window(TumblingEventTimeWindows.of(Time.seconds(1))).reduce(lambda a, b: a)
    list(reduced.execute_and_collect())


def test_names_the_source_without_watermarks(capfd: pytest.CaptureFixture[str]) -> None:
    run(WatermarkStrategy.no_watermarks())
    warning = capfd.readouterr().err
    assert "Window(TumblingEventTimeWindows)" in warning
    assert "1970-01-01 00:00:00.999 UTC" in warning
    assert "'Source: second' has WatermarkStrategy.no_watermarks()" in warning
    assert warning.count("WARN") == 1  # once per stall


def test_names_the_split_that_holds_the_watermark(capfd: pytest.CaptureFixture[str]) -> None:
    run(WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_hours(1)))
    warning = capfd.readouterr().err
    assert "'Source: second' is at 1969-12-31 23:00:01.999 UTC, held by split '0'" in warning
    assert "with_idleness()" in warning


def steady() -> Iterator[int]:
    for step in range(30):
        yield step * 1000
        time.sleep(0.03)


def test_says_nothing_while_event_time_moves(capfd: pytest.CaptureFixture[str]) -> None:
    run(WatermarkStrategy.for_monotonous_timestamps(), steady)
    assert "WARN" not in capfd.readouterr().err
