"""A task that reads channels: slices, events, ends."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.messages import (
    ACTIVE,
    IDLE,
    MAX_TIMESTAMP,
    EndOfInput,
    RowBatch,
    Watermark,
    WatermarkStatus,
)
from hurtig.operators.contract import OperatorMetrics, StreamOperator
from hurtig.runtime.channel import LocalChannel
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.stream_task import StreamTask


class Recorder(StreamOperator):
    """Writes down what the task calls."""

    def __init__(self, name: str = "", fail_at: str = "") -> None:
        self.log: list[Any] = []
        self.name, self.fail_at = name, fail_at

    def _note(self, *what: Any) -> None:
        self.log.append(what)
        if what[0] == self.fail_at:
            raise ValueError(f"{self.name} fails")

    def open(self) -> None:
        self._note("open")

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        self._note("batch", batch.values, input_index)

    def process_watermark(self, timestamp: int, input_index: int = 0) -> None:
        self._note("watermark", timestamp, input_index)

    def process_status(self, status: WatermarkStatus, input_index: int = 0) -> None:
        self._note("idle" if status.idle else "active", input_index)

    def end_input(self, input_index: int = 0) -> None:
        self._note("end", input_index)

    def finish(self) -> None:
        self._note("finish")

    def close(self) -> None:
        self._note("close")


class Output:
    """An outgoing edge that may ask for a pause."""

    full = False
    ended = False

    def flush_if_due(self) -> None:
        pass

    def flush_when_idle(self) -> None:
        pass

    def end(self) -> None:
        self.ended = True


class Fixture:
    def __init__(self, *channels_of_gates: int, canonical: Any = None) -> None:
        self.channels = [[LocalChannel() for _ in range(n)] for n in channels_of_gates]
        self.operator = Recorder()
        self.output: Any = Output()
        self.metrics = OperatorMetrics()
        gates = [InputGate(i, list(channels)) for i, channels in enumerate(self.channels)]
        self.task = StreamTask(
            "task", [self.operator], [self.output], Inbox(gates), self.metrics, canonical
        )

    def send(self, message: Any, channel: int = 0, gate: int = 0) -> None:
        self.channels[gate][channel].send(message)

    def run(self) -> list[Any]:
        """What the operator saw until nothing is left."""
        while self.task.step():
            pass
        log, self.operator.log = self.operator.log, []
        return log


def test_batches_come_with_their_input():
    task = Fixture(1, 1)
    task.send(RowBatch([1]))
    task.send(RowBatch([2]), gate=1)
    assert task.run() == [("batch", [1], 0), ("batch", [2], 1)]
    assert task.metrics.records_in == 2


def test_a_batch_is_cut_to_the_limit():
    task = Fixture(1)
    task.task.limit.limit = 2
    task.task.limit._target = 0.0  # everything is slow
    task.send(RowBatch([1, 2, 3]))
    task.send(Watermark(5))
    pieces = [entry[1] for entry in task.run() if entry[0] == "batch"]
    assert pieces == [[1, 2], [3]]


def test_records_before_the_watermark_come_first_also_in_slices():
    task = Fixture(1)
    task.send(RowBatch(list(range(5))))
    task.send(Watermark(5))
    log = task.run()
    assert log[-1] == ("watermark", 5, 0)
    assert [v for entry in log[:-1] for v in entry[1]] == [0, 1, 2, 3, 4]


def test_the_watermark_is_the_lowest_of_the_channels():
    task = Fixture(2)
    task.send(Watermark(5))
    assert task.run() == []
    task.send(Watermark(3), channel=1)
    assert task.run() == [("watermark", 3, 0)]
    task.send(Watermark(9), channel=1)
    assert task.run() == [("watermark", 5, 0)]


def test_gates_have_watermarks_of_their_own():
    task = Fixture(1, 1)
    task.send(Watermark(5))
    task.send(Watermark(3), gate=1)
    assert task.run() == [("watermark", 5, 0), ("watermark", 3, 1)]


def test_an_idle_channel_does_not_hold_back():
    task = Fixture(2)
    task.send(Watermark(5))
    task.send(IDLE, channel=1)
    assert task.run() == [("watermark", 5, 0)]
    task.send(IDLE)
    assert task.run() == [("idle", 0)]
    task.send(ACTIVE)
    task.send(Watermark(7))
    assert task.run() == [("active", 0), ("watermark", 7, 0)]


def test_the_end():
    task = Fixture(2, 1)
    for gate, channel in ((0, 0), (0, 1), (1, 0)):
        task.send(Watermark(MAX_TIMESTAMP), channel, gate)
        task.send(EndOfInput(), channel, gate)
    assert task.run() == [
        ("watermark", MAX_TIMESTAMP, 0),
        ("watermark", MAX_TIMESTAMP, 1),
        ("end", 0),
        ("end", 1),
        ("finish",),
        ("close",),
    ]
    assert task.task.finished
    assert task.output.ended


def test_backpressure_stops_reading():
    task = Fixture(1)
    task.send(RowBatch([1]))
    task.output.full = True
    assert task.run() == []
    task.output.full = False
    assert task.run() == [("batch", [1], 0)]


def test_keys_are_made_canonical_in_the_readers_process():
    seen: list[Any] = []

    class Keyed(Recorder):
        keyed = True

        def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
            seen.append(batch.keys)

    task = Fixture(1, canonical=lambda keys, values: [("canonical", k) for k in keys])
    task.task.head = Keyed()
    batch = RowBatch([1], None, [True])
    task.send(batch)
    task.run()
    assert seen == [[("canonical", True)]]
    assert batch.keys == [True]


def chain(*operators: Recorder) -> StreamTask:
    inbox = Inbox([InputGate(0, [LocalChannel()])])
    return StreamTask("task", list(operators), [], inbox, OperatorMetrics())


def test_readers_open_before_those_that_write():
    opened: list[str] = []

    class Opens(Recorder):
        def open(self) -> None:
            opened.append(self.name)

    chain(Opens("a"), Opens("b"), Opens("c")).open()
    assert opened == ["c", "b", "a"]


def test_closing_tries_all_and_happens_once():
    operators = [Recorder("a", "close"), Recorder("b", "close"), Recorder("c")]
    task = chain(*operators)
    with pytest.raises(ValueError, match="a fails"):
        task.close()
    task.close()
    assert [op.log for op in operators] == [[("close",)]] * 3
