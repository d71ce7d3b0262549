"""Dates and times as SQL text and as RFC 3339 text."""

from __future__ import annotations

import datetime
import re
from typing import Any

_SQL_TIMESTAMP = re.compile(r"\d{1,4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,9})?\Z")


def sql_timestamp(text: str) -> datetime.datetime:
    """``yyyy-mm-dd hh:mm:ss[.fffffffff]``; digits below a microsecond are dropped."""
    text = text.strip()
    if not _SQL_TIMESTAMP.match(text):
        raise ValueError(f"a timestamp is written yyyy-mm-dd hh:mm:ss[.ffffff], got {text!r}")
    whole, _, fraction = text.partition(".")
    value = datetime.datetime.strptime(whole, "%Y-%m-%d %H:%M:%S")
    return value.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else value


def render_sql_timestamp(value: datetime.datetime) -> str:
    """As ``java.sql.Timestamp`` prints it: always with a fraction, without trailing zeros."""
    fraction = f"{value.microsecond:06d}".rstrip("0") or "0"
    return f"{value:%Y-%m-%d %H:%M:%S}.{fraction}"


def sql_time(text: str) -> datetime.time:
    """``hh:mm:ss``."""
    return datetime.time.fromisoformat(text.strip())


def sql_date(text: str) -> datetime.date:
    """``yyyy-mm-dd``."""
    return datetime.date.fromisoformat(text.strip())


def rfc_timestamp(text: str) -> datetime.datetime:
    """``yyyy-mm-ddThh:mm:ss[.fff]Z`` or with an offset; the wall clock in UTC."""
    value = datetime.datetime.fromisoformat(text.strip())
    if value.tzinfo is None or "T" not in text.upper():
        raise ValueError(f"a timestamp is written like 2020-01-31T12:00:00Z, got {text!r}")
    return value.astimezone(datetime.UTC).replace(tzinfo=None)


def render_rfc_timestamp(value: Any) -> str:
    """RFC 3339 in UTC; a value without zone is taken as UTC."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    if not value.microsecond:
        return f"{value.isoformat()}Z"
    digits = 3 if value.microsecond % 1000 == 0 else 6
    return f"{value.isoformat(timespec='milliseconds' if digits == 3 else 'microseconds')}Z"


def rfc_time(text: str) -> datetime.time:
    """``hh:mm:ssZ``, a time in UTC."""
    text = text.strip()
    if not text.endswith("Z"):
        raise ValueError(f"a time is written like 12:00:00Z, got {text!r}")
    return datetime.time.fromisoformat(text[:-1])
