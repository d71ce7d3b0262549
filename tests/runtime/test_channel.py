"""Local channels."""

from __future__ import annotations

from hurtig.messages import CheckpointBarrier, EndOfInput, RowBatch, Watermark
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


def test_a_priority_barrier_comes_first_and_knows_what_it_passed():
    channel = LocalChannel()
    told: list[CheckpointBarrier] = []
    channel.on_barrier = told.append
    channel.send(RowBatch([1]))
    channel.send(Watermark(5))
    barrier = CheckpointBarrier(1, 0, unaligned=True)
    assert channel.overtake(barrier) == [], "all that waits is the receiver's"
    channel.send(RowBatch([2]))
    assert told == [barrier]
    assert channel.urgent
    assert channel.receive() is barrier
    assert not channel.urgent
    assert [type(m) for m in channel.overtaken()] == [RowBatch, Watermark]
    values = [m.values for m in iter(channel.receive, None) if isinstance(m, RowBatch)]
    assert values == [[1], [2]], "they are received all the same"


def test_two_priority_barriers_stay_in_order():
    channel = LocalChannel()
    first, second = (CheckpointBarrier(i, 0, unaligned=True) for i in (1, 2))
    channel.send(RowBatch([1]))
    channel.overtake(first)
    channel.send(RowBatch([2]))
    channel.overtake(second)
    assert channel.receive() is first
    assert len(channel.overtaken()) == 1
    assert channel.receive() is second
    assert len(channel.overtaken()) == 2


def test_a_waiting_barrier_can_be_promoted():
    channel = LocalChannel()
    told: list[CheckpointBarrier] = []
    channel.on_barrier = told.append
    channel.send(RowBatch([1]))
    channel.send(CheckpointBarrier(1, 0, alignment_timeout=5))
    channel.send(RowBatch([2]))
    assert [b.unaligned for b in told] == [False], "the receiver may watch its time"
    channel.promote(2)
    assert not channel.urgent
    channel.promote(1)
    barrier = channel.receive()
    assert isinstance(barrier, CheckpointBarrier)
    assert barrier.unaligned
    assert [m.values for m in channel.overtaken()] == [[1]]
    assert [m.values for m in iter(channel.receive, None)] == [[1], [2]]


def test_the_barrier_of_a_savepoint_is_not_promoted():
    channel = LocalChannel()
    channel.send(CheckpointBarrier(1, 0, is_savepoint=True, alignment_timeout=5))
    channel.promote(1)
    assert not channel.urgent
