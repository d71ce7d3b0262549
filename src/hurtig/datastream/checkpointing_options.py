"""The keys that the settings of checkpoints and state backends stand for.

Mirrors Flink's ``CheckpointingOptions``, ``StateBackendOptions`` and ``RocksDBOptions``. Types,
defaults and older names of the keys are in :mod:`hurtig.common.options`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.option_values import format_value
from hurtig.common.options import option

if TYPE_CHECKING:
    from hurtig.common.configuration import Configuration

INTERVAL = "execution.checkpointing.interval"
MODE = "execution.checkpointing.mode"
TIMEOUT = "execution.checkpointing.timeout"
MIN_PAUSE = "execution.checkpointing.min-pause"
MAX_CONCURRENT = "execution.checkpointing.max-concurrent-checkpoints"
TOLERABLE_FAILURES = "execution.checkpointing.tolerable-failed-checkpoints"
RETENTION = "execution.checkpointing.externalized-checkpoint-retention"
UNALIGNED = "execution.checkpointing.unaligned.enabled"
ALIGNED_TIMEOUT = "execution.checkpointing.aligned-checkpoint-timeout"
FORCE_UNALIGNED = "execution.checkpointing.unaligned.forced"

STORAGE = "execution.checkpointing.storage"
DIRECTORY = "execution.checkpointing.dir"
SAVEPOINT_DIRECTORY = "execution.checkpointing.savepoint-dir"
INLINE_THRESHOLD = "execution.checkpointing.data-inline-threshold"
WRITE_BUFFER_SIZE = "execution.checkpointing.write-buffer-size"
INCREMENTAL = "execution.checkpointing.incremental"
#: Bytes. Flink has no key for what its JobManagerCheckpointStorage takes.
MAX_JOB_MANAGER_STATE = "hurtig.checkpointing.jobmanager.max-state-size"

STATE_BACKEND = "state.backend.type"
ROCKSDB_DIRECTORIES = "state.backend.rocksdb.localdir"
ROCKSDB_PREDEFINED = "state.backend.rocksdb.predefined-options"
ROCKSDB_OPTIONS_FACTORY = "state.backend.rocksdb.options-factory"
ROCKSDB_TRANSFER_THREADS = "state.backend.rocksdb.checkpoint.transfer.thread.num"


def get_if_set(configuration: Configuration, key: str) -> Any:
    """The value that is set under a listed key or its older names; None, not the default."""
    known = option(key)
    if any(configuration.contains_key(name) for name in (known.key, *known.fallback_keys)):
        return configuration.get(known)
    return None


def given(*values: tuple[str, Any]) -> dict[str, str]:
    """Key -> text of those values that are not None."""
    return {key: format_value(value) for key, value in values if value is not None}
