"""Settings of a job's execution (``pyflink.common.execution_config``)."""

from __future__ import annotations

import warnings
from typing import Any

from hurtig.common.configuration import Configuration
from hurtig.common.errors import ProgramError
from hurtig.common.execution_mode import ExecutionMode
from hurtig.common.input_dependency_constraint import InputDependencyConstraint
from hurtig.common.restart_strategy import RestartStrategies, RestartStrategyConfiguration
from hurtig.common.time import to_millis

__all__ = ["ExecutionConfig"]

_warned: set[str] = set()


class ExecutionConfig:
    """The execution settings of a program, kept under Flink's keys in a Configuration.

    Setters return the config itself. What only concerns Java serialization is kept and read back,
    without effect; setting it warns once.
    """

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration() if configuration is None else configuration
        self._restart_strategy: RestartStrategyConfiguration | None = None
        self._execution_mode = ExecutionMode.PIPELINED
        self._constraint = InputDependencyConstraint.ANY
        self._java: dict[str, Any] = {}

    def _set(self, key: str, value: Any) -> ExecutionConfig:
        self._configuration._put(key, value)
        return self

    def _millis(self, key: str, default: int) -> int:
        return self._configuration._read(key, "duration", default)

    def _set_millis(self, key: str, length: Any, what: str) -> ExecutionConfig:
        millis = to_millis(length, f"the {what}")
        if millis < 0:
            raise ValueError(f"the {what} must not be negative, got {length!r}")
        return self._set(key, f"{millis} ms")

    def _java_only(self, name: str, key: Any, value: Any) -> ExecutionConfig:
        if name not in _warned:
            _warned.add(name)
            warnings.warn(
                f"ExecutionConfig.{name} concerns Java serialization, which hurtig does not have; "
                "it has no effect",
                stacklevel=3,
            )
        self._java.setdefault(name, {})[key] = value
        return self

    # -- closures -----------------------------------------------------------------------------

    def enable_closure_cleaner(self) -> ExecutionConfig:
        """Kept and read back: Python functions need no cleaning."""
        return self._set("pipeline.closure-cleaner-level", "RECURSIVE")

    def disable_closure_cleaner(self) -> ExecutionConfig:
        """Kept and read back."""
        return self._set("pipeline.closure-cleaner-level", "NONE")

    def is_closure_cleaner_enabled(self) -> bool:
        """True where not disabled."""
        level = self._configuration.get_string("pipeline.closure-cleaner-level", "RECURSIVE")
        return str(level).upper() != "NONE"

    # -- time ---------------------------------------------------------------------------------

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Milliseconds between periodic watermarks; 0 switches them off."""
        return self._set_millis(
            "pipeline.auto-watermark-interval", interval, "auto watermark interval"
        )

    def get_auto_watermark_interval(self) -> int:
        """Milliseconds between periodic watermarks, 200 where not set."""
        return self._millis("pipeline.auto-watermark-interval", 200)

    def set_latency_tracking_interval(self, interval: int) -> ExecutionConfig:
        """Milliseconds between latency markers; 0 switches them off."""
        return self._set_millis("metrics.latency.interval", interval, "latency tracking interval")

    def get_latency_tracking_interval(self) -> int:
        """Milliseconds between latency markers, 0 where not set."""
        return self._millis("metrics.latency.interval", 0)

    # -- parallelism --------------------------------------------------------------------------

    def get_parallelism(self) -> int:
        """Subtasks of an operator that does not set its own, 1 where not set."""
        value = self._configuration.get_integer("parallelism.default", 1)
        if value == self.PARALLELISM_DEFAULT:
            return 1
        if value < 1:
            raise ProgramError(f"option parallelism.default: must be at least 1, got {value}")
        return value

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        """Subtasks of an operator that does not set its own; -1 goes back to the default."""
        _check_int(parallelism, "parallelism")
        if parallelism == self.PARALLELISM_DEFAULT:
            self._configuration.remove_config("parallelism.default")
            return self
        if parallelism < 1:
            raise ValueError(f"the parallelism must be at least 1, got {parallelism}")
        return self._set("parallelism.default", parallelism)

    def get_max_parallelism(self) -> int:
        """Number of key groups, the limit for rescaling; -1 where not set."""
        value = self._configuration.get_integer("pipeline.max-parallelism", -1)
        if value != -1 and not 1 <= value <= 1 << 15:
            raise ProgramError(
                f"option pipeline.max-parallelism: must be from 1 to 32768, got {value}"
            )
        return value

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        """Number of key groups, the limit for rescaling."""
        _check_int(max_parallelism, "max parallelism")
        if not 1 <= max_parallelism <= 1 << 15:
            raise ValueError(f"the max parallelism must be from 1 to 32768, got {max_parallelism}")
        return self._set("pipeline.max-parallelism", max_parallelism)

    # -- cancellation -------------------------------------------------------------------------

    def get_task_cancellation_interval(self) -> int:
        """Milliseconds between attempts to interrupt a task, 30000 where not set."""
        return self._millis("task.cancellation.interval", 30_000)

    def set_task_cancellation_interval(self, interval: int) -> ExecutionConfig:
        """Milliseconds between attempts to interrupt a task."""
        return self._set_millis(
            "task.cancellation.interval", interval, "task cancellation interval"
        )

    def get_task_cancellation_timeout(self) -> int:
        """Milliseconds after which a task that does not stop is fatal, 180000 where not set."""
        return self._millis("task.cancellation.timeout", 180_000)

    def set_task_cancellation_timeout(self, timeout: int) -> ExecutionConfig:
        """Milliseconds after which a task that does not stop is fatal; 0 means never."""
        return self._set_millis("task.cancellation.timeout", timeout, "task cancellation timeout")

    # -- restart and scheduling, older releases -----------------------------------------------

    def set_restart_strategy(
        self, restart_strategy_configuration: RestartStrategyConfiguration
    ) -> ExecutionConfig:
        """What happens after a failure; sets the keys ``restart-strategy.*``."""
        self._restart_strategy = restart_strategy_configuration
        for key, value in restart_strategy_configuration.to_settings().items():
            self._set(key, value)
        return self

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """What was set, else the fallback to the configuration."""
        return self._restart_strategy or RestartStrategies.fall_back_restart()

    def set_execution_mode(self, execution_mode: ExecutionMode) -> ExecutionConfig:
        """Kept and read back, without effect."""
        self._execution_mode = execution_mode
        return self

    def get_execution_mode(self) -> ExecutionMode:
        """PIPELINED where not set."""
        return self._execution_mode

    def set_default_input_dependency_constraint(
        self, input_dependency_constraint: InputDependencyConstraint
    ) -> ExecutionConfig:
        """Kept and read back, without effect."""
        self._constraint = input_dependency_constraint
        return self

    def get_default_input_dependency_constraint(self) -> InputDependencyConstraint:
        """ANY where not set."""
        return self._constraint

    # -- serialization ------------------------------------------------------------------------

    def enable_force_kryo(self) -> ExecutionConfig:
        """Kept and read back, without effect."""
        return self._set("pipeline.force-kryo", True)

    def disable_force_kryo(self) -> ExecutionConfig:
        """Kept and read back, without effect."""
        return self._set("pipeline.force-kryo", False)

    def is_force_kryo_enabled(self) -> bool:
        """False where not set."""
        return self._configuration.get_boolean("pipeline.force-kryo", False)

    def enable_generic_types(self) -> ExecutionConfig:
        """Allows values without declared type, the default."""
        return self._set("pipeline.generic-types", True)

    def disable_generic_types(self) -> ExecutionConfig:
        """Kept and read back: values without declared type are still pickled."""
        return self._set("pipeline.generic-types", False)

    def has_generic_types_disabled(self) -> bool:
        """False where not set."""
        return not self._configuration.get_boolean("pipeline.generic-types", True)

    def enable_auto_generated_uids(self) -> ExecutionConfig:
        """Allows operators without ``uid``, the default."""
        return self._set("pipeline.auto-generate-uids", True)

    def disable_auto_generated_uids(self) -> ExecutionConfig:
        """Makes an operator without ``uid`` an error."""
        return self._set("pipeline.auto-generate-uids", False)

    def has_auto_generated_uids_enabled(self) -> bool:
        """True where not disabled."""
        return self._configuration.get_boolean("pipeline.auto-generate-uids", True)

    def enable_force_avro(self) -> ExecutionConfig:
        """Kept and read back, without effect."""
        return self._set("pipeline.force-avro", True)

    def disable_force_avro(self) -> ExecutionConfig:
        """Kept and read back, without effect."""
        return self._set("pipeline.force-avro", False)

    def is_force_avro_enabled(self) -> bool:
        """False where not set."""
        return self._configuration.get_boolean("pipeline.force-avro", False)

    def enable_object_reuse(self) -> ExecutionConfig:
        """Hands the same object from operator to operator, as hurtig always does in a chain."""
        return self._set("pipeline.object-reuse", True)

    def disable_object_reuse(self) -> ExecutionConfig:
        """Kept and read back."""
        return self._set("pipeline.object-reuse", False)

    def is_object_reuse_enabled(self) -> bool:
        """False where not set."""
        return self._configuration.get_boolean("pipeline.object-reuse", False)

    def add_default_kryo_serializer(
        self, type_class_name: str, serializer_class_name: str
    ) -> ExecutionConfig:
        """Kept, without effect."""
        return self._java_only(
            "add_default_kryo_serializer", type_class_name, serializer_class_name
        )

    def register_type_with_kryo_serializer(
        self, type_class_name: str, serializer_class_name: str
    ) -> ExecutionConfig:
        """Kept, without effect."""
        return self._java_only(
            "register_type_with_kryo_serializer", type_class_name, serializer_class_name
        )

    def register_pojo_type(self, type_class_name: str) -> ExecutionConfig:
        """Kept, without effect."""
        return self._java_only("register_pojo_type", type_class_name, None)

    def register_kryo_type(self, type_class_name: str) -> ExecutionConfig:
        """Kept, without effect."""
        return self._java_only("register_kryo_type", type_class_name, None)

    def get_registered_types_with_kryo_serializer_classes(self) -> dict[str, str]:
        """What was registered: type -> serializer."""
        return dict(self._java.get("register_type_with_kryo_serializer", {}))

    def get_default_kryo_serializer_classes(self) -> dict[str, str]:
        """What was registered: type -> serializer."""
        return dict(self._java.get("add_default_kryo_serializer", {}))

    def get_registered_kryo_types(self) -> list[str]:
        """What was registered."""
        return list(self._java.get("register_kryo_type", {}))

    def get_registered_pojo_types(self) -> list[str]:
        """What was registered."""
        return list(self._java.get("register_pojo_type", {}))

    def is_auto_type_registration_disabled(self) -> bool:
        """False where not disabled."""
        return not self._configuration.get_boolean("pipeline.auto-type-registration", True)

    def disable_auto_type_registration(self) -> ExecutionConfig:
        """Kept and read back, without effect."""
        return self._set("pipeline.auto-type-registration", False)

    # -- the rest -----------------------------------------------------------------------------

    def get_global_job_parameters(self) -> dict[str, str]:
        """Parameters that every operator can read; empty where not set."""
        value = self._configuration._values.get("pipeline.global-job-parameters")
        if isinstance(value, dict):
            return dict(value)
        return self._configuration._read("pipeline.global-job-parameters", "map", {})

    def set_global_job_parameters(
        self, global_job_parameters_dict: dict[str, str]
    ) -> ExecutionConfig:
        """Parameters that every operator can read through its runtime context."""
        return self._set(
            "pipeline.global-job-parameters",
            {str(key): str(value) for key, value in global_job_parameters_dict.items()},
        )

    def is_use_snapshot_compression(self) -> bool:
        """Whether state is compressed in checkpoints; False where not set."""
        return self._configuration.get_boolean(
            "execution.checkpointing.snapshot-compression", False
        )

    def set_use_snapshot_compression(self, use_snapshot_compression: bool) -> ExecutionConfig:
        """Whether state is compressed in checkpoints."""
        return self._set(
            "execution.checkpointing.snapshot-compression", bool(use_snapshot_compression)
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ExecutionConfig)
            and self._configuration == other._configuration
            and self._restart_strategy == other._restart_strategy
            and self._java == other._java
        )

    def __hash__(self) -> int:
        return hash(self._configuration)


def _check_int(value: object, what: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"the {what} must be an int, got {value!r} ({type(value).__name__})")
