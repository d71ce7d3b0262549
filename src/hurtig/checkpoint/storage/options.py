"""The settings of checkpoint storage, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hurtig.checkpoint.storage.filesystems import absolute_url, local_path
from hurtig.common.errors import ProgramError

MAX_JOB_MANAGER_STATE = "hurtig.checkpointing.jobmanager.max-state-size"
DEFAULT_MAX_STATE = 5 << 20
INLINE_LIMIT = 1 << 20
"""State above this is never kept in the metadata file."""


class StorageOptions(NamedTuple):
    """``directory`` and ``savepoint_directory`` are absolute, None where not set."""

    in_memory: bool
    directory: str | None
    savepoint_directory: str | None
    inline_threshold: int
    max_state_size: int
    create_subdir: bool
    parallel_cleaner: bool


def read_options(settings: Mapping[str, str]) -> StorageOptions:
    """From keys of today and older ones. ProgramError for values that cannot be."""
    from hurtig.common.configuration import Configuration
    from hurtig.common.options import option

    configuration = Configuration.from_dict(dict(settings))

    def value(name: str) -> Any:
        key = f"execution.checkpointing.{name}"
        try:
            return configuration.get(option(key))
        except ValueError as e:
            raise ProgramError(f"{key}: {e}") from None

    directory = _folder(value("dir"), "execution.checkpointing.dir")
    kind = value("storage") or ("jobmanager" if directory is None else "filesystem")
    if kind not in ("jobmanager", "filesystem"):
        raise ProgramError(
            f"execution.checkpointing.storage is {kind!r}: hurtig has the storages "
            "'jobmanager' and 'filesystem'"
        )
    if kind == "filesystem" and directory is None:
        raise ProgramError(
            "execution.checkpointing.storage is filesystem, but execution.checkpointing.dir is "
            "not set: set it to a path or URL that all workers see"
        )
    threshold = value("data-inline-threshold")
    if not 0 <= threshold <= INLINE_LIMIT:
        raise ProgramError(
            f"execution.checkpointing.data-inline-threshold must be from 0 to {INLINE_LIMIT} "
            f"bytes, got {threshold}"
        )
    return StorageOptions(
        kind == "jobmanager",
        directory,
        _folder(value("savepoint-dir"), "execution.checkpointing.savepoint-dir"),
        threshold,
        configuration.get_integer(MAX_JOB_MANAGER_STATE, DEFAULT_MAX_STATE),
        value("create-subdir"),
        value("cleaner.parallel-mode"),
    )


def _folder(text: str | None, key: str) -> str | None:
    if not text:
        return None
    if local_path(text) == "/":
        raise ProgramError(f"{key} cannot be the root folder {text!r}: name a folder below it")
    return absolute_url(text)
