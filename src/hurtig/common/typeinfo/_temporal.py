"""Dates, times of day and timestamps."""

from __future__ import annotations

import datetime
from enum import Enum
from typing import Any

from hurtig.common.typeinfo._base import TypeInformation

_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)


class DateTypeInfo(TypeInformation):
    """``datetime.date``; its internal form is days since 1970-01-01."""

    EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()

    def __init__(self) -> None:
        super().__init__()

    def need_conversion(self) -> bool:
        """Always true."""
        return True

    def to_internal_type(self, d: datetime.date | None) -> int | None:
        """Days since the epoch."""
        return None if d is None else d.toordinal() - self.EPOCH_ORDINAL

    def from_internal_type(self, v: int | None) -> datetime.date | None:
        """The date so many days after the epoch."""
        return None if v is None else datetime.date.fromordinal(v + self.EPOCH_ORDINAL)

    def __eq__(self, o: object) -> bool:
        return super().__eq__(o)

    __hash__ = TypeInformation.__hash__


class TimeTypeInfo(TypeInformation):
    """``datetime.time``; its internal form is microseconds since midnight."""

    EPOCH_ORDINAL = 0

    def need_conversion(self) -> bool:
        """Always true."""
        return True

    def to_internal_type(self, t: datetime.time | None) -> int | None:
        """Microseconds since midnight; of an aware time, since midnight UTC."""
        if t is None:
            return None
        offset = t.utcoffset()
        seconds = t.hour * 3600 + t.minute * 60 + t.second
        micros = seconds * 1_000_000 + t.microsecond
        return micros if offset is None else micros - offset // _MICROSECOND

    def from_internal_type(self, t: int | None) -> datetime.time | None:
        """The time so many microseconds after midnight."""
        if t is None:
            return None
        seconds, micros = divmod(t, 1_000_000)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        return datetime.time(hours, minute, second, micros)

    def __eq__(self, o: object) -> bool:
        return super().__eq__(o)

    __hash__ = TypeInformation.__hash__


class TimestampTypeInfo(TypeInformation):
    """``datetime.datetime`` without zone; its internal form is microseconds since the epoch."""

    def need_conversion(self) -> bool:
        """Always true."""
        return True

    def to_internal_type(self, dt: datetime.datetime | None) -> int | None:
        """Microseconds since 1970-01-01 of the wall clock; an aware value is taken to UTC first."""
        if dt is None:
            return None
        if dt.tzinfo is not None:
            dt = dt.astimezone(datetime.UTC).replace(tzinfo=None)
        return (dt - _EPOCH) // _MICROSECOND

    def from_internal_type(self, ts: int | None) -> datetime.datetime | None:
        """The timestamp so many microseconds after the epoch."""
        return None if ts is None else _EPOCH + datetime.timedelta(microseconds=ts)

    def __eq__(self, o: object) -> bool:
        return super().__eq__(o)

    __hash__ = TypeInformation.__hash__


class SqlTimeTypeInfo(TypeInformation):
    """Makes the three types of ``java.sql``."""

    @staticmethod
    def DATE() -> DateTypeInfo:  # noqa: N802
        """``datetime.date``."""
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:  # noqa: N802
        """``datetime.time``."""
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:  # noqa: N802
        """``datetime.datetime``."""
        return TimestampTypeInfo()


class LocalTimeTypeInfo(TypeInformation):
    """Local date, time or date-time of ``java.time``, as Table columns have them."""

    class TimeType(Enum):
        """Which of the three."""

        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: TimeType) -> None:
        super().__init__()
        self._time_type = time_type

    def _key(self) -> tuple[Any, ...]:
        return (self._time_type,)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = TypeInformation.__hash__

    def __repr__(self) -> str:
        return f"LocalTimeTypeInfo<{self._time_type.name}>"
