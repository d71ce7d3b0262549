"""Channels over sockets: order, credits, barriers, ends and losses."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.network.pairs import KEY, Pair

from hurtig.common.errors import JobExecutionError
from hurtig.common.typeinfo import Types
from hurtig.messages import (
    CancelBarrier,
    CheckpointBarrier,
    EndOfData,
    EndOfInput,
    RowBatch,
    Watermark,
    WatermarkStatus,
)
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.network.errors import ConnectionLostError
from hurtig.runtime.network.receiver import SocketReceiver
from hurtig.runtime.network.sender import SocketSender
from hurtig.runtime.network.window import Window

SMALL = Window(4, 100, 1 << 20)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:  # short: socket paths are limited
        yield Path(name)


@pytest.fixture(params=["unix", "tcp"])
def pair(folder: Path, request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(folder, tcp=request.param == "tcp")
    yield pair
    pair.close()


@pytest.fixture
def narrow(folder: Path) -> Iterator[Pair]:
    pair = Pair(folder, window=SMALL)
    yield pair
    pair.close()


def values(messages: list[Any]) -> list[Any]:
    return [m.values if isinstance(m, RowBatch) else repr(m) for m in messages]


def test_messages_arrive_in_order_and_equal(pair: Pair) -> None:
    sender, receiver = pair.channel()
    sent = [
        RowBatch([1, "a", None, (2, [3])], [5, 6, 7, 8], ["k", 2, 3.5, (1,)]),
        Watermark(17),
        WatermarkStatus(True),
        RowBatch([{"x": 1}]),
        WatermarkStatus(False),
        CheckpointBarrier(3, 4, False, True, 9, "file:///x", True),
        CancelBarrier(8),
        EndOfData(),
        EndOfInput(),
    ]
    for message in sent:
        sender.send(message)
    received = pair.take(receiver, len(sent))
    assert [repr(m) for m in received] == [repr(m) for m in sent]
    barrier = received[5]
    assert [getattr(barrier, name) for name in CheckpointBarrier.__slots__] == [
        getattr(sent[5], name) for name in CheckpointBarrier.__slots__
    ]
    assert receiver.receive() is None


def test_thousands_of_messages_in_order(pair: Pair) -> None:
    sender, receiver = pair.channel()
    for i in range(5000):
        sender.send(RowBatch([i]))
    assert values(pair.take(receiver, 5000)) == [[i] for i in range(5000)]


def test_batches_larger_than_every_buffer(pair: Pair) -> None:
    sender, receiver = pair.channel()
    big = [bytes([i % 256]) * (1 << 20) for i in range(20)]
    sender.send(RowBatch([b"before"]))
    sender.send(RowBatch(big))
    sender.send(RowBatch([b"behind"]))
    received = pair.take(receiver, 3)
    assert received[1].values == big
    assert values([received[0], received[2]]) == [[b"before"], [b"behind"]]


def test_frames_of_all_sizes_around_the_buffer(pair: Pair) -> None:
    sender, receiver = pair.channel()
    generator = random.Random(7)
    sizes = [
        generator.choice([0, 1, 100, 1 << 16, (1 << 18) - 40, 1 << 18, 1 << 19]) for _ in range(60)
    ]
    sizes += [(1 << 18) - n for n in range(60)]
    for size in sizes:
        sender.send(RowBatch([b"x" * size]))
    assert [len(v[0]) for v in values(pair.take(receiver, len(sizes)))] == sizes


def test_a_sender_without_credit_is_full_until_its_reader_takes(narrow: Pair) -> None:
    sender, receiver = narrow.channel()
    narrow.settle()
    for i in range(10):
        assert sender.full is (i > 4), i
        sender.send(RowBatch([i]))
        narrow.settle()
    assert values(narrow.take(receiver, 10)) == [[i] for i in range(10)]
    narrow.settle()
    assert not sender.full


def test_records_and_bytes_are_bounded_too(folder: Path) -> None:
    for window in (Window(1000, 100, 1 << 30), Window(1000, 10**9, 1000)):
        pair = Pair(folder, window=window)
        sender, receiver = pair.channel()
        pair.settle()
        sent = 0
        while not sender.full:
            sender.send(RowBatch([f"{n:010}" for n in range(30)]))
            pair.settle()
            sent += 1
        assert 2 < sent < 8
        assert len(pair.take(receiver, sent)) == sent
        pair.settle()
        assert not sender.full
        pair.close()


def test_nothing_is_sent_before_the_reader_is_there(pair: Pair) -> None:
    sender = pair.senders.sender(KEY, "tm-2")
    sender.send(RowBatch([1]))
    pair.settle()
    assert sender.full
    receiver = pair.receivers.receiver(KEY, "tm-1")
    assert isinstance(receiver, SocketReceiver)
    assert values(pair.take(receiver, 1)) == [[1]]


def test_one_stopped_channel_does_not_stop_the_others(narrow: Pair) -> None:
    keys = [ChannelId("v", 0, 0, reader) for reader in range(50)]
    channels = [narrow.channel(key) for key in keys]
    for i in range(100):
        for number, (sender, _) in enumerate(channels):
            sender.send(RowBatch([(number, i)]))
    narrow.settle()
    for number, (_, receiver) in enumerate(channels):
        if number != 7:
            assert values(narrow.take(receiver, 100)) == [[(number, i)] for i in range(100)]
    stopped, waiting = channels[7]
    assert stopped.full
    assert values(narrow.take(waiting, 100)) == [[(7, i)] for i in range(100)]


def test_both_directions_under_backpressure(folder: Path) -> None:
    pair = Pair(folder, window=Window(8, 1000, 1 << 22))
    there, here_receiver = pair.channel()
    back_key = ChannelId("w", 0, 1, 0)
    back_receiver = pair.senders.receiver(back_key, "tm-2")
    back = pair.receivers.sender(back_key, "tm-1")
    assert isinstance(back, SocketSender)
    assert isinstance(back_receiver, SocketReceiver)
    block = b"x" * 300_000
    for i in range(60):  # 18 MB each way: more than the kernel keeps
        there.send(RowBatch([(i, block)]))
        back.send(RowBatch([(-i, block)]))
    assert [m.values[0][0] for m in pair.take(here_receiver, 60)] == list(range(60))
    assert [m.values[0][0] for m in pair.take(back_receiver, 60)] == [-i for i in range(60)]
    pair.close()


# -- barriers -------------------------------------------------------------------------------------


def test_a_priority_barrier_passes_both_ends(narrow: Pair) -> None:
    sender, receiver = narrow.channel()
    told: list[CheckpointBarrier] = []
    receiver.on_barrier = told.append
    narrow.settle()
    for i in range(9):
        sender.send(RowBatch([i]))
    narrow.settle()
    assert receiver.receive().values == [0]  # type: ignore[union-attr]
    held = sender.overtake(CheckpointBarrier(5, 1, unaligned=True))
    narrow.settle()
    assert [b.checkpoint_id for b in told] == [5]
    assert receiver.urgent
    barrier = receiver.receive()
    assert isinstance(barrier, CheckpointBarrier)
    assert barrier.unaligned
    assert not receiver.urgent
    passed = receiver.overtaken()
    assert values(passed) + values(held) == [[i] for i in range(1, 9)]
    sender.send(RowBatch([9]))
    assert values(narrow.take(receiver, 9)) == [[i] for i in range(1, 10)]


def test_a_waiting_barrier_is_promoted(pair: Pair) -> None:
    sender, receiver = pair.channel()
    told: list[CheckpointBarrier] = []
    receiver.on_barrier = told.append
    for message in (RowBatch([1]), CheckpointBarrier(4, 0, alignment_timeout=10), RowBatch([2])):
        sender.send(message)
    pair.settle()
    assert [(b.checkpoint_id, b.unaligned) for b in told] == [(4, False)]
    receiver.promote(3)
    assert not receiver.urgent
    receiver.promote(4)
    assert [(b.checkpoint_id, b.unaligned) for b in told[1:]] == [(4, True)]
    assert repr(receiver.receive()) == "CheckpointBarrier(4, unaligned)"
    assert values(receiver.overtaken()) == [[1]]
    assert values(pair.take(receiver, 2)) == [[1], [2]]


def test_a_savepoint_is_never_promoted(pair: Pair) -> None:
    sender, receiver = pair.channel()
    sender.send(RowBatch([1]))
    sender.send(CheckpointBarrier(4, 0, is_savepoint=True, alignment_timeout=10))
    pair.settle()
    receiver.promote(4)
    assert not receiver.urgent
    assert len(pair.take(receiver, 2)) == 2


# -- ends and losses ------------------------------------------------------------------------------


def test_a_closed_attempt_still_sends_what_it_holds(narrow: Pair) -> None:
    sender, receiver = narrow.channel()
    for i in range(40):
        sender.send(RowBatch([i]))
    sender.send(EndOfInput())
    narrow.senders.close()
    narrow.settle()
    assert narrow.left.unsent
    assert len(narrow.take(receiver, 41)) == 41
    narrow.settle()
    assert not narrow.left.unsent
    assert receiver.receive() is None


def test_a_lost_connection_is_no_end(pair: Pair) -> None:
    sender, receiver = pair.channel()
    sender.send(RowBatch([1]))
    pair.settle()
    pair.left.close()
    pair.right.poll(1)
    assert values([receiver.receive()]) == [[1]]
    with pytest.raises(ConnectionLostError, match="from tm-1 was lost"):
        receiver.receive()


def test_a_lost_reader_is_told_to_its_sender(narrow: Pair) -> None:
    sender, _ = narrow.channel()
    for i in range(20):
        sender.send(RowBatch([i]))
    narrow.settle()
    narrow.right.close()
    narrow.left.poll(1)
    with pytest.raises(ConnectionLostError, match="to tm-2 was lost"):
        _ = sender.full
    with pytest.raises(ConnectionLostError, match="to tm-2 was lost"):
        sender.send(RowBatch([1]))
    narrow.senders.close()
    assert not narrow.left.unsent


def test_nobody_at_the_address(pair: Pair) -> None:
    pair.right.close()
    with pytest.raises(
        JobExecutionError, match=r"tm-1 cannot reach tm-2 at .*refused|No such file"
    ):
        pair.senders.sender(KEY, "tm-2")


def test_channels_within_a_process_are_local(pair: Pair) -> None:
    sender = pair.senders.sender(KEY, "tm-1")
    receiver = pair.senders.receiver(KEY, "tm-1")
    value = object()
    sender.send(RowBatch([value]))
    assert receiver.receive().values[0] is value  # type: ignore[union-attr]


# -- attempts -------------------------------------------------------------------------------------


def test_a_zombie_is_refused(pair: Pair) -> None:
    pair.receivers.close()
    pair.attempt(pair.right, 2)
    zombie = pair.senders.sender(KEY, "tm-2")
    zombie.send(RowBatch([1]))
    pair.settle()
    with pytest.raises(ConnectionLostError, match="attempt 1 is over, this is 2"):
        _ = zombie.full


def test_an_early_connection_waits_for_its_attempt(pair: Pair) -> None:
    early = pair.attempt(pair.left, 2).sender(KEY, "tm-2")
    early.send(RowBatch([1]))
    pair.settle()
    assert early.full
    receiver = pair.attempt(pair.right, 2).receiver(KEY, "tm-1")
    assert isinstance(receiver, SocketReceiver)
    assert values(pair.take(receiver, 1)) == [[1]]


def test_attempts_of_two_regions_run_beside_each_other(pair: Pair) -> None:
    sender, receiver = pair.channel()
    newer = pair.attempt(pair.left, 2).sender(KEY, "tm-2")
    newer_receiver = pair.attempt(pair.right, 2).receiver(KEY, "tm-1")
    assert isinstance(newer_receiver, SocketReceiver)
    newer.send(RowBatch([2]))
    sender.send(RowBatch([1]))
    assert values(pair.take(newer_receiver, 1)) == [[2]]
    assert values(pair.take(receiver, 1)) == [[1]]


@pytest.mark.parametrize(
    ("job", "token", "reason"), [("job", "guess", "token is wrong"), ("x", "secret", "job x")]
)
def test_strangers_are_refused(pair: Pair, job: str, token: str, reason: str) -> None:
    pair.left.job_id, pair.left.token = job, token
    sender = pair.senders.sender(KEY, "tm-2")
    sender.send(RowBatch([1]))
    pair.settle()
    with pytest.raises(ConnectionLostError, match=reason):
        _ = sender.full


def test_noise_does_not_disturb(pair: Pair) -> None:
    from hurtig.runtime.network.address import connect

    noise = connect(pair.right.address)
    noise.sendall(b"GET / HTTP/1.1\r\nHost: me\r\n\r\n" * 10)
    pair.settle()
    assert noise.recv(100) == b""
    noise.close()
    sender, receiver = pair.channel()
    sender.send(RowBatch([1]))
    assert values(pair.take(receiver, 1)) == [[1]]


# -- types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "records",
    [
        [("a", 1), ("b", 2)],
        [("a", 1), ("b", "not a number")],  # not as declared
        [("\ud800", 1)],
        [None, ("a", None)],
    ],
)
@pytest.mark.parametrize(
    "keys", [None, ["a", "b"], [1, 2], [1 << 70, 2], ["\ud800", "b"], [True, 1], [("a", 1), None]]
)
def test_typed_values_come_back_as_they_were(folder: Path, records: list[Any], keys: Any) -> None:
    pair = Pair(folder, type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
    sender, receiver = pair.channel()
    keys = keys and keys[: len(records)]
    sender.send(RowBatch(records, None, keys))
    batch = pair.take(receiver, 1)[0]
    assert batch.values == records
    assert batch.keys == keys
    assert keys is None or list(map(type, batch.keys)) == list(map(type, keys))
    pair.close()


def test_a_record_that_does_not_pickle_is_named(pair: Pair) -> None:
    sender, _ = pair.channel()
    pair.settle()
    with pytest.raises(JobExecutionError, match=r"\('bad', <generator .*does not pickle"):
        sender.send(RowBatch(["good", ("bad", (i for i in []))]))


def test_classes_inside_of_functions(pair: Pair) -> None:
    class Local:
        def __init__(self, x: int) -> None:
            self.x = x

    import cloudpickle

    # As the job graph does.
    assert cloudpickle.loads(cloudpickle.dumps(Local)) is Local
    sender, receiver = pair.channel()
    sender.send(RowBatch([Local(3)], None, [Local]))
    batch = pair.take(receiver, 1)[0]
    assert type(batch.values[0]) is Local
    assert batch.values[0].x == 3
    assert batch.keys == [Local]
