"""``python -m hurtig job.py`` and ``python -m hurtig COMMAND ...``."""

from __future__ import annotations

import sys

from hurtig.cli.main import main_of_module

if __name__ == "__main__":
    sys.exit(main_of_module())
