"""Recordings beside the tests that read them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("recorded", Path(__file__).parent / "recorded.py")
recorded = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorded)


def pytest_generate_tests(metafunc):
    if "recorded_type" in metafunc.fixturenames:
        metafunc.parametrize(
            ("recorded_type", "values", "lines"),
            list(recorded.RECORDED.values()),
            ids=list(recorded.RECORDED),
        )
    if "printed" in metafunc.fixturenames:
        metafunc.parametrize(
            ("identifier", "parallelism", "printed"),
            [(*key, line) for key, line in recorded.PREFIXES.items()],
        )
