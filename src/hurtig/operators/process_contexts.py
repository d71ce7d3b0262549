"""The contexts of process functions: one object per operator, used for record after record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hurtig.messages import MIN_TIMESTAMP
from hurtig.operators.functions import (
    CoProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessFunction,
)
from hurtig.state.timers import TimeDomain, TimerService, UnkeyedTimerError
from hurtig.state.typed_key import TypedKey, unwrap_key

if TYPE_CHECKING:
    from hurtig.operators.contract import StreamOperator
    from hurtig.state.backends.contract import KeyedStateBackend


class FiredTimer(NamedTuple):
    """Stands for the record in the error of an ``on_timer`` method; timestamp in epoch ms."""

    key: Any
    timestamp: int
    time_domain: str


class UnkeyedTimerService(TimerService):
    """Clock and watermark of an operator without keys; every timer is refused."""

    def __init__(self, operator: StreamOperator) -> None:
        self._operator = operator
        self._now = operator.context.processing_time.now

    def current_processing_time(self) -> int:
        return self._now()

    def current_watermark(self) -> int:
        return self._operator.current_watermark

    def register_processing_time_timer(self, timestamp: int) -> None:
        raise UnkeyedTimerError

    def register_event_time_timer(self, timestamp: int) -> None:
        raise UnkeyedTimerError

    def delete_processing_time_timer(self, timestamp: int) -> None:
        raise UnkeyedTimerError

    def delete_event_time_timer(self, timestamp: int) -> None:
        raise UnkeyedTimerError


class ElementContext(ProcessFunction.Context, CoProcessFunction.Context):
    """Timestamp and times of the record in hand."""

    def __init__(self, timers: TimerService) -> None:
        self.element_timestamp = MIN_TIMESTAMP
        self._timers = timers

    def timer_service(self) -> TimerService:
        return self._timers

    def timestamp(self) -> int:
        return self.element_timestamp


class KeyedElementContext(KeyedProcessFunction.Context, KeyedCoProcessFunction.Context):
    """The same on a keyed stream, with the record's key."""

    def __init__(self, timers: TimerService, backend: KeyedStateBackend) -> None:
        self.element_timestamp = MIN_TIMESTAMP
        self._timers = timers
        self._backend = backend

    def timer_service(self) -> TimerService:
        return self._timers

    def timestamp(self) -> int:
        return self.element_timestamp

    def get_current_key(self) -> Any:
        key = self._backend.current_key
        return unwrap_key(key) if key.__class__ is TypedKey else key


class FiredTimerContext(
    KeyedElementContext,
    KeyedProcessFunction.OnTimerContext,
    KeyedCoProcessFunction.OnTimerContext,
):
    """What ``on_timer`` sees; ``domain`` is set before timers fire."""

    domain = TimeDomain.EVENT_TIME

    def time_domain(self) -> TimeDomain:
        return self.domain
