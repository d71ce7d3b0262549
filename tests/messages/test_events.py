"""Control events."""

from __future__ import annotations

import pickle

from hurtig.messages import (
    ACTIVE,
    IDLE,
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    CheckpointBarrier,
    EndOfInput,
    Watermark,
    WatermarkStatus,
)


def test_watermarks_are_values():
    assert Watermark(5) == Watermark(5) != Watermark(6)
    assert Watermark(5) != 5
    assert len({Watermark(5), Watermark(5)}) == 1
    assert repr(Watermark(5)) == "Watermark(5)"


def test_the_ends_of_time_are_those_of_64_bits():
    assert (MIN_TIMESTAMP, MAX_TIMESTAMP) == (-(2**63), 2**63 - 1)


def test_status():
    assert (IDLE.idle, ACTIVE.idle) == (True, False)
    assert [repr(WatermarkStatus(i)) for i in (True, False)] == [
        "WatermarkStatus(idle)",
        "WatermarkStatus(active)",
    ]


def test_barriers_tell_their_kind():
    barrier = CheckpointBarrier(3, 1000)
    assert (barrier.checkpoint_id, barrier.timestamp) == (3, 1000)
    assert not barrier.unaligned
    assert not barrier.is_savepoint
    assert CheckpointBarrier(4, 1, unaligned=True, is_savepoint=True).is_savepoint


def test_all_travel_between_processes():
    barrier = pickle.loads(pickle.dumps(CheckpointBarrier(3, 7, True, True)))
    assert (barrier.checkpoint_id, barrier.timestamp) == (3, 7)
    assert (barrier.unaligned, barrier.is_savepoint) == (True, True)
    assert pickle.loads(pickle.dumps(Watermark(9))) == Watermark(9)
    assert isinstance(pickle.loads(pickle.dumps(EndOfInput())), EndOfInput)
    assert pickle.loads(pickle.dumps(IDLE)).idle
