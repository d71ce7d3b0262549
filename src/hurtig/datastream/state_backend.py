"""Where keyed state is kept (``pyflink.datastream.state_backend``).

A backend object is a handy form of configuration keys: ``settings`` gives them. The classes of the
older releases (memory, file system, RocksDB with a URI) also say where checkpoints go.
"""

from __future__ import annotations

import warnings
from enum import Enum
from typing import TYPE_CHECKING

from hurtig.datastream import checkpointing_options as options
from hurtig.datastream.checkpoint_storage import (
    CheckpointStorage,
    FileSystemCheckpointStorage,
    JobManagerCheckpointStorage,
)
from hurtig.datastream.settings_object import SettingsObject

if TYPE_CHECKING:
    from hurtig.common.configuration import Configuration

__all__ = [
    "CustomStateBackend",
    "EmbeddedRocksDBStateBackend",
    "FsStateBackend",
    "HashMapStateBackend",
    "MemoryStateBackend",
    "PredefinedOptions",
    "RocksDBStateBackend",
    "StateBackend",
]


class StateBackend(SettingsObject):
    """Where a job keeps its keyed state. Equal are two of the same kind and settings."""


class HashMapStateBackend(StateBackend):
    """State as objects in memory, the default."""

    def __init__(self) -> None:
        super().__init__()

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return {options.STATE_BACKEND: "hashmap"}


class PredefinedOptions(Enum):
    """Sets of RocksDB settings for a kind of disk."""

    DEFAULT = 0
    SPINNING_DISK_OPTIMIZED = 1
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = 2
    FLASH_SSD_OPTIMIZED = 3


class EmbeddedRocksDBStateBackend(StateBackend):
    """State in RocksDB on local disks."""

    def __init__(self, enable_incremental_checkpointing: bool | None = None) -> None:
        """None leaves incremental checkpoints to the configuration."""
        if enable_incremental_checkpointing not in (None, True, False):
            raise TypeError(
                "enable_incremental_checkpointing must be True, False or None, "
                f"got {enable_incremental_checkpointing!r}"
            )
        self._incremental = enable_incremental_checkpointing
        self._directories: list[str] | None = None
        self._predefined: PredefinedOptions | None = None
        self._options_factory: str | None = None
        self._transfer_threads: int | None = None

    def set_db_storage_paths(self, *paths: str) -> None:
        """Local directories for the databases; none goes back to the temporary directory.

        Raises ValueError for a relative path and for one on another machine.
        """
        self._directories = [_local_directory(path) for path in paths] or None

    def get_db_storage_paths(self) -> list[str] | None:
        """The local directories, None where not set."""
        return None if self._directories is None else list(self._directories)

    def is_incremental_checkpoints_enabled(self) -> bool:
        """False where not set."""
        return bool(self._incremental)

    def set_predefined_options(self, options: PredefinedOptions) -> None:
        """Chooses settings for a kind of disk."""
        if not isinstance(options, PredefinedOptions):
            raise TypeError(f"options must be a member of PredefinedOptions, got {options!r}")
        self._predefined = options

    def get_predefined_options(self) -> PredefinedOptions:
        """DEFAULT where not set."""
        return self._predefined or PredefinedOptions.DEFAULT

    def set_options(self, options_factory_class_name: str) -> None:
        """Names a Java class, which cannot be used: kept and read back, with a warning."""
        warnings.warn(
            f"{options_factory_class_name} is a Java class; hurtig cannot load it and ignores it. "
            "Set the keys state.backend.rocksdb.* instead",
            stacklevel=2,
        )
        self._options_factory = options_factory_class_name

    def get_options(self) -> str | None:
        """The class that was set, or None."""
        return self._options_factory

    def get_number_of_transfer_threads(self) -> int:
        """Threads that copy files from and to the checkpoint storage, 4 where not set."""
        return 4 if self._transfer_threads is None else self._transfer_threads

    def set_number_of_transfer_threads(self, number_of_transfering_threads: int) -> None:
        """Threads that copy files from and to the checkpoint storage, at least one."""
        if number_of_transfering_threads < 1:
            raise ValueError(
                f"the number of transfer threads must be at least 1, "
                f"got {number_of_transfering_threads}"
            )
        self._transfer_threads = number_of_transfering_threads

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return options.given(
            (options.STATE_BACKEND, "rocksdb"),
            (options.INCREMENTAL, self._incremental),
            (options.ROCKSDB_DIRECTORIES, self._directories and ",".join(self._directories)),
            (options.ROCKSDB_PREDEFINED, self._predefined),
            (options.ROCKSDB_OPTIONS_FACTORY, self._options_factory),
            (options.ROCKSDB_TRANSFER_THREADS, self._transfer_threads),
        )


