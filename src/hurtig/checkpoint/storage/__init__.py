"""Where checkpoints lie: file systems, and the layout of a job's folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hurtig.checkpoint.storage.contract import CheckpointStorage
    from hurtig.checkpoint.storage.filesystems import FileSystems


def open_checkpoint_storage(
    settings: Mapping[str, str], job_id: str, filesystems: FileSystems | None = None
) -> CheckpointStorage:
    """The storage that ``execution.checkpointing.*`` describes; touches no disk as yet.

    In the JobManager's memory where no directory is set. Raises ``ProgramError`` for settings
    that do not fit together, and for a URL whose file system is not there.
    """
    from hurtig.checkpoint.storage.filesystems import FileSystems
    from hurtig.checkpoint.storage.folders import FileSystemCheckpointStorage
    from hurtig.checkpoint.storage.options import read_options

    options = read_options(settings)
    filesystems = filesystems or FileSystems(settings)
    for url in filter(None, (options.directory, options.savepoint_directory)):
        filesystems.resolve(url)
    if options.in_memory:
        from hurtig.checkpoint.storage.memory import JobManagerCheckpointStorage

        return JobManagerCheckpointStorage(options, job_id, filesystems)
    return FileSystemCheckpointStorage(options, job_id, filesystems)
