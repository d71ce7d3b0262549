"""When an outgoing edge sends what it holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.graph import partitioner as p
from hurtig.messages import IDLE, MIN_TIMESTAMP, EndOfInput, RowBatch, Watermark, WatermarkStatus
from hurtig.runtime.channel import CAPACITY_RECORDS, LocalChannel
from hurtig.runtime.outbox import FULL_BATCH, ChannelOutput, merge
from hurtig.runtime.partitioning import create_router


class Edge:
    """An output with its channels and a clock."""

    def __init__(self, timeout_ms: int = 100, channels: int = 1, partitioner: Any = None) -> None:
        self.now = 0
        self.channels = [LocalChannel() for _ in range(channels)]
        reader: Any = SimpleNamespace(name="reader", uid="u-1")
        router = create_router(partitioner or p.RebalancePartitioner(), channels, 128, 0, reader)
        self.output = ChannelOutput(self.channels, router, timeout_ms, lambda: self.now)

    def received(self, channel: int = 0) -> list[Any]:
        messages = []
        while (message := self.channels[channel].receive()) is not None:
            messages.append(message.values if isinstance(message, RowBatch) else message)
        return messages


def test_small_batches_wait():
    edge = Edge()
    edge.output.emit(RowBatch([1]))
    edge.output.flush_if_due()
    assert edge.received() == []


def test_the_timeout_counts_from_the_first_record():
    edge = Edge(timeout_ms=100)
    edge.output.emit(RowBatch([1]))
    edge.now = 60
    edge.output.emit(RowBatch([2]))
    edge.now = 99
    edge.output.flush_if_due()
    assert edge.received() == []
    edge.now = 100
    edge.output.flush_if_due()
    assert edge.received() == [[1, 2]]
    edge.now = 250
    edge.output.flush_if_due()
    assert edge.received() == []


def test_an_idle_input_sends():
    edge = Edge()
    edge.output.emit(RowBatch([1]))
    edge.output.flush_when_idle()
    assert edge.received() == [[1]]


def test_a_full_batch_goes_at_once_without_a_copy():
    edge = Edge()
    values = list(range(FULL_BATCH))
    edge.output.emit(RowBatch(values))
    assert edge.channels[0].receive().values is values


def test_small_batches_that_fill_up_go():
    edge = Edge()
    for _ in range(FULL_BATCH // 64):
        assert edge.received() == []
        edge.output.emit(RowBatch([0] * 64))
    assert edge.received() == [[0] * FULL_BATCH]


def test_a_full_batch_does_not_overtake():
    edge = Edge()
    edge.output.emit(RowBatch([1]))
    edge.output.emit(RowBatch([2] * FULL_BATCH))
    assert edge.received() == [[1] + [2] * FULL_BATCH]


@pytest.mark.parametrize("event", ["watermark", "status", "end"])
def test_events_come_behind_the_records_on_all_channels(event):
    edge = Edge(channels=2)
    edge.output.emit(RowBatch([1]))
    if event == "watermark":
        edge.output.emit_watermark(5)
    elif event == "status":
        edge.output.emit_status(IDLE)
    else:
        edge.output.end()
    kind = {"watermark": Watermark, "status": WatermarkStatus, "end": EndOfInput}[event]
    first, second = edge.received(0), edge.received(1)
    assert first[0] == [1]
    assert [type(m) for m in first[1:] + second] == [kind, kind]


def test_timeout_0_sends_at_the_next_look():
    edge = Edge(timeout_ms=0)
    edge.output.emit(RowBatch([1]))
    edge.output.flush_if_due()
    assert edge.received() == [[1]]


def test_timeout_minus_1_waits_until_full_or_an_event():
    edge = Edge(timeout_ms=-1)
    edge.output.emit(RowBatch([1]))
    edge.now = 10**9
    edge.output.flush_if_due()
    edge.output.flush_when_idle()
    assert edge.received() == []
    edge.output.emit(RowBatch([2] * FULL_BATCH))
    assert len(edge.received()[0]) == FULL_BATCH + 1
    edge.output.emit(RowBatch([3]))
    edge.output.emit_watermark(1)
    assert edge.received() == [[3], Watermark(1)]


def test_full_when_one_channel_is():
    edge = Edge(channels=2)
    edge.channels[1].send(RowBatch([0] * CAPACITY_RECORDS))
    assert edge.output.full
    edge.channels[1].receive()
    assert not edge.output.full


@given(
    st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), max_size=9),
    st.integers(1, 3),
    st.sets(st.integers(0, 8)),
)
def test_nothing_is_lost_and_order_kept(batches, channels, flushes):
    edge = Edge(channels=channels, partitioner=p.KeyGroupPartitioner(lambda v: v))
    for number, values in enumerate(batches):
        edge.output.emit(RowBatch(values, [number] * len(values)))
        if number in flushes:
            edge.output.flush_when_idle()
    edge.output.end()
    got: list[list[int]] = []
    for channel in range(channels):
        *parts, end = edge.received(channel)
        assert isinstance(end, EndOfInput)
        got.append([v for part in parts for v in part])
    sent = [v for values in batches for v in values]
    for value in set(sent):
        assert sum(one.count(value) for one in got) == sent.count(value)
    for one in got:
        assert one == [v for v in sent if v in set(one)]


def test_merge_keeps_columns_in_line():
    merged = merge([RowBatch([1], [5], ["a"]), RowBatch([2, 3], None, ["b", "c"])])
    assert merged.values == [1, 2, 3]
    assert merged.timestamps == [5, MIN_TIMESTAMP, MIN_TIMESTAMP]
    assert merged.keys == ["a", "b", "c"]
    assert merge([RowBatch([1]), RowBatch([2])]).timestamps is None