class CustomStateBackend(StateBackend):
    """A backend that the class of a factory names; only kept."""

    def __init__(self, factory_class_name: str) -> None:
        if not factory_class_name or not isinstance(factory_class_name, str):
            raise ValueError(
                f"a custom state backend is the name of a class, got {factory_class_name!r}"
            )
        self._factory_class_name = factory_class_name

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return {options.STATE_BACKEND: self._factory_class_name}


class _HeapWithStorage(StateBackend):
    """State in memory, and where checkpoints go."""

    _storage: CheckpointStorage

    def __init__(self, savepoint_path: str | None, asynchronous: bool | None) -> None:
        self._savepoint_path = savepoint_path
        self._asynchronous = asynchronous is not False

    def is_using_asynchronous_snapshots(self) -> bool:
        """True where not set to False."""
        return self._asynchronous

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return (
            options.given(
                (options.STATE_BACKEND, "hashmap"),
                (options.SAVEPOINT_DIRECTORY, self._savepoint_path),
            )
            | self._storage.settings()
        )


class MemoryStateBackend(_HeapWithStorage):
    """Older releases: state in memory, checkpoints in the JobManager's memory."""

    #: Bytes.
    DEFAULT_MAX_STATE_SIZE = 5 * 1024 * 1024

    _storage: JobManagerCheckpointStorage

    def __init__(
        self,
        checkpoint_path: str | None = None,
        savepoint_path: str | None = None,
        max_state_size: int | None = None,
        using_asynchronous_snapshots: bool | None = None,
    ) -> None:
        """``max_state_size``: bytes. Snapshots are asynchronous whatever is said."""
        super().__init__(savepoint_path, using_asynchronous_snapshots)
        self._storage = JobManagerCheckpointStorage(checkpoint_path, max_state_size)

    def get_max_state_size(self) -> int:
        """Bytes."""
        return self._storage.get_max_state_size()


class FsStateBackend(_HeapWithStorage):
    """Older releases: state in memory, checkpoints below a directory."""

    _storage: FileSystemCheckpointStorage

    def __init__(
        self,
        checkpoint_directory_uri: str | None = None,
        default_savepoint_directory_uri: str | None = None,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int | None = None,
        using_asynchronous_snapshots: bool | None = None,
    ) -> None:
        """Sizes are in bytes. Snapshots are asynchronous whatever is said."""
        if checkpoint_directory_uri is None:
            raise ValueError(
                "checkpoint_directory_uri must not be None; give the directory for checkpoints"
            )
        super().__init__(default_savepoint_directory_uri, using_asynchronous_snapshots)
        self._storage = FileSystemCheckpointStorage(
            checkpoint_directory_uri, file_state_size_threshold, write_buffer_size
        )

    def get_checkpoint_path(self) -> str:
        """The directory."""
        return self._storage.get_checkpoint_path()

    def get_min_file_size_threshold(self) -> int:
        """Bytes; smaller state goes into the metadata file."""
        return self._storage.get_min_file_size_threshold()

    def get_write_buffer_size(self) -> int:
        """Bytes."""
        return self._storage.get_write_buffer_size()


