"""Warnings that may come again and again."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = re.compile(r"\d+")


class OftenTold:
    """Passes a warning on the first time, and then after 10, 100, 1000 ... times. Those that
    differ in numbers only, such as ids, are one."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._counts: dict[str, int] = {}

    def tell(self, message: str) -> None:
        """It has happened again."""
        kind = _NUMBER.sub("#", message)
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count == 1:
            self._tell(message)
        elif str(count).strip("0") == "1":
            self._tell(f"{message}\n(so far {count} times)")
