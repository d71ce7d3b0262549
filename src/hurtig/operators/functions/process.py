"""Process functions: records, contexts, timers and side outputs.

A process function returns an iterable (usually it is a generator) of results; a pair
``(OutputTag, value)`` goes to that side output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hurtig.operators.functions.function import Function

if TYPE_CHECKING:
    from hurtig.state.timers import TimeDomain, TimerService


class _Context(ABC):
    """What every process function sees beside the record."""

    @abstractmethod
    def timer_service(self) -> TimerService:
        """Clock and watermark; timers of the current key on a keyed stream."""

    @abstractmethod
    def timestamp(self) -> int:
        """The record's or timer's timestamp, epoch ms; the smallest long where it has none."""


class _KeyedContext(_Context):
    """What a process function sees on a keyed stream."""

    @abstractmethod
    def get_current_key(self) -> Any:
        """The key of the record or timer."""


class _OnTimerContext(_KeyedContext):
    """What ``on_timer`` sees."""

    @abstractmethod
    def time_domain(self) -> TimeDomain:
        """Whether the timer is one of event time or of processing time."""


class ProcessFunction(Function):
    """Any number of results per record, with its timestamp and side outputs."""

    class Context(_Context):
        """What a :class:`ProcessFunction` sees beside the record."""

    @abstractmethod
    def process_element(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle one record."""


class KeyedProcessFunction(Function):
    """A process function on a keyed stream: keyed state and timers."""

    class Context(_KeyedContext):
        """What a :class:`KeyedProcessFunction` sees beside the record."""

    class OnTimerContext(Context, _OnTimerContext):
        """What :meth:`KeyedProcessFunction.on_timer` sees."""

    @abstractmethod
    def process_element(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle one record."""

    def on_timer(self, timestamp: int, ctx: OnTimerContext) -> Iterable[Any] | None:
        """A timer of the current key fires."""
        return None


class CoProcessFunction(Function):
    """A process function over two inputs."""

    class Context(_Context):
        """What a :class:`CoProcessFunction` sees beside the record."""

    @abstractmethod
    def process_element1(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a record of the first input."""

    @abstractmethod
    def process_element2(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a record of the second input."""


class KeyedCoProcessFunction(Function):
    """A process function over two keyed inputs that share keyed state and timers."""

    class Context(_KeyedContext):
        """What a :class:`KeyedCoProcessFunction` sees beside the record."""

    class OnTimerContext(Context, _OnTimerContext):
        """What :meth:`KeyedCoProcessFunction.on_timer` sees."""

    @abstractmethod
    def process_element1(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a record of the first input."""

    @abstractmethod
    def process_element2(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a record of the second input."""

    def on_timer(self, timestamp: int, ctx: OnTimerContext) -> Iterable[Any] | None:
        """A timer of the current key fires."""
        return None


class ProcessJoinFunction(Function):
    """Handles one pair of an interval join. Mirrors Flink's ``ProcessJoinFunction``."""

    class Context(ABC):
        """Timestamps of the pair."""

        @abstractmethod
        def get_left_timestamp(self) -> int:
            """Timestamp of the left record, epoch ms."""

        @abstractmethod
        def get_right_timestamp(self) -> int:
            """Timestamp of the right record, epoch ms."""

        @abstractmethod
        def get_timestamp(self) -> int:
            """Timestamp of the result: the larger of the two, epoch ms."""

    @abstractmethod
    def process_element(self, left: Any, right: Any, ctx: Context) -> Iterable[Any] | None:
        """The results for one pair."""
