"""The harness of the window tests: records are (value, timestamp, key)."""

from __future__ import annotations

from typing import Any, Self

from hurtig.testing import OperatorHarness


class Harness(OperatorHarness):
    def __init__(self, operator: Any, now: int = 0, **options: Any) -> None:
        super().__init__(
            operator, lambda value: value, processing_time=now, name="window", **options
        )

    def send(self, *records: tuple[Any, int | None, Any]) -> Self:
        """One batch of (value, timestamp, key)."""
        values, times, keys = zip(*records, strict=True)
        return self.process_elements(values, None if None in times else times, keys=keys)

    def is_empty(self) -> bool:
        """Whether no state and no timer is left."""
        timers = self.num_event_time_timers + self.num_processing_time_timers
        return self.num_state_entries + timers == 0
