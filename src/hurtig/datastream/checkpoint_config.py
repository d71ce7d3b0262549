"""Settings of checkpointing (``pyflink.datastream.checkpoint_config``)."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

from hurtig.common.configuration import Configuration
from hurtig.common.options import option
from hurtig.common.time import Duration, to_millis
from hurtig.datastream import checkpointing_options as options
from hurtig.datastream.checkpoint_storage import (
    CheckpointStorage,
    FileSystemCheckpointStorage,
    checkpoint_storage_of,
)
from hurtig.datastream.checkpointing_mode import CheckpointingMode
from hurtig.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

__all__ = [
    "CheckpointConfig",
    "CheckpointStorage",
    "CheckpointingMode",
    "Duration",
    "ExternalizedCheckpointCleanup",
    "ExternalizedCheckpointRetention",
]

#: The name in the releases before 2.0.
ExternalizedCheckpointCleanup = ExternalizedCheckpointRetention

#: What Flink means by tolerating every failure.
_EVERY_FAILURE = 2**31 - 1

#: Key -> the least value that Flink takes, and its unit.
_LEAST = {
    options.INTERVAL: (10, " ms"),
    options.TIMEOUT: (10, " ms"),
    options.MIN_PAUSE: (0, " ms"),
    options.MAX_CONCURRENT: (1, ""),
    options.TOLERABLE_FAILURES: (0, ""),
    options.ALIGNED_TIMEOUT: (0, " ms"),
}


class CheckpointConfig:
    """A view of the keys ``execution.checkpointing.*`` of a configuration.

    Setters return the config itself and raise ValueError for what Flink refuses. A length of time
    is a number of milliseconds, a Duration, a Time or a timedelta; it is read as milliseconds.
    """

    DEFAULT_MODE = CheckpointingMode.EXACTLY_ONCE
    DEFAULT_TIMEOUT = 600_000
    DEFAULT_MIN_PAUSE_BETWEEN_CHECKPOINTS = 0
    DEFAULT_MAX_CONCURRENT_CHECKPOINTS = 1

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration() if configuration is None else configuration

    def _number(self, key: str) -> int:
        return int(self._configuration.get(option(key)) or 0)

    def _flag(self, key: str) -> bool:
        return bool(self._configuration.get(option(key)))

    def _name(self, key: str) -> str:
        return _normal(str(self._configuration.get(option(key))))

    def _set_number(self, key: str, value: int) -> CheckpointConfig:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{key} is an int, got {value!r} ({type(value).__name__})")
        _check(key, value)
        self._configuration.set_integer(key, value)
        return self

    def _set_millis(self, key: str, length: Any) -> CheckpointConfig:
        millis = to_millis(length, key)
        _check(key, millis)
        self._configuration.set_string(key, f"{millis} ms")
        return self

    def _set_name(self, key: str, member: Any) -> CheckpointConfig:
        self._configuration.set_string(key, _normal(option(key).parse(member)))
        return self

    def validate(self) -> None:
        """Checks values that did not come through a setter; ValueError names the key.

        An interval of 0 is fine: it switches checkpoints off.
        """
        for key in _LEAST:
            value = self._configuration.get(option(key))
            if value is not None and (key, value) != (options.INTERVAL, 0):
                _check(key, value)
        for key in (options.MODE, options.RETENTION):
            self._name(key)
        self.get_checkpoint_storage()

    # -- when ---------------------------------------------------------------------------------

    def is_checkpointing_enabled(self) -> bool:
        """Whether an interval is set."""
        return self.get_checkpoint_interval() > 0

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """The mode in effect: AT_LEAST_ONCE while checkpoints are off, whatever is set."""
        if not self.is_checkpointing_enabled():
            return CheckpointingMode.AT_LEAST_ONCE
        return CheckpointingMode[self._name(options.MODE)]

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> CheckpointConfig:
        """EXACTLY_ONCE or AT_LEAST_ONCE."""
        return self._set_name(options.MODE, checkpointing_mode)

    def get_checkpoint_interval(self) -> int:
        """Milliseconds between two checkpoints; -1 where not set."""
        interval: int | None = self._configuration.get(option(options.INTERVAL))
        return -1 if interval is None else interval

    def set_checkpoint_interval(self, checkpoint_interval: Any) -> CheckpointConfig:
        """Time between two checkpoints, at least 10 ms; switches checkpoints on."""
        return self._set_millis(options.INTERVAL, checkpoint_interval)

    def get_checkpoint_timeout(self) -> int:
        """Milliseconds after which a checkpoint is given up, 600000 where not set."""
        return self._number(options.TIMEOUT)

    def set_checkpoint_timeout(self, checkpoint_timeout: Any) -> CheckpointConfig:
        """Time after which a checkpoint is given up, at least 10 ms."""
        return self._set_millis(options.TIMEOUT, checkpoint_timeout)

    def get_min_pause_between_checkpoints(self) -> int:
        """Least milliseconds from the end of a checkpoint to the next, 0 where not set."""
        return self._number(options.MIN_PAUSE)

    def set_min_pause_between_checkpoints(
        self, min_pause_between_checkpoints: Any
    ) -> CheckpointConfig:
        """Least time from the end of a checkpoint to the start of the next."""
        return self._set_millis(options.MIN_PAUSE, min_pause_between_checkpoints)

    def get_max_concurrent_checkpoints(self) -> int:
        """Checkpoints that may be under way at once, 1 where not set."""
        return self._number(options.MAX_CONCURRENT)

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> CheckpointConfig:
        """Checkpoints that may be under way at once, at least one."""
        return self._set_number(options.MAX_CONCURRENT, max_concurrent_checkpoints)

    # -- failures -----------------------------------------------------------------------------

    def is_fail_on_checkpointing_errors(self) -> bool:
        """Whether the first failed checkpoint fails the job."""
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(
        self, fail_on_checkpointing_errors: bool
    ) -> CheckpointConfig:
        """True tolerates no failed checkpoint, False tolerates all."""
        return self.set_tolerable_checkpoint_failure_number(
            0 if fail_on_checkpointing_errors else _EVERY_FAILURE
        )

    def get_tolerable_checkpoint_failure_number(self) -> int:
        """Checkpoints in a row that may fail before the job does, 0 where not set."""
        return self._number(options.TOLERABLE_FAILURES)

    def set_tolerable_checkpoint_failure_number(
        self, tolerable_checkpoint_failure_number: int
    ) -> CheckpointConfig:
        """Checkpoints in a row that may fail before the job does."""
        return self._set_number(options.TOLERABLE_FAILURES, tolerable_checkpoint_failure_number)

    # -- retention ----------------------------------------------------------------------------

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        """What happens to the last checkpoint when the job is cancelled."""
        return self._set_name(options.RETENTION, retention_mode)

    def is_externalized_checkpoints_enabled(self) -> bool:
        """Whether a retention other than NO_EXTERNALIZED_CHECKPOINTS is set."""
        return (
            self.get_externalized_checkpoint_retention()
            is not ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        )

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention:
        """NO_EXTERNALIZED_CHECKPOINTS where not set."""
        return ExternalizedCheckpointRetention[self._name(options.RETENTION)]

    def enable_externalized_checkpoints(
        self, cleanup_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        """The oldest name of ``set_externalized_checkpoint_retention``."""
        return self.set_externalized_checkpoint_retention(cleanup_mode)

    def set_externalized_checkpoint_cleanup(
        self, cleanup_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        """The older name of ``set_externalized_checkpoint_retention``."""
        return self.set_externalized_checkpoint_retention(cleanup_mode)

    def get_externalized_checkpoint_cleanup(self) -> ExternalizedCheckpointRetention:
        """The older name of ``get_externalized_checkpoint_retention``."""
        return self.get_externalized_checkpoint_retention()

    # -- unaligned checkpoints ----------------------------------------------------------------

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Whether barriers overtake records; never where the mode in effect is AT_LEAST_ONCE."""
        return (
            self._flag(options.UNALIGNED)
            and self.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
        )

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> CheckpointConfig:
        """Lets barriers overtake records, which then become part of the checkpoint."""
        self._configuration.set_boolean(options.UNALIGNED, enabled)
        return self

    def disable_unaligned_checkpoints(self) -> CheckpointConfig:
        """The opposite of ``enable_unaligned_checkpoints``."""
        return self.enable_unaligned_checkpoints(False)

    def set_aligned_checkpoint_timeout(self, alignment_timeout: Any) -> CheckpointConfig:
        """With unaligned checkpoints: how long a barrier waits its turn before it overtakes."""
        return self._set_millis(options.ALIGNED_TIMEOUT, alignment_timeout)

    def get_aligned_checkpoint_timeout(self) -> Duration:
        """How long a barrier waits its turn before it overtakes, zero where not set."""
        return Duration.of_millis(self._number(options.ALIGNED_TIMEOUT))

    def set_alignment_timeout(self, alignment_timeout: Any) -> CheckpointConfig:
        """The older name of ``set_aligned_checkpoint_timeout``."""
        return self.set_aligned_checkpoint_timeout(alignment_timeout)

    def get_alignment_timeout(self) -> Duration:
        """The older name of ``get_aligned_checkpoint_timeout``."""
        return self.get_aligned_checkpoint_timeout()

    def set_force_unaligned_checkpoints(
        self, force_unaligned_checkpoints: bool = True
    ) -> CheckpointConfig:
        """Unaligned checkpoints also for jobs with iterations."""
        self._configuration.set_boolean(options.FORCE_UNALIGNED, force_unaligned_checkpoints)
        return self

    def is_force_unaligned_checkpoints(self) -> bool:
        """False where not set."""
        return self._flag(options.FORCE_UNALIGNED)

    # -- storage ------------------------------------------------------------------------------

    def set_checkpoint_storage(
        self, storage: CheckpointStorage | str | PathLike[str]
    ) -> CheckpointConfig:
        """Where checkpoints go: a storage, or the path or URI of a directory."""
        if not isinstance(storage, CheckpointStorage):
            return self.set_checkpoint_storage_dir(storage)
        for key, value in storage.settings().items():
            self._configuration.set_string(key, value)
        return self

    def set_checkpoint_storage_dir(self, checkpoint_path: str | PathLike[str]) -> CheckpointConfig:
        """The directory for checkpoints, a local path or a URI."""
        if not isinstance(checkpoint_path, str | PathLike):
            raise TypeError(
                "the checkpoint storage is a CheckpointStorage, a path or a URI, "
                f"got {checkpoint_path!r} ({type(checkpoint_path).__name__})"
            )
        return self.set_checkpoint_storage(FileSystemCheckpointStorage(fspath(checkpoint_path)))

    def get_checkpoint_storage(self) -> CheckpointStorage | None:
        """The storage that the keys describe, None where they say nothing."""
        return checkpoint_storage_of(self._configuration)


def _normal(name: str) -> str:
    """Configuration files may write ``exactly-once``."""
    return name.upper().replace("-", "_")


def _check(key: str, value: int) -> None:
    least, unit = _LEAST[key]
    if value < least:
        raise ValueError(f"{key} must be at least {least}{unit}, got {value}{unit}")
