"""Settings of the garbage collector."""

from __future__ import annotations

import gc

from hurtig.deploy import garbage


def test_nested_jobs_restore_once():
    before = gc.get_threshold()
    garbage.tune()
    assert gc.get_threshold() == garbage.THRESHOLDS
    garbage.tune()
    garbage.restore()
    assert gc.get_threshold() == garbage.THRESHOLDS
    garbage.restore()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
