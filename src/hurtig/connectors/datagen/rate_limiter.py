"""How fast generated records may pass. Pure logic, the time is an argument."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hurtig.common.errors import ProgramError

__all__ = ["RateLimiter", "RateLimiterStrategy"]

LONGEST_BURST = 0.01
"""Seconds' worth of records that may pass at once."""
TICK = 0.005
"""Shortest time between two wakeups, seconds."""
LARGEST_LAG = 1.0
"""Seconds of lost time that are made up for; what is beyond is forgotten."""


class RateLimiter(ABC):
    """Says how many records of one subtask may pass."""

    @abstractmethod
    def acquire(self, wanted: int, now: float) -> int:
        """How many of ``wanted`` records pass now (monotonic seconds)."""

    @abstractmethod
    def next_time(self, now: float) -> float | None:
        """When to ask again after too few passed; ``None``: not for reasons of time."""

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """A checkpoint is complete."""


class RateLimiterStrategy(ABC):
    """Makes the rate limiter of each subtask. Mirrors Flink's ``RateLimiterStrategy``."""

    @abstractmethod
    def create_rate_limiter(self, subtask_index: int, parallelism: int) -> RateLimiter:
        """The limiter of one subtask, which gets its share of the rate."""

    @staticmethod
    def per_second(records_per_second: float) -> RateLimiterStrategy:
        """So many records a second over all subtasks, evenly spaced."""
        return _PerSecond(records_per_second)

    @staticmethod
    def per_checkpoint(records_per_checkpoint: int) -> RateLimiterStrategy:
        """So many records between two checkpoints over all subtasks."""
        return _PerCheckpoint(records_per_checkpoint)

    @staticmethod
    def no_op() -> RateLimiterStrategy:
        """No limit."""
        return _NoOp()


class _NoOp(RateLimiterStrategy, RateLimiter):
    def create_rate_limiter(self, subtask_index: int, parallelism: int) -> RateLimiter:
        return self

    def acquire(self, wanted: int, now: float) -> int:
        return wanted

    def next_time(self, now: float) -> float | None:
        return None


class _PerSecond(RateLimiterStrategy):
    def __init__(self, rate: float) -> None:
        if not rate > 0:
            raise ProgramError(f"records per second must be above 0, got {rate!r}")
        self.rate = rate

    def create_rate_limiter(self, subtask_index: int, parallelism: int) -> RateLimiter:
        return PacedRateLimiter(self.rate / parallelism)


class _PerCheckpoint(RateLimiterStrategy):
    def __init__(self, records: int) -> None:
        if records < 1:
            raise ProgramError(f"records per checkpoint must be at least 1, got {records!r}")
        self.records = records

    def create_rate_limiter(self, subtask_index: int, parallelism: int) -> RateLimiter:
        if self.records < parallelism:
            raise ProgramError(
                f"{self.records} records per checkpoint are too few for parallelism "
                f"{parallelism}: each subtask needs at least one"
            )
        each, more = divmod(self.records, parallelism)
        return GatedRateLimiter(each + (subtask_index < more))


class PacedRateLimiter(RateLimiter):
    """Record number k is due k / rate seconds after the first.

    A reader that was held up catches up at twice the rate, never in one burst.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = max(1, int(rate * LONGEST_BURST))
        self._start: float | None = None
        self._passed = 0
        self._not_before = 0.0

    def acquire(self, wanted: int, now: float) -> int:
        if self._start is None:
            self._start = self._not_before = now
        lag = now - self._start - self._passed / self._rate
        if lag > LARGEST_LAG:
            self._start += lag - LARGEST_LAG
            lag = LARGEST_LAG
        # A due record must not wait because of a rounding error.
        due = int(lag * self._rate + 1e-6) + 1 if lag > -1e-9 else 0
        if now < self._not_before:
            return 0
        granted = min(wanted, due, self._burst)
        self._passed += granted
        self._not_before = now + granted / self._rate / 2
        return granted

    def next_time(self, now: float) -> float | None:
        if self._start is None:
            return now
        due = self._start + self._passed / self._rate
        if self._rate * TICK > 1:
            due = max(due, now + TICK)
        return max(due, self._not_before)


class GatedRateLimiter(RateLimiter):
    """So many records, then none until a checkpoint is complete."""

    def __init__(self, records: int) -> None:
        self._records = self._left = records

    def acquire(self, wanted: int, now: float) -> int:
        granted = min(wanted, self._left)
        self._left -= granted
        return granted

    def next_time(self, now: float) -> float | None:
        return None

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._left = self._records
