"""Lengths of time and instants (``pyflink.common.time``)."""

from __future__ import annotations

import datetime

__all__ = ["Duration", "Instant", "Time", "to_millis"]


class Duration:
    """A length of time in nanoseconds, as ``java.time.Duration``; immutable, hashable, ordered."""

    __slots__ = ("_nanos",)

    def __init__(self, nanos: int) -> None:
        self._nanos = nanos

    @staticmethod
    def of_days(days: int) -> Duration:
        """A duration of so many days of 24 hours."""
        return Duration(_scaled(days, 86_400_000_000_000))

    @staticmethod
    def of_hours(hours: int) -> Duration:
        """A duration of so many hours."""
        return Duration(_scaled(hours, 3_600_000_000_000))

    @staticmethod
    def of_millis(millis: int) -> Duration:
        """A duration of so many milliseconds."""
        return Duration(_scaled(millis, 1_000_000))

    @staticmethod
    def of_minutes(minutes: int) -> Duration:
        """A duration of so many minutes."""
        return Duration(_scaled(minutes, 60_000_000_000))

    @staticmethod
    def of_nanos(nanos: int) -> Duration:
        """A duration of so many nanoseconds."""
        return Duration(_scaled(nanos, 1))

    @staticmethod
    def of_seconds(seconds: int) -> Duration:
        """A duration of so many seconds."""
        return Duration(_scaled(seconds, 1_000_000_000))

    def to_millis(self) -> int:
        """Whole milliseconds, rounded down."""
        return self._nanos // 1_000_000

    def to_nanos(self) -> int:
        """All of it in nanoseconds."""
        return self._nanos

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self._nanos == other._nanos

    def __lt__(self, other: object) -> bool:
        return self._nanos < other._nanos if isinstance(other, Duration) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._nanos <= other._nanos if isinstance(other, Duration) else NotImplemented

    def __hash__(self) -> int:
        return hash((Duration, self._nanos))

    def __reduce__(self) -> tuple[type[Duration], tuple[int]]:
        return Duration, (self._nanos,)

    def __repr__(self) -> str:
        if self._nanos % 1_000_000:
            return f"Duration({self._nanos} ns)"
        return f"Duration({self._nanos // 1_000_000} ms)"


class Instant:
    """A point in time: seconds since the epoch (UTC) and the nanoseconds within that second."""

    __slots__ = ("nanos", "seconds")

    def __init__(self, seconds: int, nanos: int) -> None:
        self.seconds = seconds
        self.nanos = nanos

    def to_epoch_milli(self) -> int:
        """Milliseconds since the epoch, rounded down, also before 1970."""
        return self.seconds * 1000 + self.nanos // 1_000_000

    @staticmethod
    def of_epoch_milli(epoch_milli: int) -> Instant:
        """The instant so many milliseconds after the epoch."""
        seconds, millis = divmod(epoch_milli, 1000)
        return Instant(seconds, millis * 1_000_000)

    def _key(self) -> tuple[int, int]:
        return self.seconds, self.nanos

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and self._key() == other._key()

    def __lt__(self, other: object) -> bool:
        return self._key() < other._key() if isinstance(other, Instant) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._key() <= other._key() if isinstance(other, Instant) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.seconds, self.nanos))

    def __reduce__(self) -> tuple[type[Instant], tuple[int, int]]:
        return Instant, (self.seconds, self.nanos)

    def __repr__(self) -> str:
        return f"Instant<{self.seconds}, {self.nanos}>"


class Time:
    """A length of time in milliseconds, the older class that window assigners take."""

    __slots__ = ("_milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def to_milliseconds(self) -> int:
        """The length in milliseconds."""
        return self._milliseconds

    @staticmethod
    def milliseconds(milliseconds: int) -> Time:
        """So many milliseconds."""
        return Time(_scaled(milliseconds, 1, "Time"))

    @staticmethod
    def seconds(seconds: int) -> Time:
        """So many seconds."""
        return Time(_scaled(seconds, 1000, "Time"))

    @staticmethod
    def minutes(minutes: int) -> Time:
        """So many minutes."""
        return Time(_scaled(minutes, 60_000, "Time"))

    @staticmethod
    def hours(hours: int) -> Time:
        """So many hours."""
        return Time(_scaled(hours, 3_600_000, "Time"))

    @staticmethod
    def days(days: int) -> Time:
        """So many days of 24 hours."""
        return Time(_scaled(days, 86_400_000, "Time"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self._milliseconds == other._milliseconds

    def __hash__(self) -> int:
        return hash((Time, self._milliseconds))

    def __reduce__(self) -> tuple[type[Time], tuple[int]]:
        return Time, (self._milliseconds,)

    def __str__(self) -> str:
        return f"{self._milliseconds} ms"

    def __repr__(self) -> str:
        return f"Time({self._milliseconds} ms)"


def to_millis(length: object, what: str = "a length of time") -> int:
    """Whole milliseconds of a Duration, a Time, a timedelta or a number of milliseconds.

    ``what`` names the setting in the TypeError that any other value gets.
    """
    if isinstance(length, bool):
        pass
    elif isinstance(length, int):
        return length
    elif isinstance(length, Duration):
        return length.to_millis()
    elif isinstance(length, Time):
        return int(length.to_milliseconds())
    elif isinstance(length, datetime.timedelta):
        return length // datetime.timedelta(milliseconds=1)
    elif isinstance(length, float) and length == length and abs(length) != float("inf"):
        return int(length)
    raise TypeError(
        f"{what} must be a Duration, a Time, a datetime.timedelta or a number of milliseconds, "
        f"got {length!r} ({type(length).__name__}); write for example Duration.of_seconds(5)"
    )


def _scaled(amount: float, unit: int, what: str = "Duration") -> int:
    if isinstance(amount, int):
        return amount * unit
    if isinstance(amount, float):  # PyFlink refuses fractions; the meaning is plain.
        return round(amount * unit)
    raise TypeError(f"a {what} is made of a number, got {amount!r} ({type(amount).__name__})")
