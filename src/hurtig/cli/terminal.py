"""Standard output that makes room for itself where a status line shares the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LineGuard"]


class LineGuard:
    """Stands in for a text stream: calls ``make_room`` before each write.

    ``stream``         the stream it stands for
    ``at_line_start``  whether the text written so far ends with a line break
    """

    def __init__(self, stream: TextIO, make_room: Callable[[], None]) -> None:
        self.stream = stream
        self.at_line_start = True
        self._make_room = make_room

    def write(self, text: str) -> int:
        if not text:
            return 0
        # First, so that the line is not drawn again between making room and writing.
        self.at_line_start = False
        self._make_room()
        written = self.stream.write(text)
        self.at_line_start = text.endswith("\n")
        return written

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