class RocksDBStateBackend(EmbeddedRocksDBStateBackend):
    """Older releases: state in RocksDB, checkpoints below a directory."""

    def __init__(
        self,
        checkpoint_data_uri: str | None = None,
        enable_incremental_checkpointing: bool | None = None,
        checkpoint_stream_backend: StateBackend | None = None,
    ) -> None:
        """Without a URI the other backend, or else the configuration, says where they go."""
        super().__init__(enable_incremental_checkpointing)
        if checkpoint_data_uri is not None:
            checkpoint_stream_backend = FsStateBackend(checkpoint_data_uri)
        elif not (
            checkpoint_stream_backend is None
            or isinstance(checkpoint_stream_backend, FsStateBackend | MemoryStateBackend)
        ):
            raise TypeError(
                "checkpoint_stream_backend must be a FsStateBackend or a MemoryStateBackend, "
                f"got {checkpoint_stream_backend!r}"
            )
        self._checkpoint_backend = checkpoint_stream_backend

    def get_checkpoint_backend(self) -> StateBackend | None:
        """The backend that says where checkpoints go."""
        return self._checkpoint_backend

    def get_number_of_transfering_threads(self) -> int:
        """The older name of ``get_number_of_transfer_threads``."""
        return self.get_number_of_transfer_threads()

    def set_number_of_transfering_threads(self, number_of_transfering_threads: int) -> None:
        """The older name of ``set_number_of_transfer_threads``."""
        self.set_number_of_transfer_threads(number_of_transfering_threads)

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        checkpoints = self._checkpoint_backend.settings() if self._checkpoint_backend else {}
        return checkpoints | super().settings()


def state_backend_settings(backend: StateBackend) -> dict[str, str]:
    """Configuration key -> value of a backend, for ``set_state_backend``."""
    if not isinstance(backend, StateBackend):
        raise TypeError(
            f"a state backend is for example HashMapStateBackend(), got {backend!r} "
            f"({type(backend).__name__})"
        )
    return backend.settings()


def state_backend_of(configuration: Configuration) -> StateBackend | None:
    """The backend that the configuration names, None where it names none."""
    kind: str | None = options.get_if_set(configuration, options.STATE_BACKEND)
    if kind is None:
        return None
    # The last two are what older configuration files call the heap.
    if kind in ("hashmap", "jobmanager", "filesystem"):
        return HashMapStateBackend()
    if kind != "rocksdb":
        return CustomStateBackend(kind)
    backend = EmbeddedRocksDBStateBackend(options.get_if_set(configuration, options.INCREMENTAL))
    directories = configuration.get_string(options.ROCKSDB_DIRECTORIES, None)
    if directories:
        backend.set_db_storage_paths(*filter(None, map(str.strip, directories.split(","))))
    predefined = configuration.get_string(options.ROCKSDB_PREDEFINED, None)
    if predefined is not None:
        backend.set_predefined_options(_predefined(predefined))
    backend._options_factory = configuration.get_string(options.ROCKSDB_OPTIONS_FACTORY, None)
    if configuration.contains_key(options.ROCKSDB_TRANSFER_THREADS):
        backend.set_number_of_transfer_threads(
            configuration.get_integer(options.ROCKSDB_TRANSFER_THREADS, 4)
        )
    return backend


def _predefined(name: str) -> PredefinedOptions:
    try:
        return PredefinedOptions[name.upper().replace("-", "_")]
    except KeyError:
        raise ValueError(
            f"option {options.ROCKSDB_PREDEFINED}: {name!r} is none of "
            f"{', '.join(PredefinedOptions.__members__)}"
        ) from None


def _local_directory(path: str) -> str:
    scheme, separator, rest = path.partition(":")
    if separator and "/" not in scheme:
        if scheme != "file":
            raise ValueError(f"a RocksDB directory must be on this machine, got {path!r}")
        path = "/" + rest.lstrip("/")
    if not path.startswith("/"):
        raise ValueError(f"a RocksDB directory must be an absolute path, got {path!r}")
    return path
