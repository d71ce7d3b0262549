"""A sink that keeps nothing."""

from __future__ import annotations

import pickle

from hurtig.connectors.discarding.sink import DiscardingSink


def test_takes_everything_and_commits_nothing(write_to):
    driver = write_to(pickle.loads(pickle.dumps(DiscardingSink())))
    driver.write(1, None, "a")
    driver.writer.flush(end_of_input=True)
    assert driver.writer.prepare_commit() == []
    assert driver.writer.snapshot_state(1) == []
