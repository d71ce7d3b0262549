"""Watermark strategies and timestamp assigners (``pyflink.common.watermark_strategy``)."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, cast

from hurtig.common.time import Duration, to_millis
from hurtig.common.watermark_generators import (
    AscendingTimestamps,
    BoundedOutOfOrdernessWatermarks,
    Clock,
    NoWatermarks,
    WatermarkGenerator,
    WatermarkOutput,
    WatermarksWithIdleness,
)

__all__ = [
    "AssignerWithPeriodicWatermarksWrapper",
    "Duration",
    "TimestampAssigner",
    "WatermarkGenerator",
    "WatermarkOutput",
    "WatermarkStrategy",
]

_DEFAULT_ALIGNMENT_INTERVAL_MS = 1000


class TimestampAssigner(ABC):
    """Gives each record its event time."""

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """The timestamp of ``value`` in epoch ms.

        ``record_timestamp`` is the one it has already, from the source, or the smallest long.
        """


class _FunctionAssigner(TimestampAssigner):
    def __init__(self, function: Callable[[Any, int], int]) -> None:
        self._function = function

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return self._function(value, record_timestamp)


class WatermarkStrategy:
    """How a stream gets timestamps and watermarks. Mirrors Flink's ``WatermarkStrategy``.

    ``timestamp_assigner``  the assigner, or None: the source's timestamps stay
    ``idle_timeout_ms``     time without records after which the stream is idle, or None
    ``alignment``           ``(group, max drift ms, update interval ms)``, or None
    """

    def __init__(self, generator_supplier: Callable[[], WatermarkGenerator] = NoWatermarks) -> None:
        self._generator_supplier = generator_supplier
        self.timestamp_assigner: TimestampAssigner | None = None
        self.idle_timeout_ms: int | None = None
        self.alignment: tuple[str, int, int] | None = None

    @staticmethod
    def for_monotonous_timestamps() -> WatermarkStrategy:
        """For timestamps that never go back (within one split or partition)."""
        return WatermarkStrategy(AscendingTimestamps)

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Any) -> WatermarkStrategy:
        """For records that are late by no more than a Duration, a Time or so many milliseconds."""
        bound = to_millis(max_out_of_orderness, "max_out_of_orderness")
        return WatermarkStrategy(_BoundedSupplier(bound))

    @staticmethod
    def no_watermarks() -> WatermarkStrategy:
        """No watermarks at all, for programs without event time."""
        return WatermarkStrategy(NoWatermarks)

    @staticmethod
    def for_generator(supplier: Callable[[], WatermarkGenerator]) -> WatermarkStrategy:
        """Watermarks from generators of the program's own; ``supplier()`` makes one per split.

        Flink's Java API has this, PyFlink does not.
        """
        if not callable(supplier):
            raise TypeError(
                "for_generator takes a function without arguments that makes a WatermarkGenerator, "
                f"for example its class; got {supplier!r}"
            )
        return WatermarkStrategy(supplier)

    def with_timestamp_assigner(
        self, timestamp_assigner: TimestampAssigner | Callable[[Any, int], int]
    ) -> WatermarkStrategy:
        """Sets the assigner, or a function ``(value, record_timestamp) -> epoch ms``.

        Changes this strategy and returns it, as PyFlink does.
        """
        if hasattr(timestamp_assigner, "extract_timestamp"):
            self.timestamp_assigner = cast(TimestampAssigner, timestamp_assigner)
        elif callable(timestamp_assigner):
            self.timestamp_assigner = _FunctionAssigner(timestamp_assigner)
        else:
            raise TypeError(
                "with_timestamp_assigner takes a TimestampAssigner or a function of value and "
                f"record timestamp, got {timestamp_assigner!r}"
            )
        return self

    def with_idleness(self, idle_timeout: Any) -> WatermarkStrategy:
        """A copy in which a stream without records for that long no longer holds others back."""
        timeout = to_millis(idle_timeout, "idle_timeout")
        if timeout <= 0:
            raise ValueError(f"idle_timeout must be positive, got {timeout} ms")
        strategy = self._copy()
        strategy.idle_timeout_ms = timeout
        return strategy

    def with_watermark_alignment(
        self,
        watermark_group: str,
        max_allowed_watermark_drift: Any,
        update_interval: Any = None,
    ) -> WatermarkStrategy:
        """A copy whose sources pause when they are ahead of the group by more than the drift.

        ``update_interval`` is how often the group compares, one second where not given.
        """
        drift = to_millis(max_allowed_watermark_drift, "max_allowed_watermark_drift")
        interval = _DEFAULT_ALIGNMENT_INTERVAL_MS
        if update_interval is not None:
            interval = to_millis(update_interval, "update_interval")
        if drift < 0 or interval <= 0:
            raise ValueError(
                "watermark alignment needs a drift that is not negative and a positive interval, "
                f"got {drift} ms and {interval} ms"
            )
        strategy = self._copy()
        strategy.alignment = (watermark_group, drift, interval)
        return strategy

    def create_generator(self, clock: Clock | None = None) -> WatermarkGenerator:
        """A new generator, with idleness where the strategy has it.

        ``clock`` gives milliseconds; the system's monotonic clock where not given.
        """
        generator = self._generator_supplier()
        if self.idle_timeout_ms is None:
            return generator
        return WatermarksWithIdleness(generator, self.idle_timeout_ms, clock or _monotonic_ms)

    def _copy(self) -> WatermarkStrategy:
        copy = WatermarkStrategy(self._generator_supplier)
        copy.__dict__.update(self.__dict__)
        return copy


class AssignerWithPeriodicWatermarksWrapper(WatermarkGenerator, TimestampAssigner):
    """The older contract, one object for timestamps and watermarks, as generator and assigner.

    ``assigner`` has ``extract_timestamp(value, record_timestamp)`` and ``get_current_watermark()``,
    which gives epoch ms or None.
    """

    def __init__(self, assigner: Any) -> None:
        self._assigner = assigner

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """The assigner's timestamp."""
        return int(self._assigner.extract_timestamp(value, record_timestamp))

    def on_event(self, event: Any, timestamp: int, output: WatermarkOutput) -> None:
        """Does nothing: the assigner has seen the record when it gave the timestamp."""
        return

    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Emits the assigner's current watermark."""
        watermark = self._assigner.get_current_watermark()
        if watermark is not None:
            output.emit_watermark(getattr(watermark, "timestamp", watermark))


class _BoundedSupplier:
    """A class and not a lambda, so that strategies can be pickled."""

    def __init__(self, bound_ms: int) -> None:
        BoundedOutOfOrdernessWatermarks(bound_ms)  # refuses a negative bound at once
        self._bound_ms = bound_ms

    def __call__(self) -> WatermarkGenerator:
        return BoundedOutOfOrdernessWatermarks(self._bound_ms)


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
