"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import pytest
from tests.checkpoint_e2e.jobs import Gate

from hurtig.runtime import batch_limit


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job over some thousand records takes many rounds."""
    monkeypatch.setattr(batch_limit, "MAX_RECORDS", 4)


@pytest.fixture(autouse=True)
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is slowed down where the test does not say so."""
    monkeypatch.setattr(Gate, "quick", 10**9)
