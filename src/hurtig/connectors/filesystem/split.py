"""FileSourceSplit: a file or a part of it, with the position of its reader."""

from __future__ import annotations

from typing import NamedTuple

from hurtig.formats.contract import Position


class FileSourceSplit(NamedTuple):
    """The bytes from ``start`` up to ``end`` (``None``: the end of the file) of ``path``."""

    split_id: str
    path: str
    start: int = 0
    end: int | None = None
    position: Position | None = None
