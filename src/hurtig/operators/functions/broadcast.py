"""Process functions that join a stream with broadcast state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.operators.functions.function import Function

if TYPE_CHECKING:
    from hurtig.state.api import BroadcastState, ReadOnlyBroadcastState
    from hurtig.state.descriptors import MapStateDescriptor, StateDescriptor
    from hurtig.state.timers import TimeDomain, TimerService


class BaseBroadcastProcessFunction(Function):
    """Common part of the broadcast process functions."""

    class BaseContext(ABC):
        """Times that every side sees."""

        __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

        @abstractmethod
        def timestamp(self) -> int:
            """The record's timestamp, epoch ms."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Processing time, epoch ms."""

        @abstractmethod
        def current_watermark(self) -> int:
            """The operator's watermark, epoch ms."""

    class Context(BaseContext):
        """The broadcast side: may write broadcast state."""

        @abstractmethod
        def get_broadcast_state(
            self, state_descriptor: MapStateDescriptor
        ) -> BroadcastState[Any, Any]:
            """The broadcast state of this descriptor."""

    class ReadOnlyContext(BaseContext):
        """The other side: may only read broadcast state."""

        @abstractmethod
        def get_broadcast_state(
            self, state_descriptor: MapStateDescriptor
        ) -> ReadOnlyBroadcastState[Any, Any]:
            """The broadcast state of this descriptor, read-only."""


class BroadcastProcessFunction(BaseBroadcastProcessFunction):
    """Joins an unkeyed stream with a broadcast one."""

    class Context(BaseBroadcastProcessFunction.Context, ABC):
        """Context of the broadcast side."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext, ABC):
        """Context of the other side."""

    @abstractmethod
    def process_element(self, value: Any, ctx: ReadOnlyContext) -> Iterable[Any] | None:
        """Handle a record of the stream that is not broadcast."""

    @abstractmethod
    def process_broadcast_element(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a broadcast record; every subtask sees all of them."""


class KeyedBroadcastProcessFunction(BaseBroadcastProcessFunction):
    """Joins a keyed stream with a broadcast one."""

    class Context(BaseBroadcastProcessFunction.Context, ABC):
        """Context of the broadcast side."""

        def apply_to_keyed_state(
            self,
            state_descriptor: StateDescriptor,
            function: Callable[[Any, Any], None],
        ) -> None:
            """Call ``function(key, state)`` for every key that has this state."""
            raise TypeError("this context has no keyed state")

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext, ABC):
        """Context of the keyed side."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clock, watermark and timers of the current key."""

        @abstractmethod
        def get_current_key(self) -> Any:
            """The key of the record."""

    class OnTimerContext(ReadOnlyContext, ABC):
        """What :meth:`KeyedBroadcastProcessFunction.on_timer` sees."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Whether the timer is one of event time or of processing time."""

        @abstractmethod
        def get_current_key(self) -> Any:
            """The key of the timer."""

    @abstractmethod
    def process_element(self, value: Any, ctx: ReadOnlyContext) -> Iterable[Any] | None:
        """Handle a record of the keyed stream."""

    @abstractmethod
    def process_broadcast_element(self, value: Any, ctx: Context) -> Iterable[Any] | None:
        """Handle a broadcast record; every subtask sees all of them."""

    def on_timer(self, timestamp: int, ctx: OnTimerContext) -> Iterable[Any] | None:
        """A timer of the current key fires."""
        return None
