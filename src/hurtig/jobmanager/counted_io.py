"""An I/O executor that knows when nothing is under way any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hurtig.checkpoint.environment import IoExecutor


class CountedIo:
    """Passes work on; :meth:`when_idle` waits for all of it, and for what its results start."""

    def __init__(self, io: IoExecutor) -> None:
        self._io = io
        self._under_way = 0
        self._waiting: list[Callable[[], None]] = []

    def run(
        self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        """As the executor does."""
        self._under_way += 1

        def ended(result: Any, error: BaseException | None) -> None:
            try:
                done(result, error)
            finally:
                self._under_way -= 1
                self._tell_idle()

        self._io.run(work, ended)

    def when_idle(self, action: Callable[[], None]) -> None:
        """Call it once nothing is under way: perhaps at once."""
        self._waiting.append(action)
        self._tell_idle()

    def _tell_idle(self) -> None:
        while not self._under_way and self._waiting:
            self._waiting.pop(0)()
