"""An incremental snapshot of keyed state: files in a local folder that never change again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class FilesSnapshot:
    """What a backend that keeps its state in files gives for a checkpoint.

    ``directory``  local folder with the files; nobody writes to it any more.
    ``shared``     names of files (below ``directory``) that never change and that later snapshots
                   of this backend name again while they need them: uploaded once.
    ``own``        names of small files that belong to this snapshot alone.
    ``header``     JSON data: all that is needed to read them, and the states (see ``StateMeta``).
    ``release``    called once the files are uploaded, or not wanted; may be called twice.

    For a restore the files have been downloaded to ``directory`` under the same names; the
    backend may take them over (link or move).
    """

    __slots__ = ("directory", "header", "own", "release", "shared")

    def __init__(
        self,
        directory: str,
        shared: list[str],
        own: list[str],
        header: dict[str, Any],
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.directory = directory
        self.shared = shared
        self.own = own
        self.header = header
        self.release = release
