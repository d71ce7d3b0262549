"""The source operator: splits, their watermarks, idleness and alignment."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from hurtig.common.time import Duration
from hurtig.common.watermark_strategy import WatermarkStrategy
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext, SourceReader
from hurtig.jobmanager.alignment import WatermarkAlignment
from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, Watermark
from hurtig.operators.source_operator import SourceOperator
from hurtig.testing import OperatorHarness

NOTHING = ReadStatus.NOTHING_AVAILABLE


class ScriptedReader(SourceReader):
    """Gives what the test has put into ``script``."""

    def __init__(self) -> None:
        self.script: deque[SourceBatch | ReadStatus] = deque()
        self.added: list[Any] = []
        self.unread: deque[Any] = deque()

    def add_splits(self, splits: list[Any]) -> None:
        self.added += splits
        self.unread.extend(splits)

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if self.script:
            return self.script.popleft()
        while self.unread:
            values = self.unread.popleft()
            if values:
                return SourceBatch(str(values), values, values, True)
        return ReadStatus.NEED_SPLIT


class ScriptedSource(Source):
    def __init__(self) -> None:
        self.reader = ScriptedReader()

    def create_reader(self, context: SourceContext) -> SourceReader:
        return self.reader


class Splits:
    """An enumerator with these splits, which may get more unless ``finished``."""

    def __init__(self, *splits: Any, finished: bool = False) -> None:
        self.splits = deque(splits)
        self.ends = finished

    def next_split(self, subtask_index: int) -> Any | None:
        return self.splits.popleft() if self.splits else None

    @property
    def finished(self) -> bool:
        return self.ends and not self.splits


class Run:
    """A source operator whose watermarks are exactly its largest timestamp, every 200 ms."""

    def __init__(self, idle_ms: int | None = None, splits: Splits | None = None) -> None:
        strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(0))
        if idle_ms is not None:
            strategy = strategy.with_idleness(Duration.of_millis(idle_ms))
        source = ScriptedSource()
        self.reader = source.reader
        self.operator = SourceOperator(source, strategy, None, "fail")
        self.operator.splits = splits or Splits()
        self.operator.wakeup = lambda: None

    def open(self, name: str = "operator") -> Run:
        self.harness = OperatorHarness(self.operator, name=name, copy=False)
        return self

    def read(self, split: str, *times: int, finished: bool = False) -> None:
        values = list(times)
        self.reader.script.append(SourceBatch(split, values, values, finished))
        self.operator.poll(100)

    def nothing(self) -> None:
        self.reader.script.append(NOTHING)
        self.operator.poll(100)

    def wait(self, ms: int, each: int = 50, poll: bool = True) -> None:
        """Time passes; the source is asked every ``each`` ms and has nothing."""
        for _ in range(ms // each):
            self.harness.set_processing_time(self.harness.processing_time + each)
            if poll:
                self.nothing()

    @property
    def watermarks(self) -> list[int]:
        return self.harness.watermarks

    @property
    def statuses(self) -> list[str]:
        return self.harness.statuses


def test_the_slowest_split_holds_the_watermark() -> None:
    run = Run().open()
    run.read("a", 100)
    run.read("b", 10)
    run.wait(200)
    assert run.watermarks == [9]


def test_a_finished_split_holds_nothing_and_lifts_nothing() -> None:
    run = Run().open()
    run.read("a", 10, finished=True)
    run.wait(200)
    assert run.watermarks == [9]
    run.read("b", 20)
    run.read("c", 15, finished=True)
    run.wait(200)
    assert run.watermarks == [9, 19]
    run.read("b", 30, finished=True)
    run.wait(1000)
    assert run.watermarks == [9, 19, 29], "no split is left, but the source has not ended"


def test_a_split_id_may_come_back() -> None:
    run = Run().open()
    run.read("a", 10, finished=True)
    run.read("a", 20)
    run.read("b", 100)
    run.wait(200)
    assert run.watermarks == [19]
    run.read("a", 50)
    run.wait(200)
    assert run.watermarks == [19, 49]


def test_finished_splits_leave_nothing_behind() -> None:
    run = Run().open()
    run.read("lasting", 1)
    for number in range(1000):
        run.read(f"file {number}", number, finished=True)
    assert list(run.operator._trackers) == ["lasting"]
    assert list(run.operator._merge._parts) == ["lasting"]


def test_an_idle_split_does_not_wait_for_busy_ones_to_pause() -> None:
    run = Run(idle_ms=1000).open()
    run.read("quiet", 5)
    for second in range(1, 4000):
        run.read("busy", 100 + second)
        run.harness.set_processing_time(run.harness.processing_time + 5)
    assert run.watermarks[-1] > 1000
    assert run.statuses == []
    before = run.watermarks[-1]
    run.read("quiet", 50_000)
    run.read("busy", 60_000)
    run.wait(200)
    assert run.watermarks[-1] == 49_999 > before


def test_a_slow_function_behind_a_busy_split_makes_no_other_split_idle() -> None:
    run = Run(idle_ms=1000).open()
    run.read("unread for long", 5)
    for second in range(5):
        run.read("busy", 100 + second)
        run.harness.set_processing_time(run.harness.processing_time + 10_000)
    assert set(run.watermarks) == {4}


def test_a_source_that_may_not_read_is_not_idle() -> None:
    run = Run(idle_ms=1000).open()
    run.read("a", 10)
    run.nothing()
    for _ in range(100):
        run.operator.held_back()
        run.wait(200, poll=False)
    run.nothing()
    run.wait(200)
    assert run.statuses == []
    run.wait(2000)
    assert run.statuses == ["idle"]
    run.read("a", 11)
    assert run.statuses == ["idle", "active"]


def test_a_reader_without_any_split_becomes_idle() -> None:
    run = Run(idle_ms=1000).open()
    run.wait(3000)
    assert run.statuses == ["idle"]
    run.read("a", 10)
    assert run.statuses == ["idle", "active"]
    assert run.harness.events == [IDLE, ACTIVE, 10]
    run.read("a", 20, finished=True)
    run.wait(200)
    assert run.statuses == ["idle", "active"]
    run.wait(3000)
    assert run.statuses == ["idle", "active", "idle"]
    assert run.watermarks == [19]


def test_without_idleness_a_reader_without_any_split_holds_the_watermark() -> None:
    run = Run().open()
    run.wait(60_000, each=1000)
    assert run.statuses == []


def test_the_end_of_an_idle_source_is_no_longer_idle() -> None:
    run = Run(idle_ms=1000).open()
    run.wait(3000)
    run.reader.script.append(ReadStatus.END_OF_INPUT)
    run.operator.poll(1)
    assert run.harness.events == [IDLE, ACTIVE, Watermark(MAX_TIMESTAMP)]


@pytest.mark.parametrize("finished", [True, False])
def test_empty_splits_cost_no_round_each(finished: bool) -> None:
    run = Run(splits=Splits(*[[]] * 500, [1, 2], finished=finished)).open()
    assert run.operator.poll(10) == 2
    ended = ReadStatus.END_OF_INPUT if finished else NOTHING
    assert run.operator.poll(10) is ended


def test_nobody_waits_for_an_idle_source() -> None:
    group = WatermarkAlignment(100)
    idle, fast = Run(idle_ms=1000), Run()
    for number, run in enumerate((idle, fast)):
        strategy = run.operator.strategy
        run.operator.strategy = strategy.with_watermark_alignment(
            "g", Duration.of_millis(100), Duration.of_millis(200)
        )
        run.operator.alignment = group
        run.open(str(number))
    idle.read("a", 10)
    idle.wait(400)
    fast.read("b", 10_000)
    fast.wait(400)
    assert fast.operator.paused
    idle.wait(3000)
    fast.wait(400, poll=False)
    assert not fast.operator.paused


def test_a_split_in_hand_holds_the_watermark_before_its_first_record() -> None:
    run = Run(splits=Splits("a and b")).open()
    run.reader.split_ids = lambda: ["a", "b"]  # type: ignore[method-assign]
    run.reader.script.append(ReadStatus.NEED_SPLIT)
    run.read("a", 100)
    assert run.reader.added == ["a and b"]
    run.read("a", 100)
    run.wait(200)
    assert run.watermarks == []
    run.read("b", 7)
    run.wait(200)
    assert run.watermarks == [6]
