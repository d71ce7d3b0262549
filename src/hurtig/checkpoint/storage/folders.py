"""Checkpoints as folders of a file system, laid out as Flink does.

``<dir>/<job id>/chk-<n>`` with ``_metadata`` and the files of that checkpoint alone; files that
several may refer to in ``<dir>/<job id>/shared``; savepoints in
``<dir>/savepoint-<6 of the job id>-<random>``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError
from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle
from hurtig.checkpoint.metadata import METADATA, number_of, read_checkpoint
from hurtig.checkpoint.metadata_format import serialize
from hurtig.checkpoint.shared_state import shared_files
from hurtig.checkpoint.storage.contract import CheckpointStorage, StateWriter
from hurtig.checkpoint.storage.filesystem import StateFileSystem
from hurtig.checkpoint.storage.filesystems import (
    FileSystems,
    absolute_url,
    join_url,
    local_path,
    name_of,
    parent_url,
)
from hurtig.checkpoint.storage.options import StorageOptions
from hurtig.checkpoint.storage.reading import download_handle, read_handle
from hurtig.checkpoint.storage.writer import FileStateWriter, delete_quietly, write_error
from hurtig.checkpoint.transfer import in_parallel
from hurtig.common.errors import ProgramError

_log = logging.getLogger("hurtig.checkpoint")

_DELETING_THREADS = 8
"""Each file is a request or two, which mostly wait."""

_OURS = re.compile(r"chk-\d+|savepoint-[0-9a-z]{1,6}-[0-9a-f]{12}")
"""Names of folders in which there is nothing but a checkpoint."""


def random_name() -> str:
    """Twelve random hexadecimal digits."""
    import os

    return os.urandom(6).hex()


class FileSystemCheckpointStorage(CheckpointStorage):
    """Local paths, and whatever :class:`FileSystems` finds. Mirrors Flink's class of that name.

    ``unique`` gives texts that never come twice, for file names.
    """

    def __init__(
        self,
        options: StorageOptions,
        job_id: str,
        filesystems: FileSystems,
        unique: Callable[[], str] = random_name,
    ) -> None:
        self._options = options
        self._job_id = job_id
        self._filesystems = filesystems
        self._unique = unique
        directory = options.directory or ""
        if directory and options.create_subdir:
            directory = join_url(directory, job_id)
        self._base = directory
        """The job's folder; empty where there is none."""

    # -- locations --------------------------------------------------------------------------

    def own_location(self, checkpoint_id: int) -> str:
        return join_url(self._base, f"chk-{checkpoint_id}") if self._base else ""

    def checkpoint_location(self, checkpoint_id: int) -> str:
        location = self.own_location(checkpoint_id)
        if self._has_metadata(location):
            raise CheckpointError(
                f"{location} holds a checkpoint already: another run of job {self._job_id} took "
                "it; restore that one, or give this run a job id or directory of its own"
            )
        for folder in (location, self._shared(), join_url(self._base, "taskowned")):
            self._make_folder(folder)
        return location

    def savepoint_location(self, directory: str | None) -> str:
        target = absolute_url(directory) if directory else self._options.savepoint_directory
        if target is None:
            raise ProgramError(
                "no directory for the savepoint: name one, or set "
                "execution.checkpointing.savepoint-dir"
            )
        location = join_url(target, f"savepoint-{self._job_id[:6]}-{self._unique()}")
        self._make_folder(location)
        return location

    def writer(self, location: str) -> StateWriter:
        shared = self._shared() if self._is_own_checkpoint(location) else location
        return FileStateWriter(
            self._filesystems, location, shared, self._options.inline_threshold, self._unique
        )

    # -- reading ----------------------------------------------------------------------------

    def read(self, handle: StateHandle) -> bytes:
        return read_handle(self._filesystems, handle)

    def download(self, handle: StateHandle, local_path: str) -> None:
        download_handle(self._filesystems, handle, local_path)

    def highest_id(self) -> int:
        return max(self._numbers(), default=0)

    def _numbers(self) -> list[int]:
        """Of the checkpoint folders there are, in order."""
        if not self._base:
            return []
        filesystem, path = self._filesystems.resolve(self._base)
        return sorted(
            number
            for entry in filesystem.list(path)
            if entry.is_folder and (number := number_of(entry.name)) is not None
        )

    def completed_checkpoints(self) -> list[CompletedCheckpoint]:
        found = []
        for number in self._numbers():
            location = join_url(self._base, f"chk-{number}")
            if not self._has_metadata(location):
                continue  # it failed, or is being taken
            try:
                checkpoint = read_checkpoint(location, filesystems=self._filesystems)
                if checkpoint.job_id != self._job_id:
                    continue  # jobs share the folder
                self.verify(checkpoint)
            except CheckpointDamagedError as e:
                _log.warning("checkpoint %d cannot be used: %s", number, e)
                continue
            found.append(checkpoint)
        return found

    def verify(self, checkpoint: CompletedCheckpoint) -> None:
        """See that all its files are there and whole, by their sizes alone.

        Raises :class:`CheckpointDamagedError`, naming a file.
        """
        sizes: dict[str, dict[str, int]] = {}
        for handle in handles_of(checkpoint):
            if handle.inline is not None:
                continue
            folder = parent_url(handle.path)
            if folder not in sizes:
                filesystem, path = self._filesystems.resolve(folder)
                sizes[folder] = {entry.name: entry.size for entry in filesystem.list(path)}
            size = sizes[folder].get(name_of(handle.path))
            if size is None:
                raise CheckpointDamagedError(f"{handle.path} is missing")
            if size != handle.size:
                raise CheckpointDamagedError(
                    f"{handle.path} has {size} bytes instead of {handle.size}"
                )

    # -- completing and deleting --------------------------------------------------------------

    def write_metadata(self, checkpoint: CompletedCheckpoint) -> None:
        url = join_url(checkpoint.location, METADATA)
        try:
            # It must not outlive a crash without what it names.
            for folder in {parent_url(file) for file in shared_files(checkpoint)}:
                filesystem, path = self._filesystems.resolve(folder)
                filesystem.sync_folder(path)
            filesystem, path = self._filesystems.resolve(url)
            filesystem.replace(path, serialize(checkpoint))
        except OSError as e:
            raise write_error(url, e) from e

    def discard_location(self, location: str) -> None:
        if not location:
            return
        try:
            filesystem, path = self._filesystems.resolve(location)
            if _OURS.fullmatch(name_of(location)):
                # First what makes it a checkpoint: half a folder must not look like one.
                filesystem.delete_file(f"{path}/{METADATA}")
                filesystem.delete_folder(path)
            else:
                self._discard_in_foreign_folder(location, filesystem, path)
        except Exception as e:
            _log.warning("could not delete the checkpoint %s: %s", location, e)

    def delete(self, handles: Iterable[StateHandle]) -> None:
        urls = [handle.path for handle in handles if handle.inline is None and handle.path]
        far = any(local_path(url) is None for url in urls)
        threads = _DELETING_THREADS if far and self._options.parallel_cleaner else 1
        in_parallel(lambda url: delete_quietly(self._filesystems, url), urls, threads)

    def discard_job(self) -> None:
        if not self._base:
            return
        try:
            filesystem, path = self._filesystems.resolve(self._base)
            if any(
                entry.is_folder and self._has_metadata(join_url(self._base, entry.name))
                for entry in filesystem.list(path)
            ):
                return
            if self._options.create_subdir:
                filesystem.delete_folder(path)
            else:
                for name in ("shared", "taskowned"):
                    filesystem.delete_empty_folder(f"{path}/{name}")
        except Exception as e:
            _log.warning("could not delete the job's folder %s: %s", self._base, e)

    def _discard_in_foreign_folder(
        self, location: str, filesystem: StateFileSystem, path: str
    ) -> None:
        """A renamed checkpoint: someone may have put other things beside it."""
        checkpoint = read_checkpoint(location, filesystems=self._filesystems)
        filesystem.delete_file(f"{path}/{METADATA}")
        inside = join_url(location, "")
        self.delete(h for h in handles_of(checkpoint) if h.path.startswith(inside))
        filesystem.delete_empty_folder(path)

    # -- parts --------------------------------------------------------------------------------

    def _shared(self) -> str:
        return join_url(self._base, "shared")

    def _is_own_checkpoint(self, location: str) -> bool:
        return (
            bool(self._base)
            and number_of(name_of(location)) is not None
            and parent_url(location) == parent_url(join_url(self._base, "chk-0"))
        )

    def _has_metadata(self, location: str) -> bool:
        filesystem, path = self._filesystems.resolve(location)
        return any(entry.name == METADATA for entry in filesystem.list(path))

    def _make_folder(self, url: str) -> None:
        try:
            filesystem, path = self._filesystems.resolve(url)
            filesystem.make_folder(path)
        except OSError as e:
            raise write_error(url, e) from e


def handles_of(checkpoint: CompletedCheckpoint) -> Iterator[StateHandle]:
    """All stored bytes of a checkpoint."""
    for operator in checkpoint.operators.values():
        if operator.coordinator is not None:
            yield operator.coordinator
        for state in operator.subtasks.values():
            yield state.snapshot
            yield from state.files.values()
    for flying in checkpoint.in_flight.values():
        yield from flying.values()
