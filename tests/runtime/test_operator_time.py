"""A keyed operator's own processing-time timers inside a chain."""

from __future__ import annotations

import pytest

from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.runtime.operator_time import OperatorTime


@pytest.fixture
def slot():
    return ManualProcessingTime(100)


@pytest.fixture
def time(slot):
    return OperatorTime(slot)


def test_the_slot_fires(slot, time):
    fired: list[int] = []
    time.schedule(150, fired.append)
    slot.advance_to(200)
    assert fired == [150]
    time.fire_due()
    assert fired == [150]


def test_while_it_is_suspended_nothing_fires(slot, time):
    fired: list[int] = []
    time.schedule(150, fired.append)
    time.suspend(True)
    slot.advance_to(200)
    time.fire_due()
    assert fired == []
    time.suspend(False)
    slot.advance_to(201)
    assert fired == [150]


def test_the_keyed_edge_fires_what_the_slot_has_not(slot, time):
    fired: list[int] = []
    time.schedule(150, fired.append)
    time.schedule(120, fired.append)
    time.schedule(300, fired.append)
    slot._now = 200  # time has passed, and the slot was busy
    time.fire_due()
    assert fired == [120, 150]
    slot.advance_to(250)
    assert fired == [120, 150]
    slot.advance_to(300)
    assert fired == [120, 150, 300]


def test_a_cancelled_timer_fires_nowhere(slot, time):
    fired: list[int] = []
    time.schedule(150, fired.append)()
    slot._now = 200
    time.fire_due()
    slot.advance_to(300)
    assert fired == []
    assert time.now() == 300
