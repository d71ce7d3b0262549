"""Process functions: records, contexts, timers and side outputs.

A process function returns an iterable (usually it is a generator) of results; a pair
``(OutputTag, value)`` goes to that side output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.operators.functions.function import Function

if TYPE_CHECKING:
    from hurtig.state.timers import TimeDomain, TimerService


class ProcessFunction(Function):
    """Any number of results per record, with its timestamp and side outputs."""

    class Context(ABC):
        """What a :class:`ProcessFunction` sees beside the record."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clock and watermark; timers only on a keyed stream."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's timestamp, epoch ms; the smallest long where it has none."""

    @abstractmethod
    def process_element(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle one record."""


class KeyedProcessFunction(Function):
    """A process function on a keyed stream: keyed state and timers."""

    class Context(ABC):
        """What a :class:`KeyedProcessFunction` sees beside the record."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def get_current_key(self) -> Any:
            """The key of the record or timer."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clock, watermark and timers of the current key."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's or timer's timestamp, epoch ms."""

    class OnTimerContext(Context):
        """What :meth:`KeyedProcessFunction.on_timer` sees."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Whether the timer is one of event time or of processing time."""

    @abstractmethod
    def process_element(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle one record."""

    def on_timer(self, timestamp: int, ctx: OnTimerContext) -> Iterable[Any] | None:
        """A timer of the current key fires."""
        return None


class CoProcessFunction(Function):
    """A process function over two inputs."""

    class Context(ABC):
        """What a :class:`CoProcessFunction` sees beside the record."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clock and watermark; timers only on keyed streams."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's timestamp, epoch ms."""

    @abstractmethod
    def process_element1(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a record of the first input."""

    @abstractmethod
    def process_element2(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a record of the second input."""


class KeyedCoProcessFunction(Function):
    """A process function over two keyed inputs that share keyed state and timers."""

    class Context(ABC):
        """What a :class:`KeyedCoProcessFunction` sees beside the record."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def get_current_key(self) -> Any:
            """The key of the record or timer."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clock, watermark and timers of the current key."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's or timer's timestamp, epoch ms."""

    class OnTimerContext(Context):
        """What :meth:`KeyedCoProcessFunction.on_timer` sees."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Whether the timer is one of event time or of processing time."""

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

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

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
