"""The runtime context that operators give to user functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError
from hurtig.operators.functions.runtime_context import RuntimeContext

if TYPE_CHECKING:
    from hurtig.metrics import MetricGroup
    from hurtig.state.api import (
        AggregatingState,
        ListState,
        MapState,
        ReducingState,
        ValueState,
    )
    from hurtig.state.backends.contract import KeyedStateBackend
    from hurtig.state.descriptors import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        StateDescriptor,
        ValueStateDescriptor,
    )


class KeyedStateRequiredError(HurtigError):
    """Keyed state or a timer was asked for where the stream has no key."""


class StreamingRuntimeContext(RuntimeContext):
    """Names, position, metrics and keyed state of one operator subtask."""

    def __init__(
        self,
        *,
        operator_name: str,
        subtask_index: int,
        parallelism: int,
        max_parallelism: int,
        metric_group: MetricGroup,
        keyed_state: Callable[[], KeyedStateBackend] | None,
        attempt: int = 0,
        job_parameters: dict[str, str] | None = None,
        accumulators: dict[str, list[Any]] | None = None,
    ) -> None:
        self._operator_name = operator_name
        self._subtask_index = subtask_index
        self._parallelism = parallelism
        self._max_parallelism = max_parallelism
        self._metric_group = metric_group
        self._keyed_state = keyed_state
        self._attempt = attempt
        self._job_parameters = job_parameters or {}
        self._accumulators: dict[str, Any] = {}
        self._job_accumulators = {} if accumulators is None else accumulators

    def get_task_name(self) -> str:
        return self._operator_name

    def get_number_of_parallel_subtasks(self) -> int:
        return self._parallelism

    def get_max_number_of_parallel_subtasks(self) -> int:
        return self._max_parallelism

    def get_index_of_this_subtask(self) -> int:
        return self._subtask_index

    def get_attempt_number(self) -> int:
        return self._attempt

    def get_task_name_with_subtasks(self) -> str:
        return f"{self._operator_name} ({self._subtask_index + 1}/{self._parallelism})"

    def get_job_parameter(self, key: str, default_value: str) -> str:
        return self._job_parameters.get(key, default_value)

    def get_metrics_group(self) -> MetricGroup:
        return self._metric_group

    def add_accumulator(self, name: str, accumulator: Any) -> None:
        if name in self._accumulators:
            raise ValueError(f"accumulator {name!r} exists already in {self._operator_name}")
        parts = self._job_accumulators.setdefault(name, [])
        if parts and type(parts[0]) is not type(accumulator):
            raise TypeError(
                f"accumulator {name!r} is a {type(parts[0]).__name__} elsewhere in the job and a "
                f"{type(accumulator).__name__} in {self._operator_name}"
            )
        self._accumulators[name] = accumulator
        parts.append(accumulator)

    def get_accumulator(self, name: str) -> Any:
        return self._accumulators[name]

    def _state(self, descriptor: StateDescriptor) -> Any:
        if self._keyed_state is None:
            raise KeyedStateRequiredError(
                f"state {descriptor.get_name()!r} was asked for in {self._operator_name!r}, whose "
                "input has no key: call key_by() on the stream before this operator"
            )
        return self._keyed_state().state(descriptor)

    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        state: ValueState[Any] = self._state(state_descriptor)
        return state

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        state: ListState[Any] = self._state(state_descriptor)
        return state

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        state: MapState[Any, Any] = self._state(state_descriptor)
        return state

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        state: ReducingState[Any] = self._state(state_descriptor)
        return state

    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor
    ) -> AggregatingState[Any, Any]:
        state: AggregatingState[Any, Any] = self._state(state_descriptor)
        return state
