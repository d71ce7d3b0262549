"""Watermark alignment."""

from __future__ import annotations

from hurtig.jobmanager.alignment import WatermarkAlignment
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP


def test_nobody_waits_before_all_have_a_watermark():
    group = WatermarkAlignment(10)
    assert group.limit() == MAX_TIMESTAMP
    group.report("a", 100)
    group.report("b", MIN_TIMESTAMP)
    assert group.limit() == MAX_TIMESTAMP


def test_the_slowest_sets_the_limit():
    group = WatermarkAlignment(10)
    group.report("a", 100)
    group.report("b", 50)
    assert group.limit() == 60
    group.report("b", 95)
    assert group.limit() == 105


def test_who_has_ended_does_not_count():
    group = WatermarkAlignment(10)
    group.report("a", 100)
    group.report("b", 50)
    group.report("b", MAX_TIMESTAMP)
    assert group.limit() == 110
    group.report("a", MAX_TIMESTAMP)
    assert group.limit() == MAX_TIMESTAMP
