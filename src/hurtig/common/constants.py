"""Limits of a timestamp (``pyflink.common.constants``)."""

from __future__ import annotations

DEFAULT_OUTPUT_TAG = ""
"""Tag of the main output."""

MIN_LONG_VALUE = -(1 << 63)
"""Watermark before any other (milliseconds), and the timestamp of a record that has none."""

MAX_LONG_VALUE = (1 << 63) - 1
"""Watermark at the end of a bounded input (milliseconds)."""
