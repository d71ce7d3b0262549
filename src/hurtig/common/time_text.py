"""Event time as people read it, for messages."""

from __future__ import annotations

import time

from hurtig.common.constants import MAX_LONG_VALUE, MIN_LONG_VALUE


def format_time(timestamp: int) -> str:
    """A timestamp or watermark (epoch ms) as UTC text."""
    if timestamp <= MIN_LONG_VALUE:
        return "no watermark yet"
    if timestamp >= MAX_LONG_VALUE:
        return "the end of its input"
    try:
        seconds, millis = divmod(timestamp, 1000)
        text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{timestamp} ms"
    return f"{text}.{millis:03d} UTC"
