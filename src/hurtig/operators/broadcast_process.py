"""A stream joined with broadcast state: the second input reaches every subtask whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import (
    Collector,
    keyed_records,
    run_keyed,
    run_unkeyed,
    unkeyed_records,
)
from hurtig.operators.contract import StreamOperator
from hurtig.operators.functions import (
    BroadcastProcessFunction,
    KeyedBroadcastProcessFunction,
)
from hurtig.operators.timer_firing import TimerFiring
from hurtig.operators.user_function import close_function, open_function
from hurtig.state.backends.contract import NO_KEY
from hurtig.state.timers import KeyedTimerService, TimeDomain, TimerService
from hurtig.state.typed_key import unwrap_key

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.state.api import BroadcastState, ReadOnlyBroadcastState
    from hurtig.state.descriptors import MapStateDescriptor, StateDescriptor

MAIN, BROADCAST = 0, 1
"""Input indices."""


class _Times:
    """What all contexts of one operator share."""

    def __init__(self, operator: BroadcastProcessOperator) -> None:
        self.element_timestamp = MIN_TIMESTAMP
        self._operator = operator

    def timestamp(self) -> int:
        return self.element_timestamp

    def current_processing_time(self) -> int:
        return self._operator.context.processing_time.now()

    def current_watermark(self) -> int:
        return self._operator.current_watermark


class _Writes(_Times):
    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        return self._operator.broadcast_state(state_descriptor)


class _Reads(_Times):
    def get_broadcast_state(
        self, state_descriptor: MapStateDescriptor
    ) -> ReadOnlyBroadcastState[Any, Any]:
        return self._operator.read_only_state(state_descriptor)


class _BroadcastContext(_Writes, BroadcastProcessFunction.Context):
    pass


class _ReadOnlyContext(_Reads, BroadcastProcessFunction.ReadOnlyContext):
    pass


class _KeyedBroadcastContext(_Writes, KeyedBroadcastProcessFunction.Context):
    def apply_to_keyed_state(
        self, state_descriptor: StateDescriptor, function: Callable[[Any, Any], None]
    ) -> None:
        backend = self._operator.context.keyed_state()
        state = backend.state(state_descriptor)
        try:
            for key in backend.keys(state_descriptor):
                backend.current_key = key
                function(unwrap_key(key), state)
        finally:
            backend.current_key = NO_KEY


class _KeyedReadOnlyContext(_Reads, KeyedBroadcastProcessFunction.OnTimerContext):
    """Of records and, ``domain`` being set before, of timers."""

    domain = TimeDomain.EVENT_TIME

    def __init__(self, operator: BroadcastProcessOperator) -> None:
        super().__init__(operator)
        self._backend = operator.context.keyed_state()
        self._timers = KeyedTimerService(operator.context.timer_service)

    def timer_service(self) -> TimerService:
        return self._timers

    def get_current_key(self) -> Any:
        return unwrap_key(self._backend.current_key)

    def time_domain(self) -> TimeDomain:
        return self.domain


class BroadcastProcessOperator(StreamOperator):
    """Calls a :class:`BroadcastProcessFunction`; input 1 is the broadcast one.

    ``descriptors`` are those given to ``broadcast(...)``. Mirrors Flink's
    ``CoBroadcastWithNonKeyedOperator``.
    """

    num_inputs = 2

    def __init__(
        self,
        function: Any,
        descriptors: Sequence[MapStateDescriptor],
        output_type: TypeInformation | None = None,
    ) -> None:
        for method in ("process_element", "process_broadcast_element"):
            if isinstance(function, type) or not callable(getattr(function, method, None)):
                raise TypeError(
                    "a stream that is connected with a broadcast stream takes a (Keyed)"
                    f"BroadcastProcessFunction, an object with {method}, got {function!r}"
                )
        if not descriptors:
            raise ProgramError("broadcast state needs a MapStateDescriptor: broadcast(descriptor)")
        self.function = function
        self.descriptors = list(descriptors)
        self.output_type = output_type

    def open(self) -> None:
        store = self.context.operator_state
        self._states = {d.name: store.get_broadcast_state(d) for d in self.descriptors}
        self._views = {d.name: store.get_read_only_broadcast_state(d) for d in self.descriptors}
        self.open_contexts()
        open_function(self, self.function)

    def open_contexts(self) -> None:
        """Create the contexts of both inputs."""
        self._context = _ReadOnlyContext(self)
        self._broadcast_context: Any = _BroadcastContext(self)

    def broadcast_state(self, descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        """The state of a descriptor, to be changed. ``ProgramError`` for an unknown one."""
        state = self._states.get(descriptor.name)
        return state if state is not None else self._unknown(descriptor)

    def read_only_state(self, descriptor: MapStateDescriptor) -> ReadOnlyBroadcastState[Any, Any]:
        """The state of a descriptor, to be read. ``ProgramError`` for an unknown one."""
        state = self._views.get(descriptor.name)
        return state if state is not None else self._unknown(descriptor)

    def _unknown(self, descriptor: MapStateDescriptor) -> Any:
        known = ", ".join(repr(d.name) for d in self.descriptors)
        raise ProgramError(
            f"The requested state does not exist: {descriptor.name!r} is not among the broadcast "
            f"states {known} of {self.context.name!r}. Check its name, or pass its descriptor to "
            "broadcast(...) as well"
        )

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        if input_index == BROADCAST:
            self.process_broadcast(batch)
        else:
            self.process_main(batch)

    def process_main(self, batch: RowBatch) -> None:
        """Handle records of the input that is not broadcast."""
        collector = Collector(self, batch.timestamps is not None)
        process = self.function.process_element
        run_unkeyed(collector, process, unkeyed_records(batch), self._context)

    def process_broadcast(self, batch: RowBatch) -> None:
        """Handle broadcast records."""
        collector = Collector(self, batch.timestamps is not None)
        process = self.function.process_broadcast_element
        run_unkeyed(collector, process, unkeyed_records(batch), self._broadcast_context)

    def close(self) -> None:
        close_function(self, self.function)

    def for_batch(self) -> StreamOperator:
        from hurtig.operators.batch_broadcast import BatchBroadcastOperator

        return super().for_batch() if self.keyed else BatchBroadcastOperator(self, BROADCAST)


class KeyedBroadcastProcessOperator(BroadcastProcessOperator):
    """Calls a :class:`KeyedBroadcastProcessFunction`: keyed state and timers on input 0."""

    keyed = True

    def open_contexts(self) -> None:
        self._backend = self.context.keyed_state()
        self._keyed_context = _KeyedReadOnlyContext(self)
        self._broadcast_context = _KeyedBroadcastContext(self)
        self._firing = TimerFiring(self, self.function.on_timer, _KeyedReadOnlyContext(self))
        self._firing.schedule()  # restored ones

    def process_main(self, batch: RowBatch) -> None:
        collector = Collector(self, batch.timestamps is not None)
        process = self.function.process_element
        run_keyed(collector, process, keyed_records(batch), self._keyed_context, self._backend)
        self._firing.schedule()

    def process_broadcast(self, batch: RowBatch) -> None:
        self._backend.current_key = NO_KEY
        super().process_broadcast(batch)

    def advance_watermark(self, timestamp: int) -> None:
        self._firing.fire_event_time(timestamp)
        self.output.emit_watermark(timestamp)

    def finish(self) -> None:
        self._firing.stop()

    def close(self) -> None:
        firing = getattr(self, "_firing", None)
        if firing is not None:
            firing.stop()
        super().close()
