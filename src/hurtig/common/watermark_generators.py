"""Watermark generators: how a stream of timestamps becomes watermarks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from hurtig.common.constants import MIN_LONG_VALUE

__all__ = [
    "AscendingTimestamps",
    "BoundedOutOfOrdernessWatermarks",
    "NoWatermarks",
    "WatermarkGenerator",
    "WatermarkOutput",
    "WatermarksWithIdleness",
]

Clock = Callable[[], int]
"""Gives the time in milliseconds; only differences count."""


class WatermarkOutput(ABC):
    """Where a generator says how far event time has come. Mirrors Flink's ``WatermarkOutput``."""

    @abstractmethod
    def emit_watermark(self, watermark: int) -> None:
        """No record with this timestamp (epoch ms) or an earlier one is expected any more.

        Makes the output active. A watermark that is not larger than the last one has no effect.
        """

    @abstractmethod
    def mark_idle(self) -> None:
        """Downstream operators stop waiting for watermarks of this output."""

    @abstractmethod
    def mark_active(self) -> None:
        """Downstream operators wait for watermarks of this output again."""


class WatermarkGenerator(ABC):
    """Makes watermarks from records. Mirrors Flink's ``WatermarkGenerator``.

    A generator that only needs the timestamps of a batch may also have
    ``on_batch(values, timestamps)``: it is then called once per batch in place of ``on_event``
    once per record, and emits in ``on_periodic_emit`` alone.
    """

    @abstractmethod
    def on_event(self, event: Any, timestamp: int, output: WatermarkOutput) -> None:
        """Called for every record with its timestamp (epoch ms); may emit a watermark."""

    @abstractmethod
    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Called every ``pipeline.auto-watermark-interval``; may emit a watermark."""


class BoundedOutOfOrdernessWatermarks(WatermarkGenerator):
    """Watermark = largest timestamp so far - bound - 1 ms."""

    __slots__ = ("_max_timestamp", "_out_of_orderness_ms")

    def __init__(self, out_of_orderness_ms: int) -> None:
        if out_of_orderness_ms < 0:
            raise ValueError(
                f"the bound of the out-of-orderness must not be negative, got "
                f"{out_of_orderness_ms} ms"
            )
        self._out_of_orderness_ms = out_of_orderness_ms
        # So that the first watermark is the smallest one and does not underflow.
        self._max_timestamp = MIN_LONG_VALUE + out_of_orderness_ms + 1

    def on_event(self, event: Any, timestamp: int, output: WatermarkOutput) -> None:
        """Notes the timestamp."""
        if timestamp > self._max_timestamp:
            self._max_timestamp = timestamp

    def on_batch(self, values: Sequence[Any], timestamps: Sequence[int] | None) -> None:
        """Notes the largest timestamp of a batch; None where no record has one."""
        if timestamps:
            largest = max(timestamps)
            if largest > self._max_timestamp:
                self._max_timestamp = largest

    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Emits the watermark that the timestamps so far allow."""
        output.emit_watermark(self._max_timestamp - self._out_of_orderness_ms - 1)


class AscendingTimestamps(BoundedOutOfOrdernessWatermarks):
    """For timestamps that never go back: watermark = last timestamp - 1 ms."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)


class NoWatermarks(WatermarkGenerator):
    """Never emits a watermark."""

    __slots__ = ()

    def on_event(self, event: Any, timestamp: int, output: WatermarkOutput) -> None:
        """Does nothing."""
        return

    def on_batch(self, values: Sequence[Any], timestamps: Sequence[int] | None) -> None:
        """Does nothing."""
        return

    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Does nothing."""
        return


class WatermarksWithIdleness(WatermarkGenerator):
    """Marks the output idle when no record came for ``idle_timeout_ms`` by ``clock``.

    The time without records counts from the first periodic call that sees none. The output becomes
    active again at the first periodic call after a record.
    """

    def __init__(self, generator: WatermarkGenerator, idle_timeout_ms: int, clock: Clock) -> None:
        if idle_timeout_ms <= 0:
            raise ValueError(f"the idle timeout must be positive, got {idle_timeout_ms} ms")
        self._generator = generator
        self._timeout = idle_timeout_ms
        self._clock = clock
        self._active = True
        self._idle_since: int | None = None
        self._is_idle = False
        inner = getattr(generator, "on_batch", None)
        if inner is not None:
            # Present only where the wrapped generator has it.
            self.on_batch = self._batch_handler(inner)

    def on_event(self, event: Any, timestamp: int, output: WatermarkOutput) -> None:
        """Notes the activity and passes the record on."""
        self._active = True
        self._generator.on_event(event, timestamp, output)

    def _batch_handler(self, inner: Callable[..., None]) -> Callable[..., None]:
        def on_batch(values: Sequence[Any], timestamps: Sequence[int] | None) -> None:
            if values:
                self._active = True
                inner(values, timestamps)

        return on_batch

    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Emits what the wrapped generator says, or marks the output idle."""
        if not self._active:
            now = self._clock()
            if self._idle_since is None:
                self._idle_since = now
            elif now - self._idle_since >= self._timeout:
                self._is_idle = True
                output.mark_idle()
                return
        else:
            self._active = False
            self._idle_since = None
            if self._is_idle:
                self._is_idle = False
                output.mark_active()
        self._generator.on_periodic_emit(output)
