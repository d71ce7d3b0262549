"""Alignment of barriers, against what a checkpoint has to hold."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.checkpoint.alignment import (
    Abort,
    Alignment,
    BarrierAlignment,
    BarrierTracker,
    Block,
    Complete,
    TakeSnapshot,
    UnblockAll,
)
from hurtig.messages import CheckpointBarrier

END = "end"
BARRIER = CheckpointBarrier


def barrier(id_: int, **options: Any) -> CheckpointBarrier:
    return CheckpointBarrier(id_, 0, **options)


def kinds(actions: list[Any]) -> list[type]:
    return [type(action) for action in actions]


class Reader:
    """Reads channels as a task does, and writes down what each checkpoint would hold."""

    def __init__(self, channels: list[deque[Any]], alignment: Alignment) -> None:
        self.channels = channels
        self.alignment = alignment
        self.now = 0
        self.blocked: set[int] = set()
        self.processed: set[Any] = set()
        self.snapshots: dict[int, set[Any]] = {}
        self.complete: set[int] = set()
        self.pending: dict[int, set[int]] = {}

    def readable(self) -> list[int]:
        return [c for c, m in enumerate(self.channels) if m and c not in self.blocked]

    def read(self, channel: int) -> None:
        message = self.channels[channel].popleft()
        if message == END:
            for pending in self.pending.values():
                pending.discard(channel)
            self.run(self.alignment.end_of_input(channel, self.now))
        elif isinstance(message, CheckpointBarrier):
            if message.checkpoint_id in self.pending:
                self.pending[message.checkpoint_id].discard(channel)
            self.run(self.alignment.barrier(channel, message, self.now))
        elif isinstance(message, tuple) and message[0] == "cancel":
            self.run(self.alignment.cancel(message[1]))
        else:
            self.processed.add(message)
            for id_, pending in self.pending.items():
                if channel in pending:
                    self.snapshots[id_].add(message)

    def tick(self, now: int) -> None:
        self.now = now
        self.run(self.alignment.timer(now))

    def run(self, actions: list[Any]) -> None:
        for action in actions:
            match action:
                case Block(channel):
                    self.blocked.add(channel)
                case UnblockAll():
                    self.blocked.clear()
                case TakeSnapshot(taken, _, pending):
                    assert taken.checkpoint_id not in self.snapshots, "taken twice"
                    self.snapshots[taken.checkpoint_id] = set(self.processed)
                    if taken.unaligned:
                        self.pending[taken.checkpoint_id] = set(pending)
                    else:
                        self.complete.add(taken.checkpoint_id)
                case Complete(id_):
                    assert not self.pending.pop(id_)
                    self.complete.add(id_)
                case Abort(id_, _, taken):
                    assert taken == (id_ in self.pending)
                    self.pending.pop(id_, None)


@st.composite
def runs(draw: Any, cancels: bool = False) -> tuple[list[list[Any]], list[int], list[int]]:
    """Messages of each channel, in which order the channels are read, and when a timer rings."""
    count = draw(st.integers(1, 4))
    checkpoints = draw(st.integers(1, 3))
    timeout = draw(st.sampled_from([-1, -1, 0, 3]))
    savepoint = draw(st.booleans())
    channels = []
    for channel in range(count):
        messages: list[Any] = []
        last = draw(st.integers(0, checkpoints + 1))  # the channel ends before its other barriers
        for id_ in range(1, checkpoints + 2):
            records = draw(st.integers(0, 3))
            messages += [(channel, id_, n) for n in range(records)]
            if last < id_ or id_ > checkpoints:
                break
            if cancels and draw(st.integers(0, 3)) == 0:
                messages.append(("cancel", id_))
            else:
                messages.append(
                    barrier(id_, alignment_timeout=timeout, is_savepoint=savepoint and id_ == 1)
                )
        messages.append(END)
        channels.append(messages)
    length = sum(map(len, channels))
    order = draw(st.lists(st.integers(0, 3), min_size=length, max_size=length))
    return channels, order, draw(st.lists(st.integers(0, length), max_size=2))


def run(channels: list[list[Any]], order: list[int], alignment: Alignment, rings: Any) -> Reader:
    reader = Reader([deque(c) for c in channels], alignment)
    for step, choice in enumerate(order):
        if step in rings:
            reader.tick(10)
        readable = reader.readable()
        if not readable:
            break
        reader.read(readable[choice % len(readable)])
    return reader


def before(channels: list[list[Any]], id_: int) -> set[Any]:
    """The records before the barrier of a checkpoint, or before the end of the channel."""
    found: set[Any] = set()
    for messages in channels:
        for message in messages:
            if isinstance(message, CheckpointBarrier) and message.checkpoint_id == id_:
                break
            if isinstance(message, tuple) and message != ("cancel", id_):
                found.add(message)
    return {m for m in found if m[0] != "cancel"}


def ids(channels: list[list[Any]]) -> set[int]:
    return {m.checkpoint_id for c in channels for m in c if isinstance(m, CheckpointBarrier)}


@given(runs())
def test_exactly_once_holds_what_came_before_the_barriers_and_nothing_else(drawn: Any) -> None:
    channels, order, rings = drawn
    reader = run(channels, order, BarrierAlignment(len(channels)), rings)
    assert not any(reader.channels), "nothing stays blocked"
    taken = ids(channels)
    if any(m.alignment_timeout >= 0 for c in channels for m in c if m.__class__ is BARRIER):
        # Unaligned channels go on reading, so that a newer barrier may come before the last one.
        assert max(reader.complete, default=0) == max(taken, default=0)
    else:
        assert reader.complete == taken
    for id_ in reader.complete:
        assert reader.snapshots[id_] == before(channels, id_)


@given(runs(cancels=True))
def test_cancelled_checkpoints_leave_the_others_right(drawn: Any) -> None:
    channels, order, rings = drawn
    reader = run(channels, order, BarrierAlignment(len(channels)), rings)
    assert not any(reader.channels), "nothing stays blocked"
    for id_ in reader.complete:
        assert reader.snapshots[id_] == before(channels, id_)


@given(runs())
def test_at_least_once_holds_all_that_came_before(drawn: Any) -> None:
    channels, order, _ = drawn
    reader = run(channels, order, BarrierTracker(len(channels)), [])
    assert not any(reader.channels)
    assert max(reader.complete, default=0) == max(ids(channels), default=0)
    for id_ in reader.complete:
        assert reader.snapshots[id_] >= before(channels, id_)


def test_one_channel_never_waits() -> None:
    alignment = BarrierAlignment(1)
    assert kinds(alignment.barrier(0, barrier(1), 5)) == [TakeSnapshot, UnblockAll]


def test_a_channel_waits_for_the_others() -> None:
    alignment = BarrierAlignment(2)
    assert alignment.barrier(1, barrier(1), 5) == [Block(1)]
    take, unblock = alignment.barrier(0, barrier(1), 9)
    assert isinstance(take, TakeSnapshot)
    assert take.started == 5
    assert unblock == UnblockAll()


def test_a_newer_barrier_gives_the_older_checkpoint_up() -> None:
    alignment = BarrierAlignment(2)
    alignment.barrier(0, barrier(1), 0)
    unblock, abort, block = alignment.barrier(1, barrier(2), 0)
    assert (unblock, block) == (UnblockAll(), Block(1))
    assert isinstance(abort, Abort)
    assert (abort.checkpoint_id, abort.taken) == (1, False)
    assert alignment.barrier(1, barrier(1), 0) == [], "it comes too late"
    assert kinds(alignment.barrier(0, barrier(2), 0)) == [TakeSnapshot, UnblockAll]


def test_an_ended_channel_is_not_waited_for() -> None:
    alignment = BarrierAlignment(2)
    assert alignment.barrier(0, barrier(1), 0) == [Block(0)]
    assert kinds(alignment.end_of_input(1, 0)) == [TakeSnapshot, UnblockAll]
    assert kinds(alignment.barrier(0, barrier(2), 0)) == [TakeSnapshot, UnblockAll]


def test_cancelling_unblocks_and_is_remembered() -> None:
    alignment = BarrierAlignment(2)
    alignment.barrier(0, barrier(1), 0)
    assert kinds(alignment.cancel(1)) == [UnblockAll, Abort]
    assert alignment.cancel(1) == [], "the second sender says the same"
    assert alignment.barrier(1, barrier(1), 0) == []
    assert kinds(alignment.cancel(3)) == [Abort], "its barriers are still to come"
    assert alignment.barrier(0, barrier(3), 0) == []
    assert alignment.barrier(0, barrier(2), 0) == [Block(0)]


def test_an_unaligned_barrier_takes_the_snapshot_at_once() -> None:
    alignment = BarrierAlignment(3)
    unblock, take = alignment.barrier(0, barrier(1, unaligned=True), 4)
    assert unblock == UnblockAll()
    assert isinstance(take, TakeSnapshot)
    assert take.pending == {1, 2}
    assert alignment.barrier(1, barrier(1, unaligned=True), 5) == []
    assert alignment.barrier(2, barrier(1), 6) == [Complete(1)]


def test_one_unaligned_barrier_is_enough() -> None:
    alignment = BarrierAlignment(3)
    alignment.barrier(0, barrier(1), 0)
    unblock, take = alignment.barrier(1, barrier(1, unaligned=True), 0)
    assert unblock == UnblockAll()
    assert isinstance(take, TakeSnapshot)
    assert take.barrier.unaligned
    assert take.pending == {2}


def test_alignment_has_a_limit() -> None:
    alignment = BarrierAlignment(2)
    alignment.barrier(0, CheckpointBarrier(1, 1000, alignment_timeout=50), 1010)
    assert alignment.deadline == 1050
    assert alignment.timer(1049) == []
    unblock, take = alignment.timer(1050)
    assert unblock == UnblockAll()
    assert isinstance(take, TakeSnapshot)
    assert take.barrier.unaligned
    assert alignment.deadline is None
    assert alignment.timer(2000) == []


def test_a_barrier_that_comes_after_the_limit_does_not_block() -> None:
    alignment = BarrierAlignment(2)
    late = CheckpointBarrier(1, 1000, alignment_timeout=50)
    assert kinds(alignment.barrier(0, late, 1060)) == [UnblockAll, TakeSnapshot]


def test_savepoints_stay_aligned() -> None:
    alignment = BarrierAlignment(2)
    savepoint = CheckpointBarrier(1, 0, is_savepoint=True, alignment_timeout=5)
    assert alignment.barrier(0, savepoint, 100) == [Block(0)]
    assert alignment.deadline is None
    assert alignment.timer(1000) == []


def test_giving_up_an_unaligned_checkpoint_says_that_it_was_taken() -> None:
    alignment = BarrierAlignment(2)
    alignment.barrier(0, barrier(1, unaligned=True), 0)
    assert [a.taken for a in alignment.cancel(1) if isinstance(a, Abort)] == [True]


@pytest.mark.parametrize("kind", [BarrierAlignment, BarrierTracker])
def test_without_channels_a_trigger_is_enough(kind: type[Any]) -> None:
    alignment = kind(0)
    assert TakeSnapshot in kinds(alignment.trigger(barrier(1), 0))
    assert alignment.trigger(barrier(1), 0) == []


@pytest.mark.parametrize("kind", [BarrierAlignment, BarrierTracker])
@pytest.mark.parametrize("unaligned", [False, True])
def test_a_trigger_waits_for_the_end_of_all_channels(kind: type[Any], unaligned: bool) -> None:
    alignment = kind(2)
    assert alignment.end_of_input(0, 0) == []
    assert alignment.trigger(barrier(1, unaligned=unaligned), 0) == []
    assert TakeSnapshot in kinds(alignment.end_of_input(1, 0))


def test_a_source_that_is_triggered_unaligned_is_complete_at_once() -> None:
    actions = BarrierAlignment(0).trigger(barrier(1, unaligned=True), 0)
    assert kinds(actions) == [UnblockAll, TakeSnapshot, Complete]


def test_at_least_once_counts_several_checkpoints() -> None:
    alignment = BarrierTracker(2)
    assert alignment.barrier(0, barrier(1), 0) == []
    assert alignment.barrier(0, barrier(2), 0) == []
    assert kinds(alignment.barrier(1, barrier(1), 0)) == [TakeSnapshot]
    assert kinds(alignment.barrier(1, barrier(2), 0)) == [TakeSnapshot]


def test_at_least_once_gives_up_what_was_overtaken() -> None:
    alignment = BarrierTracker(2)
    alignment.barrier(0, barrier(1), 0)
    alignment.barrier(0, barrier(2), 0)
    assert kinds(alignment.barrier(1, barrier(2), 0)) == [Abort, TakeSnapshot]
    assert alignment.barrier(1, barrier(1), 0) == []


def test_at_least_once_does_not_remember_for_ever() -> None:
    alignment = BarrierTracker(2)
    actions = [a for n in range(1, 60) for a in alignment.barrier(0, barrier(n), 0)]
    assert [a.checkpoint_id for a in actions if isinstance(a, Abort)] == list(range(1, 10))
