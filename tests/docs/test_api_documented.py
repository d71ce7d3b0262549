"""Every public method and name is in some page, and docs/api.md is as the docstrings are."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from inspect import isroutine
from pathlib import Path

import pytest

from hurtig.datastream import (
    AllWindowedStream,
    ConnectedStreams,
    DataStream,
    KeyedStream,
    StreamExecutionEnvironment,
    WindowedStream,
)

ROOT = Path(__file__).resolve().parents[2]
PAGES = "\n".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
WORDS = frozenset(re.findall(r"\w+", PAGES))

STREAMS = (
    StreamExecutionEnvironment,
    DataStream,
    KeyedStream,
    WindowedStream,
    AllWindowedStream,
    ConnectedStreams,
)
MODULES = (
    "hurtig.datastream",
    "hurtig.datastream.connectors",
    "hurtig.datastream.connectors.file_system",
    "hurtig.datastream.state",
    "hurtig.datastream.window",
    "hurtig.testing",
)


@pytest.mark.parametrize("cls", STREAMS, ids=lambda cls: cls.__name__)
def test_methods_are_documented(cls: type) -> None:
    public = [name for name in dir(cls) if not name.startswith("_")]
    missing = [n for n in public if isroutine(getattr(cls, n)) and n not in WORDS]
    assert not missing, f"no page mentions these methods of {cls.__name__}: {missing}"


@pytest.mark.parametrize("module", MODULES)
def test_names_are_documented(module: str) -> None:
    missing = [name for name in import_module(module).__all__ if name not in WORDS]
    assert not missing, f"no page mentions these names of {module}: {missing}"


@pytest.mark.parametrize("cls", STREAMS, ids=lambda cls: cls.__name__)
def test_methods_have_docstrings(cls: type) -> None:
    public = [getattr(cls, name) for name in dir(cls) if not name.startswith("_")]
    missing = [m.__name__ for m in public if isroutine(m) and not m.__doc__]
    assert not missing, f"{cls.__name__} has methods without a docstring: {missing}"


def test_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate_api.py"), "--check"]
    done = subprocess.run(command, check=False)
    assert done.returncode == 0, "run: python docs/generate_api.py"
