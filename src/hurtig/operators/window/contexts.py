"""What window functions, triggers, assigners and evictors see of a window operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError
from hurtig.operators.functions import ProcessAllWindowFunction, ProcessWindowFunction
from hurtig.operators.window.assigner import WindowAssigner
from hurtig.operators.window.evictors import Evictor
from hurtig.operators.window.trigger import Trigger
from hurtig.state.api import KeyedStateStore
from hurtig.state.backends.contract import VOID_NAMESPACE

if TYPE_CHECKING:
    from hurtig.metrics import MetricGroup
    from hurtig.operators.functions import RuntimeContext
    from hurtig.operators.window.operator_base import WindowOperatorBase
    from hurtig.operators.window.window_operator import WindowOperator
    from hurtig.state.backends.contract import KeyedStateBackend
    from hurtig.state.descriptors import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        StateDescriptor,
        ValueStateDescriptor,
    )


class NamespacedStateStore(KeyedStateStore):
    """State of the current key in one namespace; remembers which states were asked for."""

    def __init__(self, backend: KeyedStateBackend, namespace: Any) -> None:
        self.backend = backend
        self.namespace = namespace
        self.used: dict[str, StateDescriptor] = {}

    def _state(self, descriptor: StateDescriptor) -> Any:
        self.used[descriptor.name] = descriptor
        return self.backend.state(descriptor, self.namespace)

    def get_state(self, state_descriptor: ValueStateDescriptor) -> Any:
        return self._state(state_descriptor)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> Any:
        return self._state(state_descriptor)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> Any:
        return self._state(state_descriptor)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> Any:
        return self._state(state_descriptor)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> Any:
        return self._state(state_descriptor)


class PerWindowStateError(HurtigError):
    """Per-window state was asked for where windows merge."""


class WindowContext(ProcessWindowFunction.Context, ProcessAllWindowFunction.Context):
    """The context of a process window function; ``current`` is set before each call."""

    def __init__(self, operator: WindowOperatorBase, merging: bool) -> None:
        self.operator = operator
        self.current: Any = None
        self._merging = merging
        self._window_state = NamespacedStateStore(operator.backend, None)
        self._global_state = NamespacedStateStore(operator.backend, VOID_NAMESPACE)

    def window(self) -> Any:
        return self.current

    def current_processing_time(self) -> int:
        return self.operator.context.processing_time.now()

    def current_watermark(self) -> int:
        return self.operator.current_watermark

    def window_state(self) -> KeyedStateStore:
        if self._merging:
            raise PerWindowStateError(
                "Per-window state is not allowed when using merging windows (sessions): a window "
                "has no state of its own once it merges. Use context.global_state()"
            )
        self._window_state.namespace = self.current
        return self._window_state

    def global_state(self) -> KeyedStateStore:
        return self._global_state

    def drop_window_state(self, window: Any) -> None:
        """Drop all per-window state of a window that no key uses any more."""
        for descriptor in self._window_state.used.values():
            self.operator.backend.drop_namespace(descriptor, window)

    def clear_window_state(self, window: Any) -> None:
        """Clear the current key's per-window state of a window that is dropped."""
        for descriptor in self._window_state.used.values():
            self.operator.backend.state(descriptor, window).clear()


class AssignerContext(WindowAssigner.WindowAssignerContext):
    """Clock and runtime context for assigners."""

    def __init__(self, operator: WindowOperatorBase) -> None:
        self._processing_time = operator.context.processing_time
        self._runtime_context = operator.context.runtime_context

    def get_current_processing_time(self) -> int:
        return self._processing_time.now()

    def get_runtime_context(self) -> RuntimeContext:
        return self._runtime_context


class OperatorTriggerContext(Trigger.OnMergeContext, Evictor.EvictorContext):
    """Timers and state of ``window`` and the current key; ``merged`` are the parts of a merge."""

    def __init__(self, operator: WindowOperator) -> None:
        self.window: Any = None
        self.merged: list[Any] = []
        self._operator = operator
        self._backend = operator.backend
        self._timers = operator.context.timer_service

    def get_current_processing_time(self) -> int:
        return self._operator.context.processing_time.now()

    def get_metric_group(self) -> MetricGroup:
        return self._operator.context.runtime_context.get_metrics_group()

    def get_current_watermark(self) -> int:
        return self._operator.current_watermark

    def register_processing_time_timer(self, time: int) -> None:
        self._timers.register_processing_time_timer(self.window, time)

    def register_event_time_timer(self, time: int) -> None:
        self._timers.register_event_time_timer(self.window, time)

    def delete_processing_time_timer(self, time: int) -> None:
        self._timers.delete_processing_time_timer(self.window, time)

    def delete_event_time_timer(self, time: int) -> None:
        self._timers.delete_event_time_timer(self.window, time)

    def get_partitioned_state(self, state_descriptor: StateDescriptor) -> Any:
        return self._backend.state(state_descriptor, self.window)

    def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
        self._backend.merge_namespaces(state_descriptor, self.window, self.merged)
