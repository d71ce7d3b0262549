"""The settings of an environment, all kept under Flink's configuration keys."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Self

from hurtig.common.configuration import Configuration
from hurtig.common.execution_config import ExecutionConfig
from hurtig.common.time import to_millis
from hurtig.datastream.checkpoint_config import CheckpointConfig
from hurtig.datastream.checkpointing_mode import CheckpointingMode
from hurtig.datastream.execution_mode import RuntimeExecutionMode

if TYPE_CHECKING:
    from hurtig.common.restart_strategy import RestartStrategyConfiguration
    from hurtig.datastream.slot_sharing_group import SlotSharingGroup
    from hurtig.datastream.state_backend import StateBackend
    from hurtig.datastream.time_characteristic import TimeCharacteristic

_CHAINING = "pipeline.operator-chaining.enabled"
_CHAIN_DIFFERENT_MAX = "pipeline.operator-chaining.chain-operators-with-different-max-parallelism"
_BUFFER_TIMEOUT = "execution.buffer-timeout.interval"
_BUFFER_TIMEOUT_ENABLED = "execution.buffer-timeout.enabled"
_SAVEPOINT_DIR = "execution.checkpointing.savepoint-dir"
_CHANGELOG = "state.changelog.enabled"


class EnvironmentSettings:
    """Getters and setters; setters return the environment itself."""

    _configuration: Configuration
    _config: ExecutionConfig
    _checkpoint_config: CheckpointConfig
    _state_backend: StateBackend | None = None
    _time_characteristic: TimeCharacteristic | None = None

    def get_config(self) -> ExecutionConfig:
        """The execution settings."""
        return self._config

    def configure(self, configuration: Configuration) -> None:
        """Takes over all keys of ``configuration``."""
        self._configuration.add_all(configuration)
        self._take_over_older_keys()

    def _take_over_older_keys(self) -> None:
        if self._configuration.key_set():
            from hurtig.common.options import add_current_keys

            add_current_keys(self._configuration)

    # -- parallelism --------------------------------------------------------------------------

    def set_parallelism(self, parallelism: int) -> Self:
        """Subtasks of every operator that does not set its own."""
        self._config.set_parallelism(parallelism)
        return self

    def get_parallelism(self) -> int:
        """Subtasks of every operator that does not set its own."""
        return self._config.get_parallelism()

    def set_max_parallelism(self, max_parallelism: int) -> Self:
        """Number of key groups of every operator that does not set its own."""
        self._config.set_max_parallelism(max_parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """Number of key groups; -1 where not set."""
        return self._config.get_max_parallelism()

    def get_default_local_parallelism(self) -> int:
        """Parallelism of a program that sets none."""
        return self._config.get_parallelism()

    def set_default_local_parallelism(self, parallelism: int) -> None:
        """Sets the parallelism of a program that sets none."""
        self._config.set_parallelism(parallelism)

    def register_slot_sharing_group(self, slot_sharing_group: SlotSharingGroup) -> Self:
        """Makes the resources of a slot sharing group known."""
        groups = self.__dict__.setdefault("_slot_sharing_groups", {})
        groups[slot_sharing_group.get_name()] = slot_sharing_group
        return self

    # -- execution ----------------------------------------------------------------------------

    def set_runtime_mode(self, execution_mode: RuntimeExecutionMode) -> Self:
        """STREAMING (the default), BATCH, or AUTOMATIC: batch where all sources end."""
        if not isinstance(execution_mode, RuntimeExecutionMode):
            raise TypeError(
                f"set_runtime_mode takes a RuntimeExecutionMode, got {execution_mode!r}"
            )
        self._configuration.set_string("execution.runtime-mode", execution_mode.name)
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> Self:
        """How long a record may wait for a batch to fill, ms; 0: not at all, -1: until full."""
        if timeout_millis < -1:
            raise ValueError(f"timeout must be -1, 0 or positive, got {timeout_millis}")
        waits_for_time = timeout_millis >= 0
        self._configuration.set_boolean(_BUFFER_TIMEOUT_ENABLED, waits_for_time)
        if waits_for_time:
            self._configuration.set_string(_BUFFER_TIMEOUT, f"{timeout_millis} ms")
        return self

    def get_buffer_timeout(self) -> int:
        """How long a record may wait for a batch to fill, ms; 100 where not set; -1: until full."""
        if not self._configuration.get_boolean(_BUFFER_TIMEOUT_ENABLED, True):
            return -1
        return int(self._configuration._read(_BUFFER_TIMEOUT, "duration", 100))

    def disable_operator_chaining(self) -> Self:
        """Runs every operator in a task of its own."""
        self._configuration.set_boolean(_CHAINING, False)
        return self

    def is_chaining_enabled(self) -> bool:
        """Whether operators are chained."""
        return self._configuration.get_boolean(_CHAINING, True)

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        """Whether operators of different max parallelism are chained."""
        return self._configuration.get_boolean(_CHAIN_DIFFERENT_MAX, True)

    # -- checkpoints and state ----------------------------------------------------------------

    def get_checkpoint_config(self) -> CheckpointConfig:
        """The checkpoint settings."""
        return self._checkpoint_config

    def enable_checkpointing(self, interval: Any, mode: CheckpointingMode | None = None) -> Self:
        """Sets the interval of checkpoints (ms, Duration or Time) and their mode."""
        self._checkpoint_config.set_checkpoint_interval(to_millis(interval, "interval"))
        if mode is not None:
            self._checkpoint_config.set_checkpointing_mode(mode)
        return self

    def get_checkpoint_interval(self) -> int:
        """Interval of checkpoints, ms; -1 where they are off."""
        return self._checkpoint_config.get_checkpoint_interval()

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """Exactly-once or at-least-once."""
        return self._checkpoint_config.get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> CheckpointingMode:
        """The same as :meth:`get_checkpointing_mode`."""
        return self._checkpoint_config.get_checkpointing_mode()

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Whether checkpoints overtake records under backpressure."""
        return self._checkpoint_config.is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        """Whether unaligned checkpoints are forced."""
        return self._checkpoint_config.is_force_unaligned_checkpoints()

    def enable_changelog_state_backend(self, enabled: bool) -> Self:
        """Kept and read back: hurtig has no changelog backend."""
        self._configuration.set_boolean(_CHANGELOG, bool(enabled))
        return self

    def is_changelog_state_backend_enabled(self) -> bool | None:
        """What was set, or ``None``."""
        if not self._configuration.contains_key(_CHANGELOG):
            return None
        return self._configuration.get_boolean(_CHANGELOG, False)

    def set_default_savepoint_directory(self, directory: str) -> Self:
        """Where savepoints go when no directory is named."""
        self._configuration.set_string(_SAVEPOINT_DIR, directory)
        return self

    def get_default_savepoint_directory(self) -> str | None:
        """Where savepoints go when no directory is named."""
        return self._configuration.get_string(_SAVEPOINT_DIR, None)

    def set_state_backend(self, state_backend: StateBackend) -> Self:
        """Where keyed state is kept (older releases; also ``state.backend.type``)."""
        from hurtig.datastream.state_backend import state_backend_settings

        self._state_backend = state_backend
        for key, value in state_backend_settings(state_backend).items():
            self._configuration.set_string(key, value)
        return self

    def get_state_backend(self) -> StateBackend | None:
        """What was set with :meth:`set_state_backend`."""
        return self._state_backend

    def set_restart_strategy(
        self, restart_strategy_configuration: RestartStrategyConfiguration
    ) -> None:
        """What happens after a failure (older releases; also ``restart-strategy.*``)."""
        self._config.set_restart_strategy(restart_strategy_configuration)

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """What was set with :meth:`set_restart_strategy`."""
        return self._config.get_restart_strategy()

    # -- Python dependencies ------------------------------------------------------------------

    def add_python_file(self, file_path: str) -> None:
        """Makes a module, package directory or zip importable by the program."""
        path = os.path.abspath(file_path.removeprefix("file://"))
        if not os.path.exists(path):
            raise FileNotFoundError(f"add_python_file: {file_path!r} does not exist")
        place = os.path.dirname(path) if path.endswith(".py") else path
        if place not in sys.path:
            sys.path.insert(0, place)

    def set_python_requirements(
        self, requirements_file_path: str, requirements_cache_dir: str | None = None
    ) -> None:
        """Checks that the listed packages are installed: functions run in this interpreter."""
        from hurtig.datastream.python_dependencies import check_requirements

        check_requirements(requirements_file_path)

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """Unpacks an archive into the working directory, under ``target_dir`` or its own name."""
        from hurtig.datastream.python_dependencies import unpack_archive

        unpack_archive(archive_path, target_dir)

    def set_python_executable(self, python_exec: str) -> None:
        """Without effect: functions run in the interpreter that runs the program."""
        if os.path.realpath(python_exec) != os.path.realpath(sys.executable):
            _warn("set_python_executable", "functions run in the interpreter of the program itself")

    def register_cached_file(self, file_path: str, name: str, executable: bool = False) -> None:
        """Kept: all functions run on this machine and can open ``file_path`` themselves."""
        self.__dict__.setdefault("_cached_files", {})[name] = file_path

    def add_jars(self, *jars_path: str) -> None:
        """Without effect: connectors are Python packages (extras of hurtig)."""
        _warn("add_jars", "connectors are extras of the hurtig package")

    def add_classpaths(self, *classpaths: str) -> None:
        """Without effect: connectors are Python packages (extras of hurtig)."""
        _warn("add_classpaths", "connectors are extras of the hurtig package")

    # -- names of older releases --------------------------------------------------------------

    def set_stream_time_characteristic(self, characteristic: TimeCharacteristic) -> None:
        """Kept and read back: event time needs only timestamps and watermarks."""
        self._time_characteristic = characteristic

    def get_stream_time_characteristic(self) -> TimeCharacteristic:
        """What was set; event time where nothing was."""
        from hurtig.datastream.time_characteristic import TimeCharacteristic

        return self._time_characteristic or TimeCharacteristic.EventTime

    def add_default_kryo_serializer(self, type_class_name: str, serializer_class_name: str) -> None:
        """Without effect: no Java serialization."""
        self._config.add_default_kryo_serializer(type_class_name, serializer_class_name)

    def register_type_with_kryo_serializer(
        self, type_class_name: str, serializer_class_name: str
    ) -> None:
        """Without effect: no Java serialization."""
        self._config.register_type_with_kryo_serializer(type_class_name, serializer_class_name)

    def register_type(self, type_class_name: str) -> None:
        """Without effect: no Java serialization."""
        self._config.register_kryo_type(type_class_name)


_warned: set[str] = set()


def _warn(call: str, instead: str) -> None:
    """Say once that a call which only makes sense on a JVM does nothing."""
    if call not in _warned:
        _warned.add(call)
        warnings.warn(f"{call} has no effect on hurtig, which has no JVM: {instead}", stacklevel=3)
