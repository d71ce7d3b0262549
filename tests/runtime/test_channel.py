"""Local channels."""

from __future__ import annotations

from hurtig.messages import EndOfInput, RowBatch, Watermark
from hurtig.runtime.channel import CAPACITY_MESSAGES, CAPACITY_RECORDS, LocalChannel


def test_messages_come_in_order():
    channel = LocalChannel()
    sent = [RowBatch([1]), Watermark(3), RowBatch([2]), EndOfInput()]
    for message in sent:
        channel.send(message)
    assert [channel.receive() for _ in sent] == sent
    assert channel.receive() is None


def test_full_by_records():
    channel = LocalChannel()
    channel.send(RowBatch([0] * (CAPACITY_RECORDS - 1)))
    assert not channel.full
    channel.send(RowBatch([0]))
    assert channel.full
    channel.receive()
    assert not channel.full


def test_full_by_messages():
    channel = LocalChannel()
    for number in range(CAPACITY_MESSAGES - 1):
        channel.send(Watermark(number))
    assert not channel.full
    channel.send(Watermark(CAPACITY_MESSAGES))
    assert channel.full
    channel.receive()
    assert not channel.full


def test_takes_messages_also_when_full():
    """Whoever was asked to pause may finish what it has in hand."""
    channel = LocalChannel()
    channel.send(RowBatch([0] * CAPACITY_RECORDS))
    channel.send(RowBatch([7]))
    channel.receive()
    assert channel.receive().values == [7]
