"""Tumbling windows: construction, assignment, the clock."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from window_harness import Harness
from window_models import Collect

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time
from hurtig.datastream.window import (
    EventTimeTrigger,
    ProcessingTimeTrigger,
    TimeWindow,
    TimeWindowSerializer,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from hurtig.operators.functions import AggregateFunction
from hurtig.operators.window.assigner import MissingTimestampError
from hurtig.operators.window.contents import aggregate_contents, elements_contents
from hurtig.operators.window.factory import create_window_operator, general_window_operator


@pytest.mark.parametrize(
    "length",
    [Time.seconds(2), Duration.of_seconds(2), datetime.timedelta(seconds=2), 2000],
)
@pytest.mark.parametrize("kind", [TumblingEventTimeWindows, TumblingProcessingTimeWindows])
def test_lengths(kind: Any, length: Any) -> None:
    assert repr(kind.of(length)) == f"{kind.__name__}(2000, 0)"
    assert repr(kind.of(Time.hours(1), length)) == f"{kind.__name__}(3600000, 2000)"


@pytest.mark.parametrize("kind", [TumblingEventTimeWindows, TumblingProcessingTimeWindows])
@pytest.mark.parametrize(("size", "offset"), [(0, 0), (-5, 0), (10, 10), (10, -10), (10, 11)])
def test_invalid(kind: Any, size: int, offset: int) -> None:
    text = f"^{kind.__name__} parameters must satisfy abs\\(offset\\) < size"
    with pytest.raises(ProgramError, match=text):
        kind.of(Time(size), Time(offset))


def test_text_is_no_length() -> None:
    with pytest.raises(TypeError, match="the size of a tumbling window must be a Duration"):
        TumblingEventTimeWindows.of("5 s")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("timestamp", "offset", "window"),
    [(0, 0, (0, 10)), (9, 0, (0, 10)), (-1, 0, (-10, 0)), (2, 3, (-7, 3)), (2, -3, (-3, 7))],
)
def test_assignment(timestamp: int, offset: int, window: tuple[int, int]) -> None:
    assigner = TumblingEventTimeWindows(10, offset)
    assert list(assigner.assign_windows("x", timestamp, None)) == [  # type: ignore[arg-type]
        TimeWindow(*window)
    ]


def test_defaults() -> None:
    event, processing = TumblingEventTimeWindows(5), TumblingProcessingTimeWindows(5)
    assert type(event.get_default_trigger(None)) is EventTimeTrigger
    assert type(processing.get_default_trigger(None)) is ProcessingTimeTrigger
    assert event.is_event_time()
    assert not processing.is_event_time()
    assert type(event.get_window_serializer()) is TimeWindowSerializer


@pytest.mark.parametrize("make", [create_window_operator, general_window_operator])
@pytest.mark.parametrize("timestamps", [(None, None), (5, -(2**63))])
def test_records_without_timestamps(make: Any, timestamps: Any) -> None:
    contents = elements_contents(Collect())
    harness = Harness(make(TumblingEventTimeWindows(10), None, None, 0, None, contents))
    with pytest.raises(MissingTimestampError) as info:
        harness.send(*((i, time, "k") for i, time in enumerate(timestamps)))
    assert str(info.value).startswith(
        "Record has Java Long.MIN_VALUE timestamp (= no timestamp marker)."
    )
    assert "assign_timestamps_and_watermarks" in str(info.value)
    assert str(info.value).endswith("event-time window 'window'.")


@pytest.mark.parametrize("make", [create_window_operator, general_window_operator])
class TestProcessingTime:
    def harness(self, make: Any, now: int, assigner: Any = None) -> Harness:
        assigner = assigner or TumblingProcessingTimeWindows(10)
        contents = elements_contents(Collect())
        return Harness(make(assigner, None, None, 0, None, contents), now)

    def test_fires_by_the_clock_alone(self, make: Any) -> None:
        harness = self.harness(make, 3)
        harness.send((1, None, "a"), (2, 1000, "b")).watermark(500)
        assert harness.records == []
        harness.set_processing_time(8).send((3, None, "a")).set_processing_time(9)
        assert harness.records == [(("a", 0, 10, [1, 3]), 9), (("b", 0, 10, [2]), 9)]
        assert harness.is_empty()
        assert harness.watermarks == [500]

    def test_next_window(self, make: Any) -> None:
        harness = self.harness(make, 0, TumblingProcessingTimeWindows(10, 4))
        harness.send((1, None, "a")).set_processing_time(25)
        harness.send((2, None, "a")).set_processing_time(40)
        assert harness.output == [("a", -6, 4, [1]), ("a", 24, 34, [2])]

    def test_last_moment_of_a_window(self, make: Any) -> None:
        harness = self.harness(make, 9)
        harness.send((1, None, "a")).set_processing_time(9)
        assert harness.output == [("a", 0, 10, [1])]

    def test_end_of_input_drops_open_windows(self, make: Any) -> None:
        harness = self.harness(make, 3)
        harness.send((1, None, "a")).watermark(2**63 - 1)
        harness.operator.end_input()
        harness.operator.finish()
        harness.operator.close()
        harness.set_processing_time(100)
        assert harness.records == []

    def test_restored_window_fires(self, make: Any) -> None:
        harness = self.harness(make, 3).send((1, None, "a")).restart()
        harness.send((2, None, "a")).set_processing_time(50)
        assert harness.output == [("a", 0, 10, [1, 2])]
        assert harness.is_empty()


class Sum(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: int, accumulator: int) -> int:
        return accumulator + value

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


def test_one_batch_per_window_and_large_ones_in_parts() -> None:
    contents = aggregate_contents(Sum())
    harness = Harness(
        create_window_operator(TumblingEventTimeWindows(10), None, None, 0, None, contents)
    )
    harness.send(*((1, 5, key) for key in range(20_000)), (1, 15, 0)).watermark(100)
    sizes = harness.batch_sizes()
    assert sizes == [16384, 3616, 1]
    assert sum(harness.output) == 20_001


def test_keys_fire_in_the_order_of_their_first_element() -> None:
    for make in create_window_operator, general_window_operator:
        contents = elements_contents(Collect())
        harness = Harness(make(TumblingEventTimeWindows(10), None, None, 0, None, contents))
        harness.send((1, 25, "c"), (2, 5, "a"), (3, 15, "b"), (4, 3, "b"), (5, 22, "a"))
        harness.watermark(100)
        assert [(key, start) for key, start, *_ in harness.output] == [
            ("a", 0),
            ("b", 0),
            ("b", 10),
            ("c", 20),
            ("a", 20),
        ]
