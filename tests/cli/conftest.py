from __future__ import annotations

from textwrap import dedent

import pytest


@pytest.fixture
def hurtig_run(run_python, tmp_path):
    """Writes ``job.py`` and runs it: ``hurtig_run(code, *options, arguments=[...])``."""

    def run(code: str, *options: str, arguments: tuple[str, ...] = (), **env: str):
        (tmp_path / "job.py").write_text(dedent(code))
        return run_python("-m", "hurtig", "run", *options, "job.py", *arguments, env=env)

    return run
