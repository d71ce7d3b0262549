"""The runtime context: where a function runs, its state and its metrics."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from hurtig.state.api import KeyedStateStore

if TYPE_CHECKING:
    from hurtig.metrics import MetricGroup


class RuntimeContext(KeyedStateStore):
    """Given to :meth:`Function.open`. Mirrors PyFlink's ``RuntimeContext``."""

    @abstractmethod
    def get_task_name(self) -> str:
        """Name of the task."""

    @abstractmethod
    def get_number_of_parallel_subtasks(self) -> int:
        """Parallelism of the operator."""

    @abstractmethod
    def get_max_number_of_parallel_subtasks(self) -> int:
        """Max parallelism of the operator: the number of its key groups."""

    @abstractmethod
    def get_index_of_this_subtask(self) -> int:
        """Index of this subtask, from 0."""

    @abstractmethod
    def get_attempt_number(self) -> int:
        """How often the task was restarted."""

    @abstractmethod
    def get_task_name_with_subtasks(self) -> str:
        """Name with subtask index and parallelism, such as ``Map (1/4)``."""

    @abstractmethod
    def get_job_parameter(self, key: str, default_value: str) -> str:
        """A global job parameter."""

    @abstractmethod
    def get_metrics_group(self) -> MetricGroup:
        """Metrics of the operator."""

    @abstractmethod
    def add_accumulator(self, name: str, accumulator: Any) -> None:
        """Register an accumulator: an object with ``add`` and ``merge`` (Flink's Java API)."""

    @abstractmethod
    def get_accumulator(self, name: str) -> Any:
        """The accumulator registered under ``name``."""
