"""The local folder of this process for files that end with it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_directory: str | None = None
_owner = 0


def work_directory() -> str:
    """Created at the first call, removed when the process ends."""
    global _directory, _owner
    if _directory is None or _owner != os.getpid():
        _directory, _owner = tempfile.mkdtemp(prefix="hurtig-work-"), os.getpid()
        atexit.register(_remove, _directory, _owner)
    return _directory


def _remove(directory: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(directory, ignore_errors=True)


def use(directory: str) -> None:
    """Whoever made this folder for this process also removes it."""
    global _directory, _owner
    _directory, _owner = directory, os.getpid()
