"""Says why there is no output: names what holds a watermark that somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hurtig.common.time_text import format_time
from hurtig.operators.contract import StreamOperator
from hurtig.operators.processing_time import ProcessingTimeService
from hurtig.runtime.task import Task

PATIENCE_MS = 30_000
INTERVAL_MS = 5_000


class WatermarkWatch:
    """Looks at all operators every few seconds; warns once per stall of an operator.

    An operator stalls when it has timers or windows to fire and its watermark has not moved for
    ``patience_ms``.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        time: ProcessingTimeService,
        warn: Callable[[str, str], None],
        patience_ms: int = PATIENCE_MS,
    ) -> None:
        self._tasks = tasks
        self._time = time
        self._warn = warn
        self._patience_ms = patience_ms
        self._interval_ms = min(INTERVAL_MS, patience_ms)
        self._seen: dict[int, tuple[int, int]] = {}
        self._warned: set[int] = set()

    def start(self) -> None:
        """Begin to look, in the slot's thread."""
        self._time.schedule(self._time.now() + self._interval_ms, self._look)

    def _look(self, _: int) -> None:
        now = self._time.now()
        for task in self._tasks:
            if not task.finished:
                for operator in task.operators:
                    self._look_at(operator, now)
        self.start()

    def _look_at(self, operator: StreamOperator, now: int) -> None:
        waiting_for = operator.waiting_for()
        key, watermark = id(operator), operator.current_watermark
        seen = self._seen.get(key)
        if waiting_for is None or seen is None or seen[0] != watermark:
            self._seen[key] = (watermark, now)
            self._warned.discard(key)
        elif now - seen[1] >= self._patience_ms and key not in self._warned:
            self._warned.add(key)
            seconds = (now - seen[1]) // 1000
            self._warn(
                operator.context.name,
                f"has results waiting for event time {format_time(waiting_for)}, but its watermark "
                f"({format_time(watermark)}) has not moved for {seconds} s. " + self.explain(),
            )

    def explain(self) -> str:
        """What every operator that makes or merges watermarks says of its own."""
        said = [
            f"{operator.context.name!r} {text}."
            for task in self._tasks
            if not task.finished
            for operator in task.operators
            if (text := operator.explain_watermark()) is not None
        ]
        return " ".join(said)
