"""docs/configuration.md lists the options as hurtig has them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate_options.py"), "--check"]
    done = subprocess.run(command, check=False)
    assert done.returncode == 0, "run: python docs/generate_options.py"
