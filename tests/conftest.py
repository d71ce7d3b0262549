"""Fixtures for all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    RunPython = Callable[..., subprocess.CompletedProcess[str]]


# How long an example takes says something about the machine, not about the code.
settings.register_profile("hurtig", deadline=None)
settings.load_profile("hurtig")


@pytest.fixture(autouse=True)
def no_configuration_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own configuration stays out of the tests."""
    monkeypatch.delenv("HURTIG_CONF_DIR", raising=False)


@pytest.fixture(autouse=True)
def jobs_run_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests look at what functions do to objects of theirs, at whatever parallelism; those of
    worker processes set the target themselves."""
    from hurtig.common import global_configuration

    monkeypatch.setattr(global_configuration, "_set", {"execution.target": "local"})


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Runs a fresh interpreter in ``tmp_path``: ``run_python("-c", code, env={...})``."""

    def run(*arguments: str, env: dict[str, str] | None = None, check: bool = False):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=os.environ | (env or {}),
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
