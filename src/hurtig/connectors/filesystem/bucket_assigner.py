"""Bucket assigners: the directory below the base path into which a record goes."""

from __future__ import annotations

from typing import Any

from hurtig.connectors.filesystem.date_pattern import Render, java_date_format


class BucketContext:
    """What an assigner may know beside the record; times are epoch ms."""

    __slots__ = ("_now", "_timestamp", "_watermark")

    def __init__(self, now: int, watermark: int, timestamp: int | None = None) -> None:
        self._now = now
        self._watermark = watermark
        self._timestamp = timestamp

    def current_processing_time(self) -> int:
        """The clock."""
        return self._now

    def current_watermark(self) -> int:
        """The watermark of the sink."""
        return self._watermark

    def timestamp(self) -> int | None:
        """The record's event time, ``None`` where it has none."""
        return self._timestamp


class BucketAssigner:
    """Subclass it and override :meth:`get_bucket_id`. Mirrors Flink's ``BucketAssigner``."""

    def get_bucket_id(self, element: Any, context: BucketContext) -> str:
        """A relative path, such as ``2024-01-31/eu``; empty for the base path itself."""
        raise NotImplementedError(f"{type(self).__name__} must override get_bucket_id()")

    def common_bucket_id(self, context: BucketContext) -> str | None:
        """The bucket of every record at this moment, where it does not depend on the record."""
        return None

    @staticmethod
    def base_path_bucket_assigner() -> BucketAssigner:
        """Everything directly into the base path."""
        return BasePathBucketAssigner()

    @staticmethod
    def date_time_bucket_assigner(
        format_str: str = "yyyy-MM-dd--HH", timezone_id: str | None = None
    ) -> BucketAssigner:
        """A directory named after the processing time.

        ``format_str`` is a Java date pattern, ``timezone_id`` such as ``Europe/Berlin``; the
        machine's own zone by default.
        """
        return DateTimeBucketAssigner(format_str, timezone_id)


class BasePathBucketAssigner(BucketAssigner):
    """No buckets."""

    def get_bucket_id(self, element: Any, context: BucketContext) -> str:
        """The base path."""
        return ""

    def common_bucket_id(self, context: BucketContext) -> str:
        """The base path."""
        return ""


class DateTimeBucketAssigner(BucketAssigner):
    """Buckets by processing time."""

    def __init__(self, format_str: str = "yyyy-MM-dd--HH", timezone_id: str | None = None) -> None:
        self._format_str = format_str
        self._timezone_id = timezone_id
        self._prepare()

    def _prepare(self) -> None:
        self._render: Render = java_date_format(self._format_str)
        self._zone = None
        if self._timezone_id is not None:
            from zoneinfo import ZoneInfo

            try:
                self._zone = ZoneInfo(self._timezone_id)
            except (KeyError, ValueError, OSError):
                raise ValueError(
                    f"unknown time zone {self._timezone_id!r}; use for example 'Europe/Berlin'"
                ) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._format_str, self._timezone_id)

    def get_bucket_id(self, element: Any, context: BucketContext) -> str:
        """The formatted clock."""
        return self.common_bucket_id(context)

    def common_bucket_id(self, context: BucketContext) -> str:
        """The formatted clock."""
        from datetime import UTC, datetime

        moment = datetime.fromtimestamp(context.current_processing_time() / 1000, UTC)
        return self._render(moment.astimezone(self._zone))
