"""Where checkpoints go (``pyflink.datastream.checkpoint_storage``).

A storage object is a handy form of configuration keys: ``settings`` gives them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hurtig.datastream import checkpointing_options as options
from hurtig.datastream.settings_object import SettingsObject

if TYPE_CHECKING:
    from hurtig.common.configuration import Configuration

__all__ = [
    "CheckpointStorage",
    "CustomCheckpointStorage",
    "FileSystemCheckpointStorage",
    "JobManagerCheckpointStorage",
]


class CheckpointStorage(SettingsObject):
    """Where a job keeps its checkpoints. Equal are two of the same kind and settings."""


class JobManagerCheckpointStorage(CheckpointStorage):
    """Checkpoints in the JobManager's memory, for small state and for tests."""

    #: Bytes.
    DEFAULT_MAX_STATE_SIZE = 5 * 1024 * 1024

    def __init__(
        self, checkpoint_path: str | None = None, max_state_size: int | None = None
    ) -> None:
        """``max_state_size``: bytes of one operator's state, more fails the checkpoint."""
        if max_state_size is not None and max_state_size <= 0:
            raise ValueError(f"max_state_size must be positive, got {max_state_size}")
        self._checkpoint_path = None if checkpoint_path is None else directory(checkpoint_path)
        self._savepoint_path: str | None = None
        self._max_state_size = max_state_size

    def get_checkpoint_path(self) -> str | None:
        """Where the metadata goes besides, or None."""
        return self._checkpoint_path

    def get_savepoint_path(self) -> str | None:
        """Where savepoints go that name no directory, or None."""
        return self._savepoint_path

    def get_max_state_size(self) -> int:
        """Bytes."""
        if self._max_state_size is None:
            return self.DEFAULT_MAX_STATE_SIZE
        return self._max_state_size

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return options.given(
            (options.STORAGE, "jobmanager"),
            (options.DIRECTORY, self._checkpoint_path),
            (options.MAX_JOB_MANAGER_STATE, self._max_state_size),
        )


class FileSystemCheckpointStorage(CheckpointStorage):
    """Checkpoints as files below a directory: a local path or a URI (``file:``, ``s3:`` ...)."""

    #: Bytes.
    MAX_FILE_STATE_THRESHOLD = 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | None = None,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int | None = -1,
    ) -> None:
        """Sizes are in bytes; -1 or None leaves one to the configuration.

        Raises ValueError for a missing path, a root directory, or a size out of range.
        """
        if checkpoint_path is None:
            raise ValueError("checkpoint_path must not be None; give the directory for checkpoints")
        threshold = -1 if file_state_size_threshold is None else file_state_size_threshold
        if not -1 <= threshold <= self.MAX_FILE_STATE_THRESHOLD:
            raise ValueError(
                f"file_state_size_threshold must be in [-1, {self.MAX_FILE_STATE_THRESHOLD}], "
                f"-1 for the configured value, got {threshold}"
            )
        buffer_size = -1 if write_buffer_size is None else write_buffer_size
        if buffer_size < -1:
            raise ValueError(
                f"write_buffer_size must be at least -1, -1 for the configured value, "
                f"got {buffer_size}"
            )
        self._checkpoint_path = directory(checkpoint_path)
        self._savepoint_path: str | None = None
        self._threshold = threshold if threshold >= 0 else None
        self._write_buffer_size = buffer_size if buffer_size >= 0 else None

    def get_checkpoint_path(self) -> str:
        """The directory; a relative path was made absolute."""
        return self._checkpoint_path

    def get_savepoint_path(self) -> str | None:
        """Where savepoints go that name no directory, or None."""
        return self._savepoint_path

    def get_min_file_size_threshold(self) -> int:
        """Bytes; smaller state goes into the metadata file."""
        return 20 * 1024 if self._threshold is None else self._threshold

    def get_write_buffer_size(self) -> int:
        """Bytes."""
        return 4096 if self._write_buffer_size is None else self._write_buffer_size

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return options.given(
            (options.STORAGE, "filesystem"),
            (options.DIRECTORY, self._checkpoint_path),
            (options.INLINE_THRESHOLD, self._threshold),
            (options.WRITE_BUFFER_SIZE, self._write_buffer_size),
        )


class CustomCheckpointStorage(CheckpointStorage):
    """A storage that the class of a factory names; only kept."""

    def __init__(self, factory_class_name: str) -> None:
        if not factory_class_name or not isinstance(factory_class_name, str):
            raise ValueError(
                f"a custom checkpoint storage is the name of a class, got {factory_class_name!r}"
            )
        self._factory_class_name = factory_class_name

    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""
        return {options.STORAGE: self._factory_class_name}


def checkpoint_storage_of(configuration: Configuration) -> CheckpointStorage | None:
    """The storage that the configuration describes, None where it says nothing.

    Raises ValueError where the storage is ``filesystem`` without a directory.
    """
    kind: str | None = options.get_if_set(configuration, options.STORAGE)
    path: str | None = options.get_if_set(configuration, options.DIRECTORY)
    if kind is None and path is None:
        return None
    storage: JobManagerCheckpointStorage | FileSystemCheckpointStorage
    if kind == "jobmanager":
        limit = configuration.get_integer(options.MAX_JOB_MANAGER_STATE, 0)
        storage = JobManagerCheckpointStorage(path, limit or None)
    elif kind in (None, "filesystem"):
        if path is None:
            raise ValueError(
                f"{options.STORAGE} is filesystem, but {options.DIRECTORY} is not set; "
                "set it to a path or a URI"
            )
        storage = FileSystemCheckpointStorage(
            path,
            options.get_if_set(configuration, options.INLINE_THRESHOLD),
            options.get_if_set(configuration, options.WRITE_BUFFER_SIZE),
        )
    else:
        return CustomCheckpointStorage(kind)
    storage._savepoint_path = options.get_if_set(configuration, options.SAVEPOINT_DIRECTORY)
    return storage


def directory(path: str) -> str:
    """The path of a directory for state: a URI as it is, a local path made absolute.

    Raises ValueError for an empty path and for the root directory of this machine.
    """
    if not path:
        raise ValueError("the directory for checkpoints is empty; give a path or a URI")
    scheme, separator, rest = path.partition(":")
    is_uri = bool(separator) and "/" not in scheme and rest.startswith("/")
    local = rest if is_uri and scheme == "file" else None if is_uri else path
    if local is not None and not local.strip("/"):
        raise ValueError(
            f"the root directory cannot be the directory for checkpoints, got {path!r}; "
            "name a directory below it"
        )
    return path if is_uri else os.path.abspath(path)
